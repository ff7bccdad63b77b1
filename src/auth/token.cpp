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

constexpr std::size_t kMaxToken = 16'384;  // bytes
constexpr std::size_t kMaxKnown = 1000;    // tokens that are remembered

/// Whatever the time is.
Result<json::Object> signed_claims(std::string_view secret, std::string_view token) {
  if (token.size() > kMaxToken) return refused();
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
  return std::move(claims->get_object());
}

bool are_current(const json::Object& claims, Time now) {
  const std::int64_t whole = to_ms(now) / 1000;
  const auto seconds = static_cast<double>(whole);
  for (const char* name : {"exp", "nbf"}) {
    const json::Value* value = claims.if_contains(name);
    if (value == nullptr) continue;
    if (!value->is_number()) return false;
    const auto at = value->to_number<double>();
    if (name[0] == 'e' ? seconds >= at : seconds < at) return false;
  }
  return true;
}

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
  TRY_ASSIGN(json::Object claims, signed_claims(secret, token));
  if (!are_current(claims, now)) return refused();
  return claims;
}

Result<std::shared_ptr<const json::Object>> TokenReader::open(std::string_view token, Time now) {
  const std::string key = crypto::sha256(token);
  std::shared_ptr<const json::Object> claims;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = claims_.find(key); known != claims_.end()) claims = known->second;
  }
  if (!claims) {
    TRY_ASSIGN(json::Object fresh, signed_claims(secret_, token));
    claims = std::make_shared<const json::Object>(std::move(fresh));
    const std::scoped_lock lock(mutex_);
    if (claims_.size() >= kMaxKnown) claims_.clear();
    claims_.emplace(key, claims);
  }
  if (!are_current(*claims, now)) return refused();
  return claims;
}

}  // namespace maestro::auth
