#include "gateway/pipeline.h"

#include "gateway/excerpt.h"
#include "gateway/form.h"
#include "gateway/rows.h"

namespace maestro::gateway {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr const char* kJoined[] = {"clients", "systems", "applications", "servers"};

/// A path of a stage: not empty, not an operator.
Result<std::string> read_path(const Object& stage, const char* member, bool dollar) {
  const Value* value = stage.if_contains(member);
  std::string_view text = value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "";
  if (dollar) text = text.starts_with('$') ? text.substr(1) : "";
  if (text.empty() || text.size() > 200 || text.starts_with('$') || text.find('\0') != std::string_view::npos)
    return invalid(fmt::format("{} must be {}", member, dollar ? "a path with a $ before it" : "a path"));
  return std::string(text);
}

Result<const model::Entity*> read_from(const Object& stage) {
  const std::string_view name = json::text_or(stage, "from");
  for (const char* joined : kJoined)
    if (name == joined) return find_collection(name);
  return invalid("Collection " + excerpt(name) + " cannot be joined");
}

Result<void> only(const Object& stage, std::initializer_list<std::string_view> known) {
  for (const auto& member : stage)
    if (std::find(known.begin(), known.end(), member.key()) == known.end())
      return invalid("Member " + excerpt(member.key()) + " is not supported");
  return {};
}

Result<Stage> read_lookup(const Object& body) {
  TRY(only(body, {"from", "localField", "foreignField", "as"}));
  Stage stage{.kind = Stage::Kind::kLookup};
  TRY_ASSIGN(stage.from, read_from(body));
  TRY_ASSIGN(stage.local, read_path(body, "localField", false));
  TRY_ASSIGN(stage.foreign, read_path(body, "foreignField", false));
  TRY_ASSIGN(stage.as, read_path(body, "as", false));
  return stage;
}

Result<Stage> read_graph(const Object& body) {
  TRY(only(body, {"from", "startWith", "connectFromField", "connectToField", "as", "maxDepth", "depthField",
                  "restrictSearchWithMatch"}));
  Stage stage{.kind = Stage::Kind::kGraphLookup};
  TRY_ASSIGN(stage.from, read_from(body));
  TRY_ASSIGN(stage.start, read_path(body, "startWith", true));
  TRY_ASSIGN(stage.local, read_path(body, "connectFromField", false));
  TRY_ASSIGN(stage.foreign, read_path(body, "connectToField", false));
  TRY_ASSIGN(stage.as, read_path(body, "as", false));
  if (body.contains("depthField")) {
    TRY_ASSIGN(stage.depth_field, read_path(body, "depthField", false));
  }
  if (const Value* depth = body.if_contains("maxDepth")) {
    if (!depth->is_int64() || depth->get_int64() < 0) return invalid("maxDepth must be a whole number from 0");
    stage.max_depth = static_cast<int>(std::min<std::int64_t>(depth->get_int64(), kMaxGraphDepth));
  }
  if (const Value* match = body.if_contains("restrictSearchWithMatch")) {
    if (!match->is_object()) return invalid("restrictSearchWithMatch must be an object");
    TRY_ASSIGN(stage.filter, read_row_query(match->get_object(), kRowRoot));
  }
  return stage;
}

Result<Stage> read_unwind(const Value& value) {
  Stage stage{.kind = Stage::Kind::kUnwind};
  Object body;
  if (value.is_object())
    body = value.get_object();
  else
    body["path"] = value;
  TRY(only(body, {"path", "preserveNullAndEmptyArrays"}));
  TRY_ASSIGN(stage.path, read_path(body, "path", true));
  stage.keep_empty = json::bool_or(body, "preserveNullAndEmptyArrays");
  return stage;
}

bool is_yes(const Value& value) {
  return (value.is_bool() && value.get_bool()) || (value.is_number() && value.to_number<double>() != 0);
}

Result<void> read_fields(const Object& body, const std::string& above, Stage& stage, int depth) {
  if (depth > kMaxDepth) return invalid("nested too deep");
  for (const auto& member : body) {
    const std::string name(member.key());
    if (name.empty() || name.starts_with('$')) return invalid("Expression " + excerpt(name) + " is not supported");
    const std::string path = above.empty() ? name : above + "." + name;
    if (member.value().is_object()) {
      TRY(read_fields(member.value().get_object(), path, stage, depth + 1));
    } else if (is_yes(member.value())) {
      stage.fields.push_back(path);
    } else if (path == "_id" && member.value().is_number()) {
      stage.without_id = true;
    } else {
      return invalid(excerpt(path) + ": only fields to be kept can be named");
    }
  }
  return {};
}

Result<Stage> read_order(const Object& body) {
  Stage stage{.kind = Stage::Kind::kSort};
  for (const auto& member : body) {
    const bool good = member.value().is_int64() && std::abs(member.value().get_int64()) == 1;
    if (!good || member.key().starts_with("$")) return invalid(excerpt(member.key()) + " must be 1 or -1");
    stage.order.emplace_back(std::string(member.key()), member.value().get_int64() == 1);
  }
  if (stage.order.empty()) return invalid("at least one field");
  return stage;
}

Result<Stage> read_stage(std::string_view name, const Value& value) {
  if (name == "$unwind") return read_unwind(value);
  if (name == "$skip" || name == "$limit") {
    if (!value.is_int64() || value.get_int64() < 0) return invalid("must be a whole number from 0");
    return Stage{.kind = name == "$skip" ? Stage::Kind::kSkip : Stage::Kind::kLimit,
                 .number = static_cast<std::size_t>(value.get_int64())};
  }
  const bool known =
      name == "$match" || name == "$lookup" || name == "$graphLookup" || name == "$project" || name == "$sort";
  if (!known) return invalid("not supported");
  if (!value.is_object()) return invalid("must be an object");
  const Object& body = value.get_object();
  if (name == "$lookup") return read_lookup(body);
  if (name == "$graphLookup") return read_graph(body);
  if (name == "$sort") return read_order(body);
  Stage stage{.kind = name == "$match" ? Stage::Kind::kMatch : Stage::Kind::kProject};
  if (name == "$match") {
    TRY_ASSIGN(stage.filter, read_row_query(body, kRowRoot));
  } else {
    TRY(read_fields(body, "", stage, 0));
  }
  return stage;
}

}  // namespace

Result<Pipeline> read_pipeline(const Array& stages, const model::Entity& base) {
  const Error no_owner = invalid("The first stage must be a $match that names the owner (roles._id)");
  if (stages.empty() || !stages[0].is_object()) return no_owner;
  if (stages.size() > kMaxStages) return invalid(fmt::format("More than {} stages", kMaxStages));
  const Value* match = stages[0].get_object().if_contains("$match");
  if (match == nullptr || !match->is_object() || !match->get_object().contains("roles._id")) return no_owner;
  Pipeline out;
  TRY_ASSIGN(out.first, read_query(match->get_object(), base));
  if (!out.first.holder) return no_owner;
  for (std::size_t i = 1; i < stages.size(); ++i) {
    const Object* object = stages[i].if_object();
    if (object == nullptr || object->size() != 1) return invalid(fmt::format("Stage {} must have one name", i + 1));
    const std::string_view name = object->begin()->key();
    auto stage = read_stage(name, object->begin()->value());
    if (!stage.ok()) return invalid(fmt::format("Stage {} {}: {}", i + 1, excerpt(name), stage.error().message));
    out.stages.push_back(std::move(*stage));
  }
  return out;
}

}  // namespace maestro::gateway
