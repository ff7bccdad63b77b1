// Tokens: compact JWS, HS256 only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "json/json.h"

namespace maestro::auth {

/// Signs `claims` (one JSON object) with the header {"typ":"JWT","alg":"HS256"}.
std::string sign_token(std::string_view secret, const json::Object& claims);

/// The claims of a token with a good signature. kUnauthenticated for anything else: another algorithm, a foreign
/// signature, no JSON object, `exp` in the past or `nbf` in the future (when present).
Result<json::Object> open_token(std::string_view secret, std::string_view token, Time now);

}  // namespace maestro::auth
