#include "model/entity.h"

#include <map>

namespace maestro::model {
namespace {

void flatten_into(std::span<const Field> fields, const std::string& prefix, std::vector<FlatField>& out) {
  for (const Field& field : fields) {
    const std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
    out.push_back({path, &field});
    if (field.type == Type::kObject) flatten_into(field.members, path, out);
  }
}

void collect_paths(std::span<const Field> fields, const std::string& prefix, Show at_least,
                   std::vector<std::string>& out) {
  for (const Field& field : fields) {
    const std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
    if (static_cast<int>(field.show) >= static_cast<int>(at_least)) {
      out.push_back(path);
    } else {
      collect_paths(field.members, path, at_least, out);
    }
  }
}

using Paths = std::map<const Entity*, std::vector<std::string>>;

Paths collect(Show at_least) {
  Paths out;
  for (const Entity* entity : entities()) {
    std::vector<std::string>& paths = out[entity];
    paths = {"_id"};
    if (entity->shows_updated) paths.emplace_back("updated_at");
    collect_paths(entity->fields, "", at_least, paths);
  }
  return out;
}

}  // namespace

const Entity* find_entity(std::string_view name) {
  for (const Entity* entity : entities())
    if (name == entity->name) return entity;
  return nullptr;
}

const Entity* find_entity_by_route(std::string_view route) {
  for (const Entity* entity : entities())
    if (route == entity->route) return entity;
  return nullptr;
}

const Field* find_field(const Entity& entity, std::string_view path) {
  std::span<const Field> fields = entity.fields;
  for (;;) {
    const auto dot = path.find('.');
    const Field* found = nullptr;
    for (const Field& field : fields)
      if (path.substr(0, dot) == field.name) found = &field;
    if (found == nullptr || dot == std::string_view::npos) return found;
    fields = found->members;
    path.remove_prefix(dot + 1);
  }
}

bool is_mappable(const Entity& entity, std::string_view path) {
  if (find_field(entity, path) != nullptr) return true;
  for (auto dot = path.rfind('.'); dot != std::string_view::npos; dot = path.rfind('.', dot - 1)) {
    if (const Field* parent = find_field(entity, path.substr(0, dot)))
      return parent->open || parent->type == Type::kAny;
    if (dot == 0) break;
  }
  return false;
}

std::vector<FlatField> flatten(const Entity& entity) {
  std::vector<FlatField> out;
  flatten_into(entity.fields, "", out);
  return out;
}

const std::vector<std::string>& list_paths(const Entity& entity) {
  static const Paths paths = collect(Show::kList);
  return paths.at(&entity);
}

const std::vector<std::string>& single_paths(const Entity& entity) {
  static const Paths paths = collect(Show::kSingle);
  return paths.at(&entity);
}

const char* access_field(const Entity& entity) {
  switch (entity.access) {
    case Access::kRoles:
      return "roles";
    case Access::kMembers:
      return "members";
    case Access::kNone:
      break;
  }
  return "";
}

}  // namespace maestro::model
