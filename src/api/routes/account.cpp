// What people keep of their own account beside its record: API tokens and sessions.
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "model/validate.h"

namespace maestro::api {
namespace {

using json::Object;
using model::Field;
using model::Need;
using model::Type;

constexpr const char* kScopes[] = {"read", "write"};
constexpr Field kNewToken[] = {
    {.name = "name",
     .doc = "What it is for.",
     .type = Type::kString,
     .need = Need::kAlways,
     .min_length = 1,
     .max_length = 100},
    {.name = "scope", .doc = "read or write.", .type = Type::kString, .need = Need::kAlways, .one_of = kScopes},
    {.name = "expires", .doc = "A date or a time when it ends.", .type = Type::kString},
    {.name = "days",
     .doc = "Instead: days until it ends.",
     .type = Type::kNumber,
     .min = 1,
     .max = 3650,
     .has_min = true},
};

Object show(const store::Accounts::Token& token) {
  return {{"_id", token.id.hex()},
          {"name", token.name},
          {"scope", token.writes ? "write" : "read"},
          {"created_at", to_iso(token.created)},
          {"expires_at", token.expires ? json::Value(to_iso(*token.expires)) : json::Value()},
          {"last_used", token.used ? json::Value(to_iso(*token.used).substr(0, 10)) : json::Value()}};
}

/// Secrets and lists of them are for nobody's cache.
Answer private_answer(int status, const Object& body) {
  Answer answer = json_answer(status, body);
  answer.headers.set("Cache-Control", "no-store");
  answer.etag = false;
  return answer;
}

Result<std::optional<Time>> end_of(const Call& call, const Object& valid) {
  const Time now = call.services.clock.now();
  Violations violations;
  std::optional<Time> out;
  if (valid.contains("expires") && valid.contains("days")) {
    violations.add("days", "must not be given together with expires", "object.oxor");
  } else if (valid.contains("expires")) {
    out = parse_iso(json::text_or(valid, "expires"));
    if (!out || *out <= now) violations.add("expires", "must be a date or a time that is yet to come", "date.greater");
  } else if (valid.contains("days")) {
    const double days = valid.at("days").to_number<double>();
    out = now + Millis(static_cast<std::int64_t>(days * 24 * 3600 * 1000));
  }
  if (!violations.empty()) return violations.error();
  return out;
}

Result<Answer> make_token(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const Object valid, model::validate_fields(kNewToken, body, true));
  TRY_ASSIGN(const auto expires, end_of(call, valid));
  TRY_ASSIGN(const auto made, call.services.api_tokens.make(call.context, json::text_or(valid, "name"),
                                                            json::text_or(valid, "scope") == "write", expires));
  Object shown = show(made.token);
  shown["token"] = made.text;
  return private_answer(201, shown);
}

Result<Answer> list_tokens(Call& call) {
  TRY_ASSIGN(const auto tokens, call.services.api_tokens.list(call.context));
  json::Array items;
  for (const auto& token : tokens) items.emplace_back(show(token));
  return private_answer(200, Object{{"items", std::move(items)}});
}

Result<Answer> revoke_token(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.api_tokens.revoke(call.context, id));
  return empty_answer(204);
}

Result<Answer> revoke_tokens(Call& call) {
  TRY(call.services.api_tokens.revoke_all(call.context));
  return empty_answer(204);
}

Result<Answer> list_sessions(Call& call) {
  TRY_ASSIGN(const auto sessions, call.services.sessions.list(call.context));
  json::Array items;
  for (const auto& one : sessions) {
    items.emplace_back(Object{{"_id", one.id.hex()},
                              {"created_at", to_iso(one.created)},
                              {"last_seen", to_iso(one.seen)},
                              {"expires_at", to_iso(one.expires)},
                              {"address", one.address},
                              {"agent", one.agent},
                              {"current", one.id == call.context.actor.session}});
  }
  return private_answer(200, Object{{"items", std::move(items)}});
}

Result<Answer> end_session(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.sessions.end(call.context, id));
  return empty_answer(204);
}

Result<Answer> end_other_sessions(Call& call) {
  TRY(call.services.sessions.end_others(call.context));
  return empty_answer(204);
}

}  // namespace

std::vector<Route> account_routes() {
  using enum http::Method;
  std::vector<Route> routes = {
      {.method = kGet, .pattern = "/tokens", .handler = list_tokens, .doc = "One's own API tokens.", .tag = "tokens"},
      {.method = kPost,
       .pattern = "/tokens",
       .handler = make_token,
       .doc = "Make an API token; it is shown this once.",
       .tag = "tokens"},
      {.method = kDelete,
       .pattern = "/tokens",
       .handler = revoke_tokens,
       .doc = "Revoke all of one's API tokens.",
       .tag = "tokens"},
      {.method = kDelete,
       .pattern = "/tokens/:id",
       .handler = revoke_token,
       .doc = "Revoke an API token, at once.",
       .tag = "tokens"},
      {.method = kGet,
       .pattern = "/sessions",
       .handler = list_sessions,
       .doc = "Where one is signed in.",
       .tag = "sessions"},
      {.method = kDelete,
       .pattern = "/sessions",
       .handler = end_other_sessions,
       .doc = "Sign out everywhere else.",
       .tag = "sessions"},
      {.method = kDelete,
       .pattern = "/sessions/:id",
       .handler = end_session,
       .doc = "End a session, at once.",
       .tag = "sessions"},
  };
  for (Route& route : routes) {
    route.original = false;
    route.person_only = true;
  }
  return routes;
}

}  // namespace maestro::api
