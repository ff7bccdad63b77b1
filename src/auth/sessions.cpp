#include "auth/sessions.h"

#include "auth/token.h"
#include "base/text.h"

namespace maestro::auth {
namespace {

using store::Accounts;
using store::Transaction;

constexpr Millis kSeenEvery{15 * 60 * 1000};
constexpr std::size_t kForgotten = 100;  // ended sign-ins that one new sign-in clears away
constexpr std::size_t kMaxShown = 200;   // bytes of an address or of a browser's name for itself

/// Headers may hold any bytes; stores take text.
std::string shown(std::string_view header) {
  std::string out;
  const bool plain = text::is_utf8(header);
  for (const char c : header.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !plain) ? '?' : c;
  }
  while (!out.empty() && !text::is_utf8(out)) out.pop_back();  // a character that was cut
  return out;
}

}  // namespace

json::Object session_user(const store::Document& user) {
  json::Object out{
      {"_id", user.id.hex()}, {"name", json::text_or(user.body, "name")}, {"email", json::text_or(user.body, "email")}};
  if (const auto avatar = json::text_or(user.body, "avatar"); !avatar.empty()) out["avatar"] = avatar;
  out["sub"] = user.id.hex();
  return out;
}

Sessions::Sessions(std::string secret, store::Store& store, const Clock& clock)
    : secret_(std::move(secret)), tokens_(secret_), store_(store), clock_(clock), touch_(store, clock) {}

Result<Sessions::Issued> Sessions::open(const Context& context, const store::Document& user, std::int64_t version,
                                        const Origin& origin) const {
  Issued issued{.token = {}, .user = session_user(user)};
  json::Object claims = issued.user;
  const Time now = clock_.now();
  const Accounts::Login login{.id = ObjectId::generate(),
                              .user = user.id,
                              .version = version,
                              .created = now,
                              .seen = now,
                              .expires = now + Millis(kLifetimeSeconds * 1000),
                              .address = shown(origin.address),
                              .agent = shown(origin.agent)};
  claims["use"] = "session";
  claims["iat"] = to_ms(now) / 1000;
  claims["exp"] = to_ms(now) / 1000 + kLifetimeSeconds;
  claims["ver"] = version;
  claims["sid"] = login.id.hex();
  issued.token = sign_token(secret_, claims);
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY(store_.accounts().forget_ended_logins(tx, kForgotten));
    return store_.accounts().add_login(tx, login);
  }));
  TRY_ASSIGN(const auto known, store_.accounts().by_login(context, user.id, login.id));
  issued.administrator = known && known->administrator;
  return issued;
}

Result<Actor> Sessions::authenticate(const Context& context, std::string_view token) const {
  auto actor = ask(context, token);
  if (!actor.ok()) recall_.forget(token);
  return actor;
}

Result<Actor> Sessions::ask(const Context& context, std::string_view token) const {
  TRY_ASSIGN(const auto opened, tokens_.open(token, clock_.now()));
  const json::Object& claims = *opened;
  const auto id = ObjectId::parse(json::text_or(claims, "_id"));
  if (json::text_or(claims, "use") != "session" || !id || json::text_or(claims, "sub") != json::text_or(claims, "_id"))
    return unauthenticated("The token is no session");
  const bool named = claims.contains("sid");
  const auto session = named ? ObjectId::parse(json::text_or(claims, "sid")) : ObjectId();
  if (!session || (named && !*session)) return unauthenticated("The token is no session");
  TRY_ASSIGN(const auto known, store_.accounts().by_login(context, *id, *session));
  if (!known || !known->active) return forbidden("User not found");
  const Time now = clock_.now();
  if (named) {
    const auto& login = known->login;
    if (!login || login->version != known->version || login->expires <= now)
      return unauthenticated("The session was ended");
    if (now - login->seen >= kSeenEvery)
      touch_.write([&](Transaction& tx) { return store_.accounts().touch_login(tx, *session, now); });
  } else if (!known->version || *known->version != json::int_or(claims, "ver", -1)) {
    return unauthenticated("The session was ended");
  }
  Actor actor{.principal = {Principal::Kind::kUser, *id},
              .name = known->name,
              .email = known->email,
              .user = *id,
              .administrator = known->administrator,
              .session = *session};
  Time until = from_ms(json::int_or(claims, "exp", 0) * 1000);
  if (known->login) until = std::min({until, known->login->expires, known->login->seen + kSeenEvery});
  recall_.put(token, {actor, known->stamp, until});
  return actor;
}

Result<std::vector<Accounts::Login>> Sessions::list(const Context& context) const {
  return store_.accounts().logins(context, context.actor.user, clock_.now());
}

Result<void> Sessions::end(const Context& context, const ObjectId& session) const {
  return store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const bool ended, store_.accounts().end_login(tx, context.actor.user, session));
    return ended ? Result<void>() : Result<void>(not_found("There is no such session"));
  });
}

Result<void> Sessions::end_others(const Context& context) const {
  return store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) {
    return store_.accounts().end_other_logins(tx, context.actor.user, context.actor.session);
  });
}

}  // namespace maestro::auth
