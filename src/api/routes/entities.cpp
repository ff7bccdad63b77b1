// Every declared entity with access: CRUD, roles, provenance. Derived; adding an entity adds these routes.
#include "api/as_of.h"
#include "api/idempotency.h"
#include "api/list_query.h"
#include "api/preconditions.h"
#include "api/routes/answers.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "connections/connections.h"
#include "inventory/provenance.h"
#include "inventory/relations.h"
#include "store/projection.h"

namespace maestro::api {
namespace {

using inventory::View;
using json::Object;
using json::Value;

/// What a write of this entity does to other documents in the same transaction.
inventory::Inventory::Hook hook(const Call& call) {
  return call.entity().links_entries ? inventory::link_entries(call.services.store, call.context)
                                     : inventory::Inventory::Hook();
}

Result<Answer> list(Call& call) {
  TRY_ASSIGN(const auto instant, read_as_of(call));
  return instant ? past_list(call, *instant) : list_entity(call, call.entity());
}

Result<Answer> count(Call& call) {
  TRY_ASSIGN(const auto instant, read_as_of(call));
  return instant ? past_count(call, *instant) : count_entity(call, call.entity());
}

Result<Answer> autocomplete(Call& call) { return autocomplete_entity(call, call.entity()); }

Result<Answer> one(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const auto instant, read_as_of(call));
  if (instant) return past_one(call, id, *instant);
  TRY_ASSIGN(const View view, call.services.inventory.get(call.context, call.entity(), id));
  return one_answer(call, view.document, store::single_object(view.document, *view.access, true, true));
}

Result<Answer> create(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  Answer answer;
  TRY(call.services.inventory.create(call.context, call.entity(), body, hook(call),
                                     [&](store::Transaction& tx, const View& view) -> Result<void> {
                                       Object shown = store::single_object(view.document, *view.access, true, true);
                                       if (call.entity().audited)
                                         shown["user"] = acting_user(call, !call.route->as_team);
                                       answer = tagged(call, json_answer(201, shown), view.document);
                                       return keep_answer(call, tx, answer);
                                     }));
  return answer;
}

Result<Answer> put(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const View view,
             call.services.inventory.put(call.context, call.entity(), id, body, hook(call), expected(call)));
  return put_answer(call, view);
}

Result<Answer> patch(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto patched,
             call.services.inventory.patch(call.context, call.entity(), id, body, hook(call), expected(call)));
  return patch_answer(call, patched);
}

Result<Answer> remove(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.inventory.remove(call.context, call.entity(), id, {}, expected(call)));
  return empty_answer(204);
}

Result<Answer> restore(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const View view, call.services.inventory.restore(call.context, call.entity(), id, expected(call)));
  return whole_answer(call, 202, view);
}

// ---- roles ----

Answer granted_answer(const Call& call, const inventory::Inventory::Granted& granted, bool with_link) {
  const std::string name = call.entity().name;
  Value items = granted.items;
  if (with_link) {
    Object& element = items.as_object();
    element["_links"] = Object{{"_self", Object{{"href", "/" + std::string(json::text_or(element, "refs")) + "/" +
                                                             std::string(json::text_or(element, "_id"))},
                                                {"method", "GET"}}}};
  }
  const auto link = [](const std::string& href) { return Object{{"href", href}, {"method", "GET"}}; };
  return json_answer(201, Object{{"items", std::move(items)},
                                 {"_links", Object{{"_parent", link("/" + name + "/" + granted.view.document.id.hex())},
                                                   {"_root", link("/" + name)}}}});
}

Result<Answer> add_role(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto granted,
             call.services.inventory.add_role(call.context, call.entity(), id, body, expected(call)));
  return granted_answer(call, granted, true);
}

Result<Answer> put_roles(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const auto granted,
             call.services.inventory.put_roles(call.context, call.entity(), id, call.body, expected(call)));
  return granted_answer(call, granted, false);
}

Result<Answer> put_role(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto granted,
             call.services.inventory.put_role(call.context, call.entity(), id, call.params[1], body, expected(call)));
  return granted_answer(call, granted, true);
}

Result<Answer> remove_role(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.inventory.remove_role(call.context, call.entity(), id, call.params[1], expected(call)));
  return empty_answer(204);
}

// ---- provenance ----

Result<Answer> provenance(Call& call) {
  static const model::Entity& connections = *model::find_entity("connections");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const View view, call.services.inventory.get(call.context, call.entity(), id));
  // A connection may be invisible to this reader: then its name is not told, only that it is one.
  std::map<ObjectId, Object> names;
  const auto describe = [&](const ObjectId& connection) -> const Object& {
    auto [slot, is_new] = names.emplace(connection, Object{{"_id", connection.hex()}});
    if (is_new) {
      const auto found = call.services.inventory.get(call.context, connections, connection);
      if (found.ok()) {
        slot->second["name"] = json::text_or(found->document.body, "name");
        slot->second["provider"] = json::text_or(found->document.body, "provider");
        if (!found->document.active) slot->second["deleted"] = true;
      }
    }
    return slot->second;
  };
  Object fields;
  for (const auto& source : inventory::sources(view.document)) {
    const bool person = source.kind == inventory::FieldSource::Kind::kPerson;
    Object field{{"source", person ? "user" : "discovery"}, {"pinned", person}};
    if (person) {
      field["by"] = Object{{"_id", source.by.hex()}, {"name", source.name}};
      field["at"] = to_iso(source.at);
    } else {
      field["by"] = describe(source.by);
    }
    fields[source.path] = std::move(field);
  }
  TRY_ASSIGN(const auto seers, call.services.store.ledger().seers(call.context, view.document.row));
  std::vector<ObjectId> ids;
  for (const auto& seer : seers) ids.push_back(seer.connection);
  TRY_ASSIGN(const auto latest, call.services.store.ledger().latest_runs(call.context, ids));
  json::Array seen_by;
  for (const auto& seer : seers) {
    Object entry = describe(seer.connection);
    entry["region"] = seer.region;
    const provider::Resource* resource = call.services.packs.find(seer.resource);
    entry["task"] = resource == nullptr ? seer.resource : resource->task;
    for (const auto& run : latest) {
      if (run.connection == seer.connection && resource != nullptr && run.task == resource->task && run.finished &&
          (run.state == store::RunState::kSuccess || run.state == store::RunState::kPartial)) {
        entry["last_seen"] = to_iso(*run.finished);
      }
    }
    seen_by.emplace_back(std::move(entry));
  }
  return json_answer(200, Object{{"connections", std::move(seen_by)}, {"fields", std::move(fields)}});
}

