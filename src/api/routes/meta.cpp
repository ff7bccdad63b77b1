// Declarations as data, for forms and tables of any client.
#include "api/filter_fields.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Object;
using model::Field;
using model::Type;

const char* type_word_of(Type type) {
  switch (type) {
    case Type::kString:
    case Type::kIp:
    case Type::kEmail:
    case Type::kUri:
    case Type::kStringOrNumber:
    case Type::kObjectId:
      return "string";
    case Type::kNumber:
      return "number";
    case Type::kBoolean:
      return "boolean";
    case Type::kArray:
      return "array";
    case Type::kObject:
      return "object";
    case Type::kAny:
      break;
  }
  return "any";
}

const char* type_word(const Field& field) {
  const bool is_tags = field.type == Type::kArray && std::string_view(field.name) == "tags";
  return is_tags ? "tags" : type_word_of(field.type);
}

const char* group_word(model::Group group) {
  switch (group) {
    case model::Group::kGeneral:
      return "General";
    case model::Group::kHardware:
      return "Hardware";
    case model::Group::kNetwork:
      return "Network";
    case model::Group::kPlacement:
      return "Placement";
    case model::Group::kAccess:
      return "Access";
    case model::Group::kSoftware:
      return "Software";
    case model::Group::kProvenance:
      return "Provenance";
    case model::Group::kOther:
      break;
  }
  return "Other";
}

const char* index_word(model::Index index) {
  switch (index) {
    case model::Index::kEq:
      return "eq";
    case model::Index::kText:
      return "text";
    case model::Index::kRange:
      return "range";
    case model::Index::kNone:
      break;
  }
  return "none";
}

Object describe(const model::Entity& entity) {
  return {{"name", entity.name},
          {"route", entity.route},
          {"label", entity.label},
          {"label_plural", entity.label_plural},
          {"shows_deleted", entity.visible_inactive},
          {"doc", entity.doc}};
}

/// What a text must look like; nullptr when any will do.
const char* format_word(model::Type type) {
  switch (type) {
    case Type::kIp:
      return "ip";
    case Type::kEmail:
      return "email";
    case Type::kUri:
      return "uri";
    case Type::kObjectId:
      return "id";
    default:
      return nullptr;
  }
}

std::string label_of(const Field& field) {
  if (field.label[0] != '\0') return field.label;
  std::string name = text::capitalize(field.name);
  std::replace(name.begin(), name.end(), '_', ' ');
  return std::string(text::trim(name));
}

json::Array option_words(const Field& field) {
  json::Array out;
  for (const char* word : field.one_of) out.emplace_back(word);
  return out;
}

/// What a form must know of a value before it is typed.
void add_rules(const Field& field, Object& out) {
  if (field.unit[0] != '\0') out["unit"] = field.unit;
  if (!field.one_of.empty()) out["options"] = option_words(field);
  if (const char* word = format_word(field.type)) out["format"] = word;
  if (field.min_length > 0) out["min_length"] = field.min_length;
  if (field.max_length > 0) out["max_length"] = field.max_length;
  if (field.fallback[0] != '\0') out["default"] = json::parse_trusted(field.fallback);
}

json::Array describe_members(std::span<const Field> members) {
  json::Array out;
  for (const Field& member : members) {
    Object one{{"name", member.name},
               {"label", label_of(member)},
               {"type", type_word(member)},
               {"required", member.need != model::Need::kNo},
               {"doc", member.doc}};
    add_rules(member, one);
    out.emplace_back(std::move(one));
  }
  return out;
}

json::Array operator_words(const model::Entity& entity, std::string_view path) {
  json::Array out;
  for (const char* name : operators_of(entity, path)) out.emplace_back(name);
  return out;
}

Object describe(const model::Entity& entity, const model::FlatField& flat, bool in_list) {
  static const auto is_counted = [](const model::Entity& one, const std::string& path) {
    const auto counted = facet_fields(one);
    return std::find(counted.begin(), counted.end(), path) != counted.end();
  };
  const Field& field = *flat.field;
  const bool is_time = flat.path == "created_at";
  const bool is_plain = field.show != model::Show::kHidden || flat.path.find('.') != std::string::npos
                            ? field.type == Type::kString || field.type == Type::kNumber ||
                                  field.type == Type::kBoolean || field.type == Type::kIp ||
                                  field.type == Type::kStringOrNumber || field.index != model::Index::kNone
                            : false;
  Object out{{"path", flat.path},
             {"label", label_of(field)},
             {"type", is_time ? "time" : type_word(field)},
             {"group", group_word(field.group)},
             {"list", field.list_default},
             {"column", in_list || is_plain},
             {"listed", in_list},
             {"filter", index_word(field.index)},
             {"operators", operator_words(entity, flat.path)},
             {"index", index_word(field.index)},
             {"facets", is_counted(entity, flat.path)},
             {"sortable", field.index != model::Index::kNone && is_sortable(entity, flat.path)},
             {"writable", field.written == model::Written::kYes && field.origin != model::Origin::kServer},
             {"required", field.need != model::Need::kNo},
             {"doc", field.doc}};
  add_rules(field, out);
  if (field.type == Type::kArray && field.of != Type::kAny) out["of"] = type_word_of(field.of);
  // The members of an object are fields of their own; those of an element are told with it.
  if (field.type != Type::kObject && !field.members.empty()) out["members"] = describe_members(field.members);
  return out;
}

