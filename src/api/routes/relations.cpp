// Links between documents: servers of an application, applications of a system, systems of a client, and what an
// application depends on (spec of the server API, 4 and 6.3).
#include "api/routes/tables.h"
#include "api/services.h"

namespace maestro::api {
namespace {

using inventory::Relation;
using json::Array;
using json::Object;
using json::Value;

/// `id` of the body, or of the query for proxies that drop the body of a DELETE. Anything but a list is an empty one.
Result<std::vector<ObjectId>> read_ids(const Call& call) {
  const Object* body = call.body.if_object();
  const Value* listed = body == nullptr ? nullptr : body->if_contains("id");
  if (listed == nullptr) listed = call.query.if_contains("id");
  std::vector<ObjectId> out;
  if (listed == nullptr || !listed->is_array()) return out;
  for (const Value& one : listed->get_array()) {
    const auto id = one.is_string() ? ObjectId::parse(one.get_string()) : std::nullopt;
    if (!id) return inventory::bad_id(json::scalar_text(one));
    out.push_back(*id);
  }
  return out;
}

template <const Relation& relation>
Result<Answer> attach(Call& call) {
  TRY_ASSIGN(const ObjectId parent, call.id(0));
  TRY_ASSIGN(const auto ids, read_ids(call));
  TRY_ASSIGN(Object reference, call.services.relations.attach(call.context, relation, parent, ids));
  const Object self{{"href", fmt::format("/{}/{}", relation.parent, parent.hex())}, {"method", "GET"}};
  return json_answer(202, Object{{relation.field, std::move(reference)}, {"_links", Object{{"_self", self}}}});
}

template <const Relation& relation>
Result<Answer> detach(Call& call) {
  TRY_ASSIGN(const ObjectId parent, call.id(0));
  TRY_ASSIGN(const auto ids, read_ids(call));
  TRY(call.services.relations.detach(call.context, relation, parent, ids));
  return empty_answer(204);
}

Result<Answer> add_dependency(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(Object link, call.services.relations.add_dependency(call.context, id, body));
  return json_answer(201, Object{{"deps", std::move(link)}});
}

Result<Answer> put_dependency(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const ObjectId on, call.id(1));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(Object link, call.services.relations.put_dependency(call.context, id, on, body));
  return json_answer(201, Object{{"deps", std::move(link)}});
}

Result<Answer> remove_dependency(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const ObjectId on, call.id(1));
  TRY(call.services.relations.remove_dependency(call.context, id, on));
  return empty_answer(204);
}

Result<Answer> replace_dependencies(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto done, call.services.relations.replace_dependencies(call.context, body));
  if (done.wanted == 0) {
    Answer answer = empty_answer(201);
    return answer;
  }
  const Object batch{{"ok", 1}, {"nMatched", done.matched}, {"nModified", done.changed}};
  return json_answer(201, Object{{"isBatch", batch}});
}

}  // namespace

std::vector<Route> relation_routes() {
  using enum http::Method;
  const model::Entity* applications = model::find_entity("applications");
  std::vector<Route> out = {
      {.method = kPost,
       .pattern = "/applications/deps",
       .handler = replace_dependencies,
       .doc = "Replace the dependencies of several applications; needs role 3 on each, others are left out.",
       .tag = "applications",
       .entity = applications,
       .team = store::kWrite},
      {.method = kPost,
       .pattern = "/applications/:id/deps",
       .handler = add_dependency,
       .doc = "Add a dependency; needs role 7.",
       .tag = "applications",
       .entity = applications,
       .team = store::kWrite},
      {.method = kPut,
       .pattern = "/applications/:id/deps/:on",
       .handler = put_dependency,
       .doc = "Change a dependency; needs role 7.",
       .tag = "applications",
       .entity = applications,
       .team = store::kWrite},
      {.method = kDelete,
       .pattern = "/applications/:id/deps/:on",
       .handler = remove_dependency,
       .doc = "Remove a dependency; needs role 3.",
       .tag = "applications",
       .entity = applications,
       .team = store::kAdmin},
  };
  const auto add = [&](const Relation& relation, const char* word, Handler link, Handler unlink) {
    const model::Entity* parent = model::find_entity(relation.parent);
    const std::string pattern = fmt::format("/{}/:id/{}", parent->route, word);
    out.push_back({.method = kPatch,
                   .pattern = pattern,
                   .handler = link,
                   .doc = "Link documents to it; needs role 3 on each, others are left out.",
                   .tag = parent->route,
                   .entity = parent,
                   .team = store::kWrite});
    out.push_back({.method = kDelete,
                   .pattern = pattern,
                   .handler = unlink,
                   .doc = "Unlink documents from it; needs role 3 on each, others are left out.",
                   .tag = parent->route,
                   .entity = parent,
                   .team = store::kAdmin});
  };
  using inventory::kApplicationsOfSystem, inventory::kServersOfApplication, inventory::kSystemsOfClient;
  add(kServersOfApplication, "servers", attach<kServersOfApplication>, detach<kServersOfApplication>);
  add(kApplicationsOfSystem, "applications", attach<kApplicationsOfSystem>, detach<kApplicationsOfSystem>);
  add(kSystemsOfClient, "system", attach<kSystemsOfClient>, detach<kSystemsOfClient>);
  return out;
}

}  // namespace maestro::api
