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
                                       if (call.entity().audited) shown["user"] = acting_user(call, true);
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

// ---- servers of a datacenter (spec 6.5) ----

Result<ListQuery> servers_here(Call& call) {
  static const model::Entity& servers = *model::find_entity("servers");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(ListQuery query, parse_list_query(call, servers));
  query.spec.filter.children.push_back(
      {.kind = store::Filter::Kind::kLeaf,
       .leaf = {.path = "datacenters._id", .op = store::Condition::Op::kEq, .values = {Value(id.hex())}},
       .children = {}});
  return query;
}

Result<Answer> datacenter_servers(Call& call) {
  TRY_ASSIGN(const ListQuery query, servers_here(call));
  TRY_ASSIGN(const auto page, call.services.store.documents().list(call.context, query.spec));
  if (is_beyond(query, page)) return not_found("Data not found");
  return list_answer(call, *query.spec.entity, query, page);
}

Result<Answer> datacenter_servers_count(Call& call) {
  TRY_ASSIGN(const ListQuery query, servers_here(call));
  TRY_ASSIGN(const auto total, call.services.store.documents().count(call.context, query.spec));
  return json_answer(200, Object{{"count", total}});
}

Result<Answer> orphans(Call& call) {
  static const model::Entity& datacenters = *model::find_entity("datacenters");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.inventory.get(call.context, datacenters, id));
  TRY_ASSIGN(ListQuery query, servers_here(call));
  if (!call.query.contains("limit")) {
    query.spec.limit = 100;
    query.limit_echo = 100;
    query.spec.offset = (query.page - 1) * 100;
  }
  query.spec.filter.children.push_back(
      {.kind = store::Filter::Kind::kLeaf,
       .leaf = {.path = "accountant", .op = store::Condition::Op::kAbsent, .values = {}},
       .children = {}});
  TRY_ASSIGN(const auto page, call.services.store.documents().list(call.context, query.spec));
  return list_answer(call, *query.spec.entity, query, page);
}

/// Some kinds are written by rules of their own: see the files of their names.
bool has_generic(const model::Entity& entity, http::Method write) {
  using enum http::Method;
  const std::string_view name = entity.name;
  if (name == "connections") return false;
  if (name == "reports") return write == kGet;
  return name != "graphs" || (write != kPost && write != kPut);
}

bool offers(const model::Entity& entity, http::Method write) {
  if (!has_generic(entity, write)) return false;
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
  const Route rows[] = {
      {.method = kGet, .pattern = "", .handler = list, .doc = "A page of the documents that one may see."},
      {.method = kGet, .pattern = "/count", .handler = count, .doc = "How many documents one may see."},
      {.method = kGet, .pattern = "/:id", .handler = one, .doc = "One document."},
      {.method = kPost,
       .pattern = "",
       .handler = create,
       .doc = "Make a document; its maker administers it.",
       .keeps_answer = true},
      {.method = kPut, .pattern = "/:id", .handler = put, .doc = "Replace what a person may write; needs role 3."},
      {.method = kPatch, .pattern = "/:id", .handler = patch, .doc = "Change the fields sent; needs role 3."},
      {.method = kDelete, .pattern = "/:id", .handler = remove, .doc = "Soft-delete; needs role 7."},
  };
  const Route new_rows[] = {
      {.method = kPost,
       .pattern = "/:id/restore",
       .handler = restore,
       .doc = "Undo a soft delete; needs role 7.",
       .original = false},
      {.method = kGet,
       .pattern = "/:id/provenance",
       .handler = provenance,
       .doc = "Which connection or person wrote each field.",
       .original = false},
      {.method = kDelete,
       .pattern = "/:id/pins/:path",
       .handler = unpin,
       .doc = "Let discovery write a field again; needs role 3.",
       .original = false},
  };
  std::vector<Route> all;
  for (const model::Entity* entity : model::entities()) {
    if (std::string_view(entity->name) == "users") continue;  // people.cpp
    const std::string base = "/" + std::string(entity->route);
    const auto add = [&](Route route) {
      route.pattern = base + route.pattern;
      route.entity = entity;
      route.tag = entity->route;
      all.push_back(std::move(route));
    };
    for (const Route& row : rows)
      if (row.method == kGet || offers(*entity, row.method)) add(row);
    if (entity->access == model::Access::kNone) continue;
    for (const Route& row : new_rows)
      if (row.handler != restore || has_generic(*entity, kPost)) add(row);
    if (!entity->has_roles_routes) continue;
    const std::string roles = "/:id/" + std::string(model::access_field(*entity));
    add({.method = kPost, .pattern = roles, .handler = add_role, .doc = "Give a role; needs role 7."});
    add({.method = kPut, .pattern = roles, .handler = put_roles, .doc = "Replace all roles; needs role 7."});
    add({.method = kPut, .pattern = roles + "/:holder", .handler = put_role, .doc = "Change one role; needs role 7."});
    add({.method = kDelete,
         .pattern = roles + "/:holder",
         .handler = remove_role,
         .doc = "Take a role away; needs role 7."});
  }
  const model::Entity* datacenters = model::find_entity("datacenters");
  all.push_back({.method = kGet,
                 .pattern = "/datacenters/:id/servers",
                 .handler = datacenter_servers,
                 .doc = "Servers of a datacenter.",
                 .tag = "datacenters",
                 .entity = datacenters});
  all.push_back({.method = kGet,
                 .pattern = "/datacenters/:id/servers/count",
                 .handler = datacenter_servers_count,
                 .doc = "How many servers a datacenter has.",
                 .tag = "datacenters",
                 .entity = datacenters});
  all.push_back({.method = kGet,
                 .pattern = "/datacenters/:id/orphans",
                 .handler = orphans,
                 .doc = "Servers of a datacenter that no connection sees.",
                 .tag = "datacenters",
                 .entity = datacenters});
  return all;
}

}  // namespace maestro::api
