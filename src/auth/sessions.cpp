#include "auth/sessions.h"

#include "auth/token.h"

namespace maestro::auth {

json::Object session_user(const store::Document& user) {
  json::Object out{
      {"_id", user.id.hex()}, {"name", json::text_or(user.body, "name")}, {"email", json::text_or(user.body, "email")}};
  if (const auto avatar = json::text_or(user.body, "avatar"); !avatar.empty()) out["avatar"] = avatar;
  out["sub"] = user.id.hex();
  return out;
}

Sessions::Sessions(std::string secret, store::Store& store, const Clock& clock)
    : secret_(std::move(secret)), store_(store), clock_(clock) {}

Sessions::Issued Sessions::issue(const store::Document& user, std::int64_t version) const {
  Issued issued{.token = {}, .user = session_user(user)};
  json::Object claims = issued.user;
  const auto now = to_ms(clock_.now()) / 1000;
  claims["use"] = "session";
  claims["iat"] = now;
  claims["exp"] = now + kLifetimeSeconds;
  claims["ver"] = version;
  issued.token = sign_token(secret_, claims);
  return issued;
}

Result<Actor> Sessions::authenticate(const Context& context, std::string_view token) const {
  TRY_ASSIGN(const json::Object claims, open_token(secret_, token, clock_.now()));
  const auto id = ObjectId::parse(json::text_or(claims, "_id"));
  if (json::text_or(claims, "use") != "session" || !id || json::text_or(claims, "sub") != json::text_or(claims, "_id"))
    return unauthenticated("The token is no session");
  static const model::Entity& users = *model::find_entity("users");
  TRY_ASSIGN(const auto user, store_.documents().find(context, users, *id));
  if (!user || !user->active) return forbidden("User not found");
  TRY_ASSIGN(const auto credential, store_.vault().credential(context, *id));
  if (!credential || credential->version != json::int_or(claims, "ver", -1))
    return unauthenticated("The session was ended");
  return Actor{.principal = {Principal::Kind::kUser, *id},
               .name = std::string(json::text_or(user->body, "name")),
               .email = std::string(json::text_or(user->body, "email")),
               .user = *id,
               .run = {}};
}

}  // namespace maestro::auth
