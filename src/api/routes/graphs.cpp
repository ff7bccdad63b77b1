// Graphs: documents that the analytics engine draws, and the tokens of their public links (spec of the server API,
// 6.10).
#include "api/preconditions.h"
#include "api/routes/engines.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "auth/token.h"
#include "model/validate.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;
using store::Document;
using store::Transaction;

constexpr model::Field kPublic[] = {
    {.name = "public", .doc = "Whether the public link works.", .type = model::Type::kBoolean, .fallback = "true"}};

const model::Entity& graphs() {
  static const model::Entity& entity = *model::find_entity("graphs");
  return entity;
}

Result<Answer> draw(const Call& call, const Document& graph, int status) {
  Object body{{"owner_id", call.context.actor.principal.id.hex()}, {"_id", graph.id.hex()}};
  for (const char* name : {"clients", "systems", "apps", "type"})
    if (const Value* value = graph.body.if_contains(name)) body[name] = *value;
  return ask_engine(call, siblings::Service::kAnalytics, "/graph", body, status);
}

Result<void> wait_for_engine(Transaction&, const Document*, Document& after) {
  after.body["status"] = "process";
  return {};
}

Result<Answer> create(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto view, call.services.inventory.create(call.context, graphs(), body, wait_for_engine));
  return draw(call, view.document, 201);
}

Result<Answer> put(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto view,
             call.services.inventory.put(call.context, graphs(), id, body, wait_for_engine, expected(call)));
  return draw(call, view.document, 202);
}

Result<Answer> make_public(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object sent, call.object());
  TRY_ASSIGN(const Object body, model::validate_fields(kPublic, sent, false));
  TRY(call.services.inventory.patch(call.context, graphs(), id, {{"spublic", body.at("public")}}, {}, expected(call)));
  const auto now = to_ms(call.services.clock.now());
  const Object claims{{"name", "graphs"}, {"id", id.hex()}, {"timestamp", now}};
  Answer answer = json_answer(
      201,
      Object{{"id", id.hex()}, {"token", auth::sign_token(call.services.public_secret, claims)}, {"timestamp", now}});
  answer.headers.set("Cache-Control", "no-store");
  return answer;
}

}  // namespace

std::vector<Route> graph_routes() {
  using enum http::Method;
  return {
      {.method = kPost,
       .pattern = "/graphs",
       .handler = create,
       .doc = "Store a graph and have it drawn; answers what the analytics engine says.",
       .tag = "graphs",
       .entity = &graphs(),
       .team = store::kWrite},
      {.method = kPut,
       .pattern = "/graphs/:id",
       .handler = put,
       .doc = "Replace a graph and have it drawn again; needs role 3.",
       .tag = "graphs",
       .entity = &graphs(),
       .team = store::kWrite},
      {.method = kPost,
       .pattern = "/graphs/:id/public",
       .handler = make_public,
       .doc = "Open or close the public link of a graph; answers its token. Needs role 3.",
       .tag = "graphs",
       .entity = &graphs(),
       .team = store::kWrite},
  };
}

}  // namespace maestro::api
