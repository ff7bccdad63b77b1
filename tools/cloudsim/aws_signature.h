// Signature Version 4 from the server's side: written from the published rules, apart from the product's signer, so
// that the two check each other.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace maestro::cloudsim {

struct SignatureCheck {
  enum class Outcome {
    kOk,
    kMissing,     ///< no Authorization at all
    kIncomplete,  ///< an Authorization that lacks a part; `detail` names it
    kUnknownKey,
    kExpired,   ///< older than five minutes
    kNotYet,    ///< more than five minutes ahead
    kMismatch,  ///< `detail` has the canonical request that was expected
  };
  Outcome outcome = Outcome::kMissing;
  std::string access, date, region, service;  ///< of the credential scope, as far as it was read
  std::string detail;
};

SignatureCheck check_signature(const http::Request& request, std::string_view access, std::string_view secret,
                               Time now);

}  // namespace maestro::cloudsim