Result<Answer> entities(Call&) {
  json::Array items;
  for (const model::Entity* entity : model::entities()) items.emplace_back(describe(*entity));
  return json_answer(200, Object{{"items", std::move(items)}});
}

Result<Answer> entity(Call& call) {
  const model::Entity* found = model::find_entity(call.params[0]);
  if (found == nullptr) found = model::find_entity_by_route(call.params[0]);
  if (found == nullptr) return not_found("There is no entity " + shown(call.params[0], 100));
  const auto& listed = model::list_paths(*found);
  const auto is_listed = [&](std::string_view path) {
    return std::any_of(listed.begin(), listed.end(), [&](const std::string& shown) {
      return path == shown || (path.size() > shown.size() && path.starts_with(shown) && path[shown.size()] == '.');
    });
  };
  json::Array fields;
  for (const auto& flat : model::flatten(*found)) {
    // What the server keeps about access and ownership is shown whole, not member by member.
    const model::Field* top = model::find_field(*found, std::string_view(flat.path).substr(0, flat.path.find('.')));
    if (top != flat.field && top->origin == model::Origin::kServer) continue;
    if (std::string_view(flat.field->name) != "password")
      fields.emplace_back(describe(*found, flat, is_listed(flat.path)));
  }
  const auto fixed = [&](const char* path, const char* label, const char* type, const char* doc, bool sortable) {
    fields.emplace_back(Object{{"path", path},
                               {"label", label},
                               {"type", type},
                               {"group", "Provenance"},
                               {"list", sortable},
                               {"column", true},
                               {"listed", true},
                               {"filter", sortable ? "range" : "eq"},
                               {"operators", operator_words(*found, path)},
                               {"index", sortable ? "range" : "eq"},
                               {"sortable", sortable},
                               {"writable", false},
                               {"required", false},
                               {"doc", doc}});
  };
  fixed("updated_at", "Updated", "time", "Last change here.", true);
  fixed("_id", "Id", "string", "Id of the document.", false);
  Object out = describe(*found);
  out["fields"] = std::move(fields);
  return json_answer(200, out);
}

Object describe(const provider::FormField& field) {
  using FieldType = provider::FormField::Type;
  Object out{{"name", field.name},
             {"label", field.label},
             {"type", field.type == FieldType::kPassword   ? "password"
                      : field.type == FieldType::kSelect   ? "select"
                      : field.type == FieldType::kTextArea ? "textarea"
                                                           : "text"},
             {"secret", field.secret},
             {"required", field.required},
             {"target", field.in_credentials ? "conn" : "root"}};
  if (!field.help.empty()) out["help"] = field.help;
  if (!field.placeholder.empty()) out["placeholder"] = field.placeholder;
  if (!field.fallback.empty()) out["default"] = field.fallback;
  if (!field.options.empty()) {
    json::Array options;
    for (const auto& word : field.options) options.emplace_back(word);
    out["options"] = std::move(options);
  }
  return out;
}

Object describe(const provider::Provider& one, const provider::Packs& packs) {
  json::Array regions;
  for (const auto& region : one.regions) regions.emplace_back(Object{{"id", region.id}, {"label", region.label}});
  json::Array methods;
  for (const auto& method : one.methods) {
    json::Array fields;
    for (const auto& field : method.fields) fields.emplace_back(describe(field));
    const char* url = method.url == provider::Method::Url::kNone       ? "none"
                      : method.url == provider::Method::Url::kOptional ? "optional"
                                                                       : "required";
    methods.emplace_back(Object{{"id", method.id},
                                {"label", method.label},
                                {"doc", method.doc},
                                {"url", url},
                                {"regions", method.regions},
                                {"fields", std::move(fields)}});
  }
  json::Array tasks;
  for (const std::string& task : packs.tasks(one.id)) {
    const auto resources = packs.of_task(one.id, task);
    json::Array permissions;
    for (const auto* resource : resources)
      for (const auto& permission : resource->permissions) permissions.emplace_back(permission);
    tasks.emplace_back(Object{
        {"name", task},
        {"label", resources.front()->label},
        {"entity", resources.front()->entity},
        {"every", Object{{"every", resources.front()->every.count}, {"period", resources.front()->every.period}}},
        {"permissions", std::move(permissions)}});
  }
  return {{"id", one.id},
          {"label", one.label},
          {"doc", one.doc},
          {"regions", std::move(regions)},
          {"methods", std::move(methods)},
          {"tasks", std::move(tasks)}};
}

Result<Answer> all_providers(Call& call) {
  json::Array items;
  for (const auto& one : provider::providers()) items.emplace_back(describe(one, call.services.packs));
  return json_answer(200, Object{{"items", std::move(items)}});
}

}  // namespace

std::vector<Route> meta_routes() {
  using enum http::Method;
  return {
      {.method = kGet,
       .pattern = "/meta/entities",
       .handler = entities,
       .doc = "Every kind of document.",
       .original = false,
       .tag = "meta"},
      {.method = kGet,
       .pattern = "/meta/entities/:name",
       .handler = entity,
       .doc = "Fields of one kind: labels, units, groups, filters.",
       .original = false,
       .tag = "meta"},
      {.method = kGet,
       .pattern = "/meta/providers",
       .handler = all_providers,
       .doc = "Providers: how to connect, what is discovered.",
       .original = false,
       .tag = "meta"},
  };
}

}  // namespace maestro::api
