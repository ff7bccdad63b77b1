#include "api/sparse_fields.h"

#include "api/filter_values.h"
#include "api/services.h"
#include "store/projection.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;
using model::Entity;

constexpr std::size_t kMaxFields = 100;

/// What the document's own answer shows. A list of an entity without access sets tells no more than its items do.
bool is_shown(const Entity& entity, std::string_view path, bool in_list) {
  if (path == "_id" || path == "updated_at") return true;
  const model::Field* field = model::find_field(entity, path);
  if (field == nullptr || field->name == std::string_view("password")) return false;
  if (in_list && entity.access == model::Access::kNone) return field->show == model::Show::kList;
  const auto is_visible = [](const model::Field* one) { return one->show != model::Show::kHidden; };
  return is_visible(field) || is_visible(model::find_field(entity, path.substr(0, path.find('.'))));
}

Object project(const Object& whole, const std::vector<std::string>& fields) {
  return json::project(whole, {fields.begin(), fields.end()});
}

bool is_inside(std::string_view path, const std::string& listed) {
  return path == listed || (path.size() > listed.size() && path.starts_with(listed) && path[listed.size()] == '.');
}

}  // namespace

std::vector<std::string> read_fields(const Object& query, const Entity& entity, bool in_list, Violations& violations) {
  std::vector<std::string> out;
  const Value* wanted = query.if_contains("fields");
  if (wanted == nullptr) return out;
  const auto take = [&](const Value& one) {
    if (!one.is_string()) return violations.add("fields", "must be a list of fields", "string.base");
    for (std::string& path : split_list(one.get_string())) {
      if (!is_shown(entity, path, in_list)) {
        violations.add("fields", "has no field " + shown(path), "any.unknown");
      } else if (out.size() <= kMaxFields && std::find(out.begin(), out.end(), path) == out.end()) {
        out.push_back(std::move(path));
      }
    }
  };
  if (const json::Array* array = wanted->if_array()) {
    for (const Value& one : *array) take(one);
  } else {
    take(*wanted);
  }
  if (out.size() > kMaxFields) violations.add("fields", "names too many fields", "array.max");
  if (out.empty() && violations.empty()) violations.add("fields", "names no field", "array.min");
  std::erase(out, "_id");
  out.insert(out.begin(), "_id");
  // A path inside another that is wanted whole would take the rest of it away again.
  std::vector<std::string> outer;
  for (const std::string& path : out) {
    const auto holds = [&](const std::string& other) { return other != path && is_inside(path, other); };
    if (std::none_of(out.begin(), out.end(), holds)) outer.push_back(path);
  }
  return outer;
}

Result<std::string> sparse_item(Call& call, const Entity& entity, const store::ListItem& item,
                                const std::vector<std::string>& fields) {
  auto& documents = call.services.store.documents();
  const std::string_view access = model::access_field(entity);
  const auto& listed = model::list_paths(entity);
  const auto is_kept_apart = [&](std::string_view path) { return path.substr(0, path.find('.')) == access; };
  const bool is_covered = std::all_of(fields.begin(), fields.end(), [&](const std::string& path) {
    return path == "active" || (!access.empty() && is_kept_apart(path)) ||
           std::any_of(listed.begin(), listed.end(), [&](const std::string& one) { return is_inside(path, one); });
  });
  Object whole;
  if (is_covered) {
    whole = json::parse_trusted(item.text).get_object();
  } else {
    TRY_ASSIGN(auto document, documents.find(call.context, entity, item.id));
    if (!document) return internal("A listed document is not there");
    whole = std::move(document->body);
    whole["_id"] = document->id.hex();
    whole["created_at"] = to_iso(document->created);
    whole["updated_at"] = to_iso(document->updated);
  }
  whole["active"] = item.active;
  if (!access.empty()) whole[access] = json::parse_trusted(documents.access(item.access)->wire);
  return json::write(project(whole, fields));
}

Result<Object> sparse_one(const Call& call, const Entity& entity, Object single) {
  Violations violations;
  const auto fields = read_fields(call.query, entity, false, violations);
  if (!violations.empty()) return violations.error();
  if (fields.empty()) return single;
  return project(single, fields);
}

}  // namespace maestro::api
