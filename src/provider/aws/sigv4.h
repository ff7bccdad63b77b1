// Signature Version 4: proves to AWS that a request comes from the holder of a key. Pure; no I/O, no clock.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace maestro::provider::aws {

struct Keys {
  std::string access, secret;
  std::string token;  ///< of temporary credentials; empty otherwise
};

/// What is signed. Header names may have any case; `host` must be among them.
struct SigningInput {
  std::string method;
  std::string path;   ///< as sent: percent-encoded or raw, with or without dot segments
  std::string query;  ///< without '?'; as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

struct Scope {
  std::string region, service;
  Time time;
  bool normalize_path = true;  ///< false for S3 alone
};

/// "20150830T123600Z"
std::string amz_date(Time time);
/// The text whose digest is signed; for tests and for comparing with a provider's complaint.
std::string canonical_request(const SigningInput& input, const Scope& scope, std::string_view payload_hash);
/// Adds x-amz-date, x-amz-security-token (when there is one) and Authorization to the headers.
void sign(SigningInput& input, const Keys& keys, const Scope& scope);
/// The query with which anybody may send this request to S3 for `seconds` from scope.time: the input's own query, the
/// X-Amz parameters and the signature. The sender must send the input's headers as they are; any body goes.
std::string presigned_query(const SigningInput& input, const Keys& keys, const Scope& scope, int seconds);

}  // namespace maestro::provider::aws
