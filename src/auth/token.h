// Tokens: compact JWS, HS256 only.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "json/json.h"

namespace maestro::auth {

/// Signs `claims` (one JSON object) with the header {"typ":"JWT","alg":"HS256"}.
std::string sign_token(std::string_view secret, const json::Object& claims);

/// The claims of a token with a good signature. kUnauthenticated for anything else: another algorithm, a foreign
/// signature, no JSON object, `exp` in the past or `nbf` in the future (when present).
Result<json::Object> open_token(std::string_view secret, std::string_view token, Time now);

/// Reads tokens, and remembers the signatures that it has checked: a client sends one token with every request.
/// Thread-safe.
class TokenReader {
 public:
  explicit TokenReader(std::string secret) : secret_(std::move(secret)) {}
  /// As open_token().
  Result<std::shared_ptr<const json::Object>> open(std::string_view token, Time now);

 private:
  std::string secret_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const json::Object>> claims_;  ///< by the token's SHA-256
};

}  // namespace maestro::auth
