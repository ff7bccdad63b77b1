#include "base/text.h"
#include "inventory/inventory.h"
#include "model/shared_fields.h"
#include "model/validate.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;
using model::Entity;
using store::RoleEntry;

constexpr const char* kGrantable[] = {"users", "teams", "projects"};

// Bodies of the role routes (spec 2.4): here `role` is a text.
constexpr model::Field kAddBody[] = {
    {.name = "refs",
     .doc = "Kind of the holder.",
     .type = model::Type::kString,
     .need = model::Need::kAlways,
     .one_of = kGrantable},
    {.name = "id", .doc = "Holder.", .type = model::Type::kString, .need = model::Need::kAlways},
    {.name = "role",
     .doc = "Role.",
     .type = model::Type::kString,
     .need = model::Need::kAlways,
     .one_of = model::kRoleWords},
    {.name = "name", .doc = "Name of the holder.", .type = model::Type::kString},
    {.name = "email", .doc = "Mail address of the holder.", .type = model::Type::kEmail},
};
constexpr model::Field kPutBody[] = {
    {.name = "role",
     .doc = "Role.",
     .type = model::Type::kString,
     .need = model::Need::kAlways,
     .one_of = model::kRoleWords},
    {.name = "refs",
     .doc = "Kind of the holder.",
     .type = model::Type::kString,
     .need = model::Need::kAlways,
     .one_of = kGrantable},
    {.name = "name", .doc = "Name of the holder.", .type = model::Type::kString},
    {.name = "email", .doc = "Mail address of the holder.", .type = model::Type::kEmail},
};

/// Element in the order that clients see: _id, refs, role, name, email.
RoleEntry make_entry(std::string_view id, const Object& body, int role) {
  Object wire;
  if (!id.empty()) wire["_id"] = text::lower(id);
  wire["refs"] = body.at("refs");
  wire["role"] = role;
  for (const char* name : {"name", "email"})
    if (const Value* value = body.if_contains(name)) wire[name] = *value;
  return {.principal = {holder_kind(body.at("refs").get_string()), ObjectId::parse(id).value_or(ObjectId())},
          .role = role,
          .wire = std::move(wire)};
}

/// Somebody who can still administer it. The members of a team act as themselves there: another team could not.
bool has_admin(const Entity& entity, const std::vector<RoleEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [&](const RoleEntry& entry) {
    const auto kind = entry.principal.kind;
    return entry.role >= store::kAdmin && entry.principal.id &&
           (kind == Principal::Kind::kUser ||
            (kind == Principal::Kind::kTeam && entity.access != model::Access::kMembers));
  });
}

bool holds(const RoleEntry& entry, std::string_view holder) {
  return text::iequals(json::text_or(entry.wire, "_id"), holder);
}

}  // namespace

Result<Inventory::Granted> Inventory::regrant(const Context& context, const Entity& entity, const ObjectId& id,
                                              const Expected& expected,
                                              const std::function<Result<Value>(std::vector<RoleEntry>&)>& edit,
                                              store::Change::Extent extent) {
  Granted granted;
  TRY_ASSIGN(granted.view,
             change(context, entity, id, {store::kAdmin, true, "grant", expected, extent},
                    [&](store::Transaction& tx, const store::Document& before, store::Document& after) -> Result<void> {
                      std::vector<RoleEntry> entries = store_.documents().access(tx, before.access)->entries;
                      TRY_ASSIGN(granted.items, edit(entries));
                      if (!has_admin(entity, entries)) return not_allowed();
                      TRY_ASSIGN(after.access, store_.documents().intern(tx, entries));
                      return {};
                    }));
  return granted;
}

Result<Inventory::Granted> Inventory::add_role(const Context& context, const Entity& entity, const ObjectId& id,
                                               const Object& body, const Expected& expected) {
  TRY_ASSIGN(const Object valid, model::validate_fields(kAddBody, body, true));
  const std::string holder(valid.at("id").get_string());
  if (!ObjectId::parse(holder)) return bad_id(holder);
  const int role = valid.at("role").get_string()[0] - '0';
  return regrant(context, entity, id, expected, [&](std::vector<RoleEntry>& entries) -> Result<Value> {
    for (const RoleEntry& entry : entries)
      if (holds(entry, holder)) return not_allowed();
    entries.push_back(make_entry(holder, valid, role));
    return Value(entries.back().wire);
  });
}

Result<Inventory::Granted> Inventory::put_roles(const Context& context, const Entity& entity, const ObjectId& id,
                                                const Value& body, const Expected& expected) {
  if (!body.is_array()) return model::violation(model::access_field(entity), "must be an array", "array.base");
  const model::Field field{.name = model::access_field(entity),
                           .doc = "roles",
                           .type = model::Type::kArray,
                           .of = model::Type::kObject,
                           .unique_by = "_id",
                           .members = model::kRoleShape};
  for (const Value& element : body.get_array()) {
    const std::string text =
        element.is_object() ? std::string(json::text_or(element.get_object(), "_id")) : std::string();
    if (!text.empty() && !ObjectId::parse(text)) return bad_id(text);
  }
  TRY_ASSIGN(const Object valid, model::validate_fields({&field, 1}, Object{{field.name, body}}, true));
  std::vector<RoleEntry> next;
  json::Array items;
  for (const Value& element : valid.at(field.name).get_array()) {
    const Object& object = element.get_object();
    const std::string holder(json::text_or(object, "_id"));
    next.push_back(
        {.principal = {holder_kind(json::text_or(object, "refs")), ObjectId::parse(holder).value_or(ObjectId())},
         .role = static_cast<int>(json::int_or(object, "role")),
         .wire = object});
    items.emplace_back(object);
  }
  return regrant(
      context, entity, id, expected,
      [&](std::vector<RoleEntry>& entries) -> Result<Value> {
        entries = next;
        return Value(items);
      },
      store::Change::Extent::kWhole);
}

Result<Inventory::Granted> Inventory::put_role(const Context& context, const Entity& entity, const ObjectId& id,
                                               std::string_view holder, const Object& body, const Expected& expected) {
  if (!ObjectId::parse(holder)) return bad_id(holder);
  TRY_ASSIGN(const Object valid, model::validate_fields(kPutBody, body, true));
  const RoleEntry entry = make_entry(holder, valid, valid.at("role").get_string()[0] - '0');
  return regrant(context, entity, id, expected, [&](std::vector<RoleEntry>& entries) -> Result<Value> {
    const auto at =
        std::find_if(entries.begin(), entries.end(), [&](const RoleEntry& known) { return holds(known, holder); });
    if (at == entries.end()) {
      entries.push_back(entry);
    } else {
      *at = entry;
    }
    return Value(entry.wire);
  });
}

Result<void> Inventory::remove_role(const Context& context, const Entity& entity, const ObjectId& id,
                                    std::string_view holder, const Expected& expected) {
  if (!ObjectId::parse(holder)) return bad_id(holder);
  TRY(regrant(context, entity, id, expected, [&](std::vector<RoleEntry>& entries) -> Result<Value> {
    std::erase_if(entries, [&](const RoleEntry& entry) { return holds(entry, holder); });
    return Value();
  }));
  return {};
}

}  // namespace maestro::inventory
