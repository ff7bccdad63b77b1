#include "api/routes/people.h"

#include "api/as_of.h"
#include "api/list_query.h"
#include "api/preconditions.h"
#include "api/routes/answers.h"
#include "api/routes/registration.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "base/text.h"
#include "inventory/provenance.h"
#include "model/validate.h"
#include "store/projection.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;
using model::Field;
using model::Need;
using model::Type;

constexpr Field kLogin[] = {
    {.name = "email", .doc = "Mail address.", .type = Type::kEmail, .need = Need::kAlways},
    {.name = "password",
     .doc = "Password.",
     .type = Type::kString,
     .need = Need::kAlways,
     .min_length = 4,
     .max_length = 30},
};
constexpr Field kNewPassword[] = {
    {.name = "email", .doc = "Mail address.", .type = Type::kEmail, .need = Need::kAlways},
    {.name = "password",
     .doc = "Present password.",
     .type = Type::kString,
     .need = Need::kAlways,
     .min_length = 4,
     .max_length = 30},
    {.name = "newpass",
     .doc = "New password.",
     .type = Type::kString,
     .need = Need::kAlways,
     .min_length = 4,
     .max_length = 30},
};

const model::Entity& users() {
  static const model::Entity& entity = *model::find_entity("users");
  return entity;
}

Error taken(std::string_view email) {
  Error error = conflict("This mail address has an account already");
  error.details_json = json::write(Value(json::Array{Object{{"failed", email}}}));
  return error;
}

Result<std::vector<store::Document>> with_email(store::Transaction& tx, Services& services, std::string_view email) {
  return services.store.documents().find_value(tx, users(), std::nullopt, "email", email, true, 2);
}

/// Present password of `email`, against the limiter. nullopt = wrong.
Result<std::optional<std::pair<store::Document, store::Vault::Credential>>> check_password(Call& call,
                                                                                           std::string_view email,
                                                                                           std::string_view password) {
  const std::string client = auth::client_of(call.request.peer), key = text::lower(email) + " " + client;
  auth::Limiter &of_login = call.services.login_limiter, &of_client = call.services.client_limiter;
  if (const long long wait = std::max(of_login.wait_ms(key), of_client.wait_ms(client)); wait > 0)
    return Error{.code = Code::kThrottled,
                 .message = "Too many failed logins; wait before the next try",
                 .retry_after_ms = wait};
  std::optional<std::pair<store::Document, store::Vault::Credential>> found;
  TRY_ASSIGN(auto user, call.services.store.accounts().with_email(call.context, email));
  if (user) {
    TRY_ASSIGN(auto credential, call.services.store.vault().credential(call.context, user->id));
    if (credential) found.emplace(std::move(*user), std::move(*credential));
  }
  bool good = false;
  if (found) {
    good = auth::verify_password(found->second.hash, password);
    // A hash of the original is tested in no time: that must not tell whose account was moved in.
    if (!good && auth::needs_upgrade(found->second.hash, call.services.password_cost))
      auth::waste_time(password, call.services.password_cost);
  } else {
    auth::waste_time(password, call.services.password_cost);
  }
  if (!good) {
    if (of_login.failed(key) == 1) of_client.failed(client);
    return std::optional<std::pair<store::Document, store::Vault::Credential>>();
  }
  return found;
}

Result<Answer> sign_up(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY(admit(call));
  const std::string email(json::text_or(body, "email"));
  // As the original: a taken address wins over other mistakes in the body.
  if (!email.empty()) {
    TRY_ASSIGN(const auto known, call.services.store.accounts().with_email(call.context, email));
    if (known) return taken(email);
  }
  TRY_ASSIGN(const Object valid, model::validate(users(), body, {.mode = model::Mode::kCreate}));
  const std::string hash = auth::hash_password(valid.at("password").get_string(), call.services.password_cost);
  bool first = false;
  TRY_ASSIGN(const auto view,
             call.services.inventory.create(
                 call.context, users(), body,
                 [&](store::Transaction& tx, const store::Document*, store::Document& after) -> Result<void> {
                   TRY_ASSIGN(first, admit_in(call, tx));
                   TRY_ASSIGN(const auto same, with_email(tx, call.services, email));
                   if (!same.empty()) return taken(email);
                   after.owner = {};
                   after.body.erase("password");
                   return call.services.store.vault().set_credential(tx, after.id, hash, false);
                 },
                 [&](store::Transaction& tx, const inventory::View& made) {
                   return call.services.administrators.welcome(tx, made.document, first);
                 }));
  return whole_answer(call, 201, view);
}

Result<Answer> log_in_original(Call& call) {
  TRY_ASSIGN(const auto issued, log_in(call));
  Answer answer = json_answer(200, Object{{"token", issued.token}, {"user", issued.user}});
  answer.headers.set("Cache-Control", "no-store");
  answer.etag = false;
  return answer;
}

Result<Answer> change_password(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const Object valid, model::validate_fields(kNewPassword, body, false));
  // The address must be the signed-in person's own: their password is the one that changes.
  if (!text::iequals(valid.at("email").get_string(), call.context.actor.email))
    return forbidden("Invalid username or password");
  TRY_ASSIGN(const auto checked,
             check_password(call, valid.at("email").get_string(), valid.at("password").get_string()));
  if (!checked || checked->first.id != call.context.actor.user) return forbidden("Invalid username or password");
  const std::string hash = auth::hash_password(valid.at("newpass").get_string(), call.services.password_cost);
  TRY(call.services.store.write(call.context, store::Store::Priority::kInteractive, [&](store::Transaction& tx) {
    return call.services.store.vault().set_credential(tx, call.context.actor.user, hash, true);
  }));
  Answer answer = json_answer(201, Object{});
  answer.etag = false;
  return answer;
}

