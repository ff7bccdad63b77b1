#include "gateway/query.h"

#include "gateway/excerpt.h"
#include "store/match.h"

namespace maestro::gateway {
namespace {

using json::Array;
using json::Object;
using json::Value;
using store::Filter;
using Op = store::Condition::Op;

constexpr std::size_t kDateLength = 19;  ///< YYYY-MM-DDTHH:MM:SS

bool holds_ids(std::string_view key) { return key.starts_with("_id") || key.find("._id") != std::string_view::npos; }
bool holds_times(std::string_view key) { return key.find("_at") != std::string_view::npos; }
bool is_own_time(std::string_view path) { return path == "created_at" || path == "updated_at"; }

Filter leaf(std::string path, Op op, std::vector<Value> values = {}) {
  return {.kind = Filter::Kind::kLeaf,
          .leaf = {.path = std::move(path), .op = op, .values = std::move(values)},
          .children = {}};
}
Filter group(Filter::Kind kind, std::vector<Filter> children) {
  return {.kind = kind, .leaf = {}, .children = std::move(children)};
}
Filter negation(Filter filter) { return group(Filter::Kind::kNot, {std::move(filter)}); }

class Reader {
 public:
  Reader(const model::Entity* entity, std::string root) : entity_(entity), root_(std::move(root)) {}

  Result<Query> read(const Object& query) {
    for (const auto& member : query) out_.paths.emplace_back(member.key());
    TRY_ASSIGN(out_.filter, members(query, true, 0));
    return std::move(out_);
  }

 private:
  /// `certain`: every match has to satisfy it, so it may say whose roles count.
  Result<Filter> members(const Object& query, bool certain, int depth) {
    if (depth > kMaxDepth) return invalid(fmt::format("The query is nested deeper than {} levels", kMaxDepth));
    std::vector<Filter> all;
    for (const auto& member : query) {
      const std::string_view key = member.key();
      if (key.starts_with('$')) {
        TRY_ASSIGN(Filter filter, logic(key, member.value(), certain, depth));
        all.push_back(std::move(filter));
        continue;
      }
      if (key.empty() || key.find('\0') != std::string_view::npos) return invalid("A member of the query has no name");
      if (is_access(key)) {
        TRY_ASSIGN(Filter filter, access(key, member.value(), certain));
        all.push_back(std::move(filter));
        continue;
      }
      TRY_ASSIGN(Filter filter, condition(std::string(key), member.value(), depth));
      all.push_back(std::move(filter));
    }
    return group(Filter::Kind::kAll, std::move(all));
  }

  Result<Filter> logic(std::string_view word, const Value& value, bool certain, int depth) {
    if (word != "$and" && word != "$or") return invalid("Operator " + excerpt(word) + " is not supported");
    if (!value.is_array() || value.get_array().empty()) return invalid(excerpt(word) + " must be a list of objects");
    std::vector<Filter> children;
    for (const Value& each : value.get_array()) {
      if (!each.is_object()) return invalid(excerpt(word) + " must be a list of objects");
      TRY_ASSIGN(Filter child, members(each.get_object(), certain && word == "$and", depth + 1));
      children.push_back(std::move(child));
    }
    return group(word == "$and" ? Filter::Kind::kAll : Filter::Kind::kAny, std::move(children));
  }

  // ---- roles --------------------------------------------------------------------------------------------------------

  bool is_access(std::string_view key) const {
    if (entity_ == nullptr || in_element_) return false;
    const std::string_view top = key.substr(0, key.find('.'));
    return top == "roles" || top == "members";
  }

  Result<Filter> access(std::string_view key, const Value& value, bool certain) {
    const Error unclear = invalid(excerpt(key) + ": roles can be asked for by one _id, at the top of the query");
    if (entity_->access == model::Access::kNone) return leaf("_id", Op::kNever);
    if (!certain || out_.holder) return unclear;
    Holder holder;
    const Value* id = nullptr;
    if (key == "roles._id" || key == "members._id") {
      id = &value;
      if (value.is_object() && value.get_object().size() == 1) {
        id = value.get_object().if_contains("$in");
        if (id == nullptr) id = value.get_object().if_contains("$eq");
      }
    } else if (const Value* element = value.is_object() ? value.get_object().if_contains("$elemMatch") : nullptr;
               element != nullptr && element->is_object() && (key == "roles" || key == "members")) {
      for (const auto& member : element->get_object()) {
        if (member.key() == "_id")
          id = &member.value();
        else if (member.key() == "role")
          holder.role = lowest_role(member.value());
        else
          return unclear;
      }
    }
    if (id != nullptr && id->is_array()) id = id->get_array().size() == 1 ? &id->get_array().front() : nullptr;
    const auto parsed = id != nullptr && id->is_string() ? ObjectId::parse(id->get_string()) : std::nullopt;
    if (!parsed) return unclear;
    holder.id = *parsed;
    out_.holder = holder;
    return group(Filter::Kind::kAll, {});
  }

