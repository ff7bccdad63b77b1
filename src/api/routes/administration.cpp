// Who administers the instance, and who may make an account on it.
#include "api/identity.h"
#include "api/routes/registration.h"
#include "api/routes/tables.h"
#include "api/services.h"

namespace maestro::api {
namespace {

using json::Object;
using Administrator = auth::Administrators::Administrator;

Result<void> check_administrator(const Call& call) {
  return call.context.actor.administrator ? Result<void>()
                                          : Result<void>(forbidden("This is for administrators of the instance"));
}

Object show(const Administrator& one) {
  return {{"_id", one.user.hex()}, {"name", one.name}, {"email", one.email}, {"since", to_iso(one.since)}};
}

Result<Administrator> find(Call& call, const ObjectId& id) {
  TRY_ASSIGN(const auto all, call.services.administrators.list(call.context));
  for (const Administrator& one : all)
    if (one.user == id) return one;
  return not_found("This person is no administrator");
}

Result<Answer> list(Call& call) {
  TRY(check_administrator(call));
  TRY_ASSIGN(const auto all, call.services.administrators.list(call.context));
  json::Array items;
  for (const Administrator& one : all) items.emplace_back(show(one));
  return json_answer(200, Object{{"items", std::move(items)}});
}

Result<Answer> one(Call& call) {
  TRY(check_administrator(call));
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Administrator found, find(call, id));
  return json_answer(200, show(found));
}

Result<Answer> appoint(Call& call) {
  TRY(check_administrator(call));
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const bool is_new, call.services.administrators.appoint(call.context, id));
  TRY_ASSIGN(const Administrator found, find(call, id));
  return json_answer(is_new ? 201 : 200, show(found));
}

Result<Answer> dismiss(Call& call) {
  TRY(check_administrator(call));
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.administrators.dismiss(call.context, id));
  return empty_answer(204);
}

Result<Answer> registration(Call& call) {
  bool open = call.services.registration_open;
  if (!open) {
    TRY_ASSIGN(const bool any, call.services.store.accounts().any(call.context));
    open = !any;
  }
  Answer answer = json_answer(200, Object{{"open", open}});
  answer.headers.set("Cache-Control", "no-store");
  return answer;
}

Error closed() { return forbidden("You not authorize to do this!"); }

}  // namespace

Result<void> admit(Call& call) {
  if (const auto actor = identify(call); actor.ok() && actor->administrator && !actor->reads_only) {
    call.context.actor = *actor;
    return {};
  }
  auth::Limiter& limiter = call.services.sign_up_limiter;
  const std::string client = auth::client_of(call.request.peer);
  if (const long long wait = limiter.wait_ms(client); wait > 0) {
    return Error{.code = Code::kThrottled,
                 .message = "Too many accounts were asked for from here; wait before the next try",
                 .retry_after_ms = wait};
  }
  limiter.failed(client);
  if (call.services.registration_open) return {};
  TRY_ASSIGN(const bool any, call.services.store.accounts().any(call.context));
  return any ? Result<void>(closed()) : Result<void>();
}

Result<bool> admit_in(const Call& call, store::Transaction& tx) {
  TRY_ASSIGN(const bool any, call.services.store.accounts().any(tx));
  if (any && !call.services.registration_open && !call.context.actor.administrator) return closed();
  return !any;
}

std::vector<Route> administration_routes() {
  using enum http::Method;
  std::vector<Route> routes = {
      {.method = kGet, .pattern = "/administrators", .handler = list, .doc = "Who administers this instance."},
      {.method = kGet, .pattern = "/administrators/:id", .handler = one, .doc = "One administrator."},
      {.method = kPut,
       .pattern = "/administrators/:id",
       .handler = appoint,
       .doc = "Make a person an administrator.",
       .success = 201,
       .person_only = true},
      {.method = kDelete,
       .pattern = "/administrators/:id",
       .handler = dismiss,
       .doc = "Take administration away, at once; the last one stays.",
       .person_only = true},
      {.method = kGet,
       .pattern = "/registration",
       .auth = Auth::kPublic,
       .handler = registration,
       .doc = "Whether anybody may sign up."},
  };
  for (Route& route : routes) {
    route.original = false;
    route.tag = "administration";
  }
  return routes;
}

}  // namespace maestro::api
