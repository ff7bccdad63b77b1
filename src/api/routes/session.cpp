#include "api/dispatch.h"
#include "api/identity.h"
#include "api/routes/people.h"
#include "api/routes/tables.h"
#include "api/services.h"

namespace maestro::api {
namespace {

std::string cookie(const Services& services, std::string_view token, std::int64_t max_age) {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kSessionCookie, token, max_age,
                     services.secure_cookie ? "; Secure" : "");
}

Result<Answer> sign_in(Call& call) {
  // Else another site could sign its visitor into an account of its own, and be given what they enter there.
  if (is_cross_site(call.request)) return forbidden("Sign in on a page of this server");
  TRY_ASSIGN(const auto issued, log_in(call));
  Answer answer = json_answer(200, json::Object{{"user", issued.user}, {"administrator", issued.administrator}});
  answer.headers.add("Set-Cookie", cookie(call.services, issued.token, auth::Sessions::kLifetimeSeconds));
  answer.headers.set("Cache-Control", "no-store");
  answer.etag = false;
  return answer;
}

Result<Answer> show(Call& call) {
  static const model::Entity& users = *model::find_entity("users");
  TRY_ASSIGN(const auto view, call.services.inventory.get(call.context, users, call.context.actor.user));
  Answer answer = json_answer(200, json::Object{{"user", auth::session_user(view.document)},
                                                {"administrator", call.context.actor.administrator}});
  answer.headers.set("Cache-Control", "no-store");
  return answer;
}

/// Also for whom no session counts any more: the cookie goes in any case.
Result<Answer> sign_out(Call& call) {
  if (auto actor = identify(call); actor.ok() && actor->session) {
    call.context.actor = std::move(*actor);
    if (auto ended = call.services.sessions.end(call.context, call.context.actor.session);
        !ended.ok() && ended.error().code != Code::kNotFound)
      return std::move(ended).error();
  }
  Answer answer = empty_answer(204);
  answer.headers.add("Set-Cookie", cookie(call.services, "", 0));
  return answer;
}

}  // namespace

std::vector<Route> session_routes() {
  using enum http::Method;
  return {
      {.method = kPost,
       .pattern = "/session",
       .auth = Auth::kPublic,
       .handler = sign_in,
       .doc = "Sign in; the session travels in a cookie that no script can read.",
       .pool = Pool::kPassword,
       .tag = "session"},
      {.method = kGet,
       .pattern = "/session",
       .handler = show,
       .doc = "Who is signed in.",
       .original = false,
       .tag = "session"},
      {.method = kDelete,
       .pattern = "/session",
       .auth = Auth::kPublic,
       .handler = sign_out,
       .doc = "Sign out.",
       .original = false,
       .tag = "session"},
  };
}

}  // namespace maestro::api