Result<Answer> me(Call& call) {
  TRY(refuse_as_of(call));
  TRY_ASSIGN(const auto view, call.services.inventory.get(call.context, users(), call.context.actor.user));
  return one_answer(call, view.document, store::single_object(view.document, *view.access, true, true));
}

Result<Answer> patch_me(Call& call) {
  TRY_ASSIGN(Object body, call.object());
  body.erase("password");
  const std::string email(json::text_or(body, "email"));
  TRY_ASSIGN(const auto patched,
             call.services.inventory.patch(
                 call.context, users(), call.context.actor.user, body,
                 [&](store::Transaction& tx, const store::Document*, store::Document&) -> Result<void> {
                   if (email.empty()) return {};
                   // Also the own, unchanged address is refused: clients of the original rely on it.
                   TRY_ASSIGN(const auto same, with_email(tx, call.services, email));
                   return same.empty() ? Result<void>() : Result<void>(taken(email));
                 },
                 expected(call)));
  const Object single = store::single_object(patched.view.document, *patched.view.access, false, false);
  Object answer;
  for (const std::string& name : patched.fields)
    if (const Value* value = single.if_contains(name)) answer[name] = *value;
  answer["_id"] = call.context.actor.user.hex();
  answer["user"] = Object{{"_id", call.context.actor.user.hex()}, {"email", call.context.actor.email}};
  return tagged(call, json_answer(202, answer), patched.view.document);
}

Result<Answer> delete_me(Call& call) {
  const ObjectId user = call.context.actor.user;
  TRY(call.services.inventory.remove(
      call.context, users(), user,
      [&](store::Transaction& tx, const store::Document*, store::Document&) {
        return call.services.administrators.farewell(tx, user);
      },
      expected(call)));
  return empty_answer(204);
}

Result<Answer> list(Call& call) { return list_entity(call, users()); }

Result<Answer> one(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(refuse_as_of(call));
  TRY_ASSIGN(const auto view, call.services.inventory.get(call.context, users(), id));
  Object single = store::single_object(view.document, *view.access, true, true);
  // Telephone and address are for oneself.
  if (id != call.context.actor.user)
    for (const char* name : {"phone", "address", "city", "country"}) single.erase(name);
  TRY_ASSIGN(Answer answer, one_answer(call, view.document, std::move(single)));
  // The two faces of one revision must not be taken for each other by a browser that two people use.
  if (id != call.context.actor.user) answer.headers.erase("ETag");
  return answer;
}

}  // namespace

Result<auth::Sessions::Issued> log_in(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const Object valid, model::validate_fields(kLogin, body, false));
  const std::string_view password(valid.at("password").get_string());
  TRY_ASSIGN(const auto checked, check_password(call, valid.at("email").get_string(), password));
  if (!checked) return forbidden("Invalid username or password");
  const store::Document& user = checked->first;
  const store::Vault::Credential& credential = checked->second;
  if (auth::needs_upgrade(credential.hash, call.services.password_cost)) {
    const std::string hash = auth::hash_password(password, call.services.password_cost);
    TRY(call.services.store.write(
        call.context, store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
          // A password that was changed meanwhile stays changed.
          TRY_ASSIGN(const auto present, call.services.store.vault().credential(call.context, user.id));
          if (!present || present->hash != credential.hash) return {};
          return call.services.store.vault().set_credential(tx, user.id, hash, false);
        }));
  }
  const std::string* agent = call.request.headers.find("User-Agent");
  return call.services.sessions.open(call.context, user, credential.version,
                                     {.address = call.request.peer, .agent = agent == nullptr ? "" : *agent});
}

std::vector<Route> people_routes() {
  using enum http::Method;
  std::vector<Route> routes = {
      {.method = kGet, .pattern = "/users", .handler = list, .doc = "People who have an account.", .tag = "users"},
      {.method = kPost,
       .pattern = "/users",
       .auth = Auth::kPublic,
       .handler = sign_up,
       .doc = "Make an account.",
       .pool = Pool::kPassword,
       .tag = "users"},
      {.method = kPost,
       .pattern = "/users/auth",
       .auth = Auth::kPublic,
       .handler = log_in_original,
       .doc = "Log in; answers the session token.",
       .pool = Pool::kPassword,
       .tag = "users"},
      {.method = kPatch,
       .pattern = "/users/auth/pass",
       .handler = change_password,
       .doc = "Change one's password; ends all sessions.",
       .pool = Pool::kPassword,
       .person_only = true,
       .tag = "users"},
      {.method = kGet, .pattern = "/users/:id", .handler = one, .doc = "One person.", .tag = "users"},
      {.method = kGet, .pattern = "/me", .handler = me, .doc = "The signed-in person.", .tag = "users"},
      {.method = kPatch,
       .pattern = "/me",
       .handler = patch_me,
       .doc = "Change one's own record.",
       .person_only = true,
       .tag = "users"},
      {.method = kDelete,
       .pattern = "/me",
       .handler = delete_me,
       .doc = "Delete one's own account.",
       .person_only = true,
       .tag = "users"},
  };
  for (Route& route : routes)
    if (route.pattern == "/users" || route.pattern == "/users/:id") route.entity = &users();
  return routes;
}

}  // namespace maestro::api