  static int lowest_role(const Value& value) {
    if (value.is_int64()) return static_cast<int>(value.get_int64());
    int lowest = store::kAdmin;
    const Object* object = value.if_object();
    const Value* in = object == nullptr ? nullptr : object->if_contains("$in");
    if (in != nullptr && in->is_array())
      for (const Value& one : in->get_array())
        if (one.is_int64()) lowest = std::min(lowest, static_cast<int>(one.get_int64()));
    const Value* least = object == nullptr ? nullptr : object->if_contains("$gte");
    if (least != nullptr && least->is_int64()) lowest = static_cast<int>(least->get_int64());
    return std::clamp(lowest, store::kRead, store::kAdmin);
  }

  // ---- conditions
  // -----------------------------------------------------------------------------------------------------

  static bool is_operators(const Value& value) {
    const Object* object = value.if_object();
    return object != nullptr && !object->empty() && object->begin()->key().starts_with("$");
  }

  Result<void> count(std::size_t values) {
    if (++conditions_ > kMaxConditions) return invalid(fmt::format("More than {} conditions", kMaxConditions));
    if ((values_ += values) > kMaxValues) return invalid(fmt::format("More than {} values", kMaxValues));
    return {};
  }

  std::string place(const std::string& key) const { return root_.empty() || in_element_ ? key : root_ + "." + key; }

  Result<Filter> condition(const std::string& key, const Value& value, int depth) {
    if (value.is_array()) return any_of(key, value.get_array());
    if (!is_operators(value)) return equal(key, value);
    std::vector<Filter> all;
    const Object& operators = value.get_object();
    for (const auto& member : operators) {
      TRY_ASSIGN(Filter filter, operation(key, member.key(), member.value(), operators, depth));
      all.push_back(std::move(filter));
    }
    return all.size() == 1 ? std::move(all.front()) : group(Filter::Kind::kAll, std::move(all));
  }

  Result<Filter> operation(const std::string& key, std::string_view word, const Value& value, const Object& all,
                           int depth) {
    const auto list = [&]() -> Result<Filter> {
      if (!value.is_array()) return invalid(excerpt(key) + ": " + excerpt(word) + " must be a list");
      return any_of(key, value.get_array());
    };
    if (word == "$eq") return equal(key, value);
    if (word == "$in") return list();
    if (word == "$ne" || word == "$nin") {
      TRY_ASSIGN(Filter filter, word == "$ne" ? equal(key, value) : list());
      return negation(std::move(filter));
    }
    if (word == "$gt") return compare(key, Op::kGreater, value);
    if (word == "$gte") return compare(key, Op::kGreaterEq, value);
    if (word == "$lt") return compare(key, Op::kLess, value);
    if (word == "$lte") return compare(key, Op::kLessEq, value);
    if (word == "$exists") return exists(key, value);
    if (word == "$regex") return pattern(key, value, all.if_contains("$options"));
    if (word == "$options" && all.contains("$regex")) return group(Filter::Kind::kAll, {});
    if (word == "$elemMatch") return element(key, value, depth);
    return invalid("Operator " + excerpt(word) + " is not supported");
  }

  /// Ids in canonical form; other values as they are.
  Result<Value> convert(const std::string& key, const Value& value) const {
    if (!holds_ids(key) || !value.is_string()) return value;
    const auto id = ObjectId::parse(value.get_string());
    if (!id) return invalid(fmt::format("{}: {} is no id", excerpt(key), excerpt(value.get_string())));
    return Value(id->hex());
  }

  /// From the first 19 characters, as the original read them.
  static Result<Time> moment(const std::string& key, std::string_view text) {
    const auto time = text.size() < kDateLength ? std::nullopt : parse_iso(text.substr(0, kDateLength));
    if (!time)
      return invalid(fmt::format("{}: {} is no date of the form YYYY-MM-DDTHH:MM:SS", excerpt(key), excerpt(text)));
    return *time;
  }

  /// The time at this path is the document's own, not a text in its body.
  bool has_own_time(const std::string& key) const { return is_own_time(key) && root_.empty() && !in_element_; }

  Result<Filter> equal(const std::string& key, const Value& value) {
    TRY(count(1));
    if (holds_times(key) && value.is_string()) {
      TRY_ASSIGN(const Time time, moment(key, value.get_string()));
      // Seconds are all that was asked for.
      if (has_own_time(key))
        return group(Filter::Kind::kAll, {leaf(key, Op::kGreaterEq, {Value(to_iso(time))}),
                                          leaf(key, Op::kLess, {Value(to_iso(time + Millis(1000)))})});
      return leaf(place(key), Op::kStarts, {Value(to_iso(time).substr(0, kDateLength))});
    }
    if (value.is_null()) return nothing(key);
    TRY_ASSIGN(Value converted, convert(key, value));
    return leaf(place(key), Op::kEq, {std::move(converted)});
  }

