// A forgotten password: a mail with a link, and the change that the link allows.
#include "api/recovery.h"

#include "api/routes/tables.h"
#include "api/services.h"
#include "base/log.h"
#include "base/text.h"
#include "model/validate.h"

namespace maestro::api {
namespace {

using json::Object;
using model::Field;
using model::Need;
using model::Type;

constexpr Field kAsk[] = {
    {.name = "email", .doc = "Mail address of the account.", .type = Type::kEmail, .need = Need::kAlways},
    {.name = "callback_url",
     .doc = "Page that takes the token.",
     .type = Type::kString,
     .need = Need::kAlways,
     .max_length = 2000},
};
constexpr Field kChange[] = {
    {.name = "token", .doc = "From the link.", .type = Type::kString, .need = Need::kAlways, .min_length = 4},
    {.name = "password",
     .doc = "New password.",
     .type = Type::kString,
     .need = Need::kAlways,
     .min_length = 4,
     .max_length = 30},
};

/// Counts a try against a key; kThrottled when there were too many in the last minute.
Result<void> count_try(Services& services, const std::string& key) {
  if (const long long wait = services.login_limiter.wait_ms(key); wait > 0)
    return Error{.code = Code::kThrottled,
                 .message = "Too many tries to recover a password; wait before the next one",
                 .retry_after_ms = wait};
  services.login_limiter.failed(key);
  return {};
}

Result<Answer> probe(Call&) { return json_answer(200, Object{}); }

Result<Answer> ask(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const Object valid, model::validate_fields(kAsk, body, false));
  const Recovery& recovery = call.services.recovery;
  const std::string_view callback(valid.at("callback_url").get_string());
  const std::string_view email(valid.at("email").get_string());
  const auto origin = origin_of(callback);
  if (!origin) return model::violation("callback_url", "must be a valid uri", "string.uri");
  // Whoever can name any page has a token mailed that opens somebody else's account to that page.
  if (std::find(recovery.origins.begin(), recovery.origins.end(), *origin) == recovery.origins.end())
    return model::violation("callback_url", "must be on an allowed origin", "any.allowOnly");
  // Every try counts, for the address as well: nobody's mailbox is flooded from many machines.
  TRY(count_try(call.services, "recovery from " + auth::client_of(call.request.peer)));
  TRY(count_try(call.services, "recovery of " + text::lower(email)));
  TRY_ASSIGN(const auto user, call.services.store.accounts().with_email(call.context, email));
  if (!user) return forbidden("You not authorize to do this!");
  TRY_ASSIGN(const auto credential, call.services.store.vault().credential(call.context, user->id));
  if (!credential) return forbidden("You not authorize to do this!");
  if (recovery.mailer == nullptr) {
    Answer answer =
        json_answer(500, Object{{"err", "Maestro: SMTP is not connected, maestro is not able to send any email."}});
    answer.etag = false;
    return answer;
  }
  const std::string token = make_recovery_token(recovery, *user, *credential, call.services.clock.now());
  // To the address that is stored, which may differ from what was asked in the case of its letters.
  const auto sent = recovery.mailer->send(
      call.context, recovery_mail(std::string(json::text_or(user->body, "email")), recovery_link(callback, token)));
  if (!sent.ok()) return internal(sent.error().message);
  log::info("a recovery mail was sent", {{"request_id", call.request.request_id}, {"user", user->id.hex()}});
  return empty_answer(204);
}

Result<Answer> change(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const Object valid, model::validate_fields(kChange, body, false));
  Services& services = call.services;
  const std::string_view token(valid.at("token").get_string());
  TRY(count_try(services, "recovery change from " + auth::client_of(call.request.peer)));
  static const model::Entity& users = *model::find_entity("users");
  const Time now = services.clock.now();
  TRY_ASSIGN(const ObjectId id, recovery_user(services.recovery, token, now));
  const std::string hash = auth::hash_password(valid.at("password").get_string(), services.password_cost);
  // Looked at again where nobody else can write: of two changes with one token the second finds another state.
  TRY(services.store.write(call.context, store::Store::Priority::kInteractive,
                           [&](store::Transaction& tx) -> Result<void> {
                             TRY_ASSIGN(const auto user, services.store.documents().find(tx, users, id));
                             if (!user || !user->active) return forbidden("User not found");
                             TRY_ASSIGN(const auto credential, services.store.vault().credential(call.context, id));
                             if (!credential || !is_current(services.recovery, token, *user, *credential, now)) {
                               Error used = conflict("The link was used, or the password has changed since");
                               used.details_json = "{}";
                               return used;
                             }
                             return services.store.vault().set_credential(tx, id, hash, true);
                           }));
  log::info("a password was recovered", {{"request_id", call.request.request_id}, {"user", id.hex()}});
  return empty_answer(204);
}

}  // namespace

std::vector<Route> recovery_routes() {
  using enum http::Method;
  return {
      {.method = kGet,
       .pattern = "/users/forgot",
       .auth = Auth::kPublic,
       .handler = probe,
       .doc = "Nothing; the word is no id of a person.",
       .tag = "users"},
      {.method = kPost,
       .pattern = "/users/forgot",
       .auth = Auth::kPublic,
       .handler = ask,
       .doc = "Mail a link with which the password can be changed.",
       .pool = Pool::kMail,
       .success = 204,
       .tag = "users"},
      {.method = kPut,
       .pattern = "/users/forgot/change",
       .auth = Auth::kPublic,
       .handler = change,
       .doc = "Change the password with the token of such a link; ends all sessions.",
       .pool = Pool::kPassword,
       .success = 204,
       .tag = "users"},
  };
}

}  // namespace maestro::api