Result<Answer> unpin(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const View view,
             call.services.inventory.unpin(call.context, call.entity(), id, call.params[1], expected(call)));
  return whole_answer(call, 202, view);
}

/// Some writes follow rules of their own: see the files of the kinds' names.
bool has_own(const model::Entity& entity, http::Method write) {
  return std::string_view(entity.own_writes).find(http::method_name(write)) != std::string_view::npos;
}

bool offers(const model::Entity& entity, http::Method write) {
  if (has_own(entity, write)) return false;
  switch (entity.writes) {
    case model::Writes::kAll:
      return true;
    case model::Writes::kPatch:
      return write == http::Method::kPatch;
    case model::Writes::kNothing:
      return false;
  }
  return false;
}

}  // namespace

std::vector<Route> entity_routes() {
  using enum http::Method;
  using store::kAdmin, store::kRead, store::kWrite;
  const Route rows[] = {
      {.method = kGet,
       .pattern = "",
       .handler = list,
       .doc = "A page of the documents that one may see.",
       .only_reads = true,
       .team = kRead},
      {.method = kGet,
       .pattern = "/count",
       .handler = count,
       .doc = "How many documents one may see.",
       .only_reads = true,
       .team = kRead},
      {.method = kGet, .pattern = "/:id", .handler = one, .doc = "One document.", .only_reads = true, .team = kRead},
      {.method = kPost,
       .pattern = "",
       .handler = create,
       .doc = "Make a document; its maker administers it.",
       .keeps_answer = true,
       .team = kWrite},
      {.method = kPut,
       .pattern = "/:id",
       .handler = put,
       .doc = "Replace what a person may write; needs role 3.",
       .team = kWrite},
      {.method = kPatch,
       .pattern = "/:id",
       .handler = patch,
       .doc = "Change the fields sent; needs role 3.",
       .team = kWrite},
      {.method = kDelete, .pattern = "/:id", .handler = remove, .doc = "Soft-delete; needs role 7.", .team = kAdmin},
  };
  const Route new_rows[] = {
      {.method = kPost,
       .pattern = "/:id/restore",
       .handler = restore,
       .doc = "Undo a soft delete; needs role 7.",
       .original = false,
       .team = kAdmin},
      {.method = kGet,
       .pattern = "/:id/provenance",
       .handler = provenance,
       .doc = "Which connection or person wrote each field.",
       .original = false,
       .team = kRead},
      {.method = kDelete,
       .pattern = "/:id/pins/:path",
       .handler = unpin,
       .doc = "Let discovery write a field again; needs role 3.",
       .original = false,
       .team = kWrite},
  };
  std::vector<Route> all;
  for (const model::Entity* entity : model::entities()) {
    const std::string base = "/" + std::string(entity->route);
    const auto add = [&](Route route) {
      route.pattern = base + route.pattern;
      route.entity = entity;
      route.tag = entity->route;
      // A team is no member's of itself: what it does to teams, its members do themselves. What belongs to nobody has
      // no other face below a team, but the original's clients read public flavors there.
      const bool is_catalogue = entity->writes == model::Writes::kNothing;
      if (entity->access != model::Access::kRoles && !is_catalogue) route.team = 0;
      all.push_back(std::move(route));
    };
    if (entity->autocompletes)
      add({.method = kGet,
           .pattern = "/autocomplete",
           .handler = autocomplete,
           .doc = "Names that match as one types."});
    if (std::string_view(entity->name) == "users") continue;  // people.cpp
    for (const Route& row : rows)
      if (row.method == kGet || offers(*entity, row.method)) add(row);
    if (entity->access == model::Access::kNone) continue;
    for (const Route& row : new_rows)
      if (row.handler != restore || !has_own(*entity, kPost)) add(row);
    if (!entity->has_roles_routes) continue;
    const std::string roles = "/:id/" + std::string(model::access_field(*entity));
    add({.method = kPost, .pattern = roles, .handler = add_role, .doc = "Give a role; needs role 7.", .team = kWrite});
    add({.method = kPut,
         .pattern = roles,
         .handler = put_roles,
         .doc = "Replace all roles; needs role 7.",
         .team = kWrite});
    add({.method = kPut,
         .pattern = roles + "/:holder",
         .handler = put_role,
         .doc = "Change one role; needs role 7.",
         .team = kWrite});
    add({.method = kDelete,
         .pattern = roles + "/:holder",
         .handler = remove_role,
         .doc = "Take a role away; needs role 7.",
         .team = kAdmin});
  }
  return all;
}

}  // namespace maestro::api