  /// No such member, or an empty one.
  Filter nothing(const std::string& key) const {
    return group(Filter::Kind::kAny, {leaf(place(key), Op::kAbsent), leaf(place(key), Op::kEq, {Value(nullptr)})});
  }

  Result<Filter> any_of(const std::string& key, const Array& values) {
    TRY(count(values.size()));
    std::vector<Value> plain;
    std::vector<Filter> others;
    for (const Value& value : values) {
      if (value.is_null()) {
        others.push_back(nothing(key));
      } else if (holds_times(key) && value.is_string()) {
        TRY_ASSIGN(Filter filter, equal(key, value));
        others.push_back(std::move(filter));
      } else {
        TRY_ASSIGN(Value converted, convert(key, value));
        plain.push_back(std::move(converted));
      }
    }
    Filter in = plain.empty() ? leaf(place(key), Op::kNever) : leaf(place(key), Op::kEq, std::move(plain));
    if (others.empty()) return in;
    others.push_back(std::move(in));
    return group(Filter::Kind::kAny, std::move(others));
  }

  Result<Filter> compare(const std::string& key, Op op, const Value& value) {
    TRY(count(1));
    if (holds_times(key) && value.is_string()) {
      TRY_ASSIGN(const Time time, moment(key, value.get_string()));
      const std::string text = to_iso(time);
      return leaf(place(key), op, {Value(has_own_time(key) ? text : text.substr(0, kDateLength))});
    }
    TRY_ASSIGN(Value converted, convert(key, value));
    if (!converted.is_number() && !converted.is_string()) return leaf(place(key), Op::kNever);
    return leaf(place(key), op, {std::move(converted)});
  }

  Result<Filter> exists(const std::string& key, const Value& value) {
    TRY(count(1));
    const bool wanted = value.is_bool() ? value.get_bool() : value.is_number() && value.to_number<double>() != 0;
    Filter absent = leaf(place(key), Op::kAbsent);
    return wanted ? negation(std::move(absent)) : std::move(absent);
  }

  Result<Filter> pattern(const std::string& key, const Value& value, const Value* options) {
    TRY(count(1));
    if (!value.is_string()) return invalid(excerpt(key) + ": $regex must be a text");
    const std::string text(value.get_string());
    const std::string flags = options == nullptr ? "" : json::scalar_text(*options);
    if (flags.find_first_not_of('i') != std::string::npos) return invalid(excerpt(key) + ": $options knows i only");
    // Our patterns take any case of letters; the original's did not.
    const std::string exact = flags.empty() ? "(?-i:" + text + ")" : text;
    if (!store::is_pattern(text) || !store::is_pattern(exact))
      return invalid(excerpt(key) + ": $regex is no pattern of RE2's, or longer than 512 bytes");
    return leaf(place(key), Op::kRegex, {Value(exact)});
  }

  Result<Filter> element(const std::string& key, const Value& value, int depth) {
    if (in_element_ || !value.is_object() || value.get_object().empty() || is_operators(value))
      return invalid(excerpt(key) + ": $elemMatch must be an object of conditions, and cannot be nested");
    const std::string path = place(key);
    in_element_ = true;
    auto inner = members(value.get_object(), false, depth + 1);
    in_element_ = false;
    if (!inner.ok()) return std::move(inner).error();
    Filter out = group(Filter::Kind::kElement, {std::move(*inner)});
    out.leaf.path = path;
    return out;
  }

  const model::Entity* entity_;
  std::string root_;
  Query out_;
  bool in_element_ = false;
  std::size_t conditions_ = 0, values_ = 0;
};

}  // namespace

bool Query::names(std::string_view path) const { return std::find(paths.begin(), paths.end(), path) != paths.end(); }

Result<Query> read_query(const Object& query, const model::Entity& entity) { return Reader(&entity, "").read(query); }

Result<store::Filter> read_row_query(const Object& query, std::string_view root) {
  TRY_ASSIGN(Query read, Reader(nullptr, std::string(root)).read(query));
  return std::move(read.filter);
}

Result<Object> read_query_text(const Value* text) {
  if (text == nullptr || text->is_null()) return Object();
  if (text->is_object()) return text->get_object();
  if (!text->is_string()) return invalid("query must be the JSON text of an object");
  if (text->get_string().empty()) return Object();
  auto parsed = json::parse(std::string_view(text->get_string()));
  if (!parsed.ok()) return std::move(parsed).error();
  if (!parsed->is_object()) return invalid("query must be the JSON text of an object");
  return parsed->get_object();
}

}  // namespace maestro::gateway
