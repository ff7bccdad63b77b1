#include "auth/token.h"

#include <jwt.h>

#include <cstdlib>
#include <memory>

#include "base/crypto.h"
#include "base/text.h"

namespace maestro::auth {
namespace {

using Jwt = std::unique_ptr<jwt_t, decltype(&jwt_free)>;

Error refused() { return unauthenticated("The token is not valid"); }
const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

// Written here and not by libjwt: that orders header and claims by name, and the original's clients get them in this
// order.
std::string sign_token(std::string_view secret, const json::Object& claims) {
  std::string token =
      text::to_base64url(R"({"typ":"JWT","alg":"HS256"})") + "." + text::to_base64url(json::write(claims));
  const std::string signature = text::to_base64url(crypto::hmac_sha256(secret, token));
  return token + "." + signature;
}

Result<json::Object> open_token(std::string_view secret, std::string_view token, Time now) {
  if (token.size() > 16'384) return refused();
  jwt_t* opened = nullptr;
  if (jwt_decode(&opened, std::string(token).c_str(), raw(secret), static_cast<int>(secret.size())) != 0)
    return refused();
  const Jwt jwt(opened, jwt_free);
  // An unsigned token decodes too: the algorithm is pinned here.
  if (jwt_get_alg(opened) != JWT_ALG_HS256) return refused();
  const std::unique_ptr<char, decltype(&std::free)> grants(jwt_get_grants_json(opened, nullptr), std::free);
  if (!grants) return refused();
  auto claims = json::parse(grants.get());
  if (!claims.ok() || !claims->is_object()) return refused();
  const json::Object& object = claims->get_object();
  const auto seconds = to_ms(now) / 1000;
  for (const char* name : {"exp", "nbf"}) {
    const json::Value* value = object.if_contains(name);
    if (value == nullptr) continue;
    if (!value->is_number()) return refused();
    const auto at = value->to_number<double>();
    if (name[0] == 'e' ? static_cast<double>(seconds) >= at : static_cast<double>(seconds) < at) return refused();
  }
  return object;
}

}  // namespace maestro::auth
