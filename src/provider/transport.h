// Transport: one HTTP exchange with a provider. Port: the real one is curl; tests replay recorded answers.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/result.h"

namespace maestro::provider {

struct HttpCall {
  std::string method = "GET";
  std::string url = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< names in lower case
  std::string body = {};
  const std::string* header(std::string_view lower_name) const;
};

/// Thread-safe. send() blocks until the answer is whole, the context's deadline or stop, or a time-out.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Any status is a success here. kUnavailable: could not connect, cut off, timed out, too large. kForbidden: the
  /// egress guard.
  virtual Result<HttpAnswer> send(const Context& context, const HttpCall& call) = 0;
};

/// Which addresses user-given URLs may reach: everything but loopback, link-local, unspecified, multicast and metadata
/// addresses, unless a rule of `allow` (comma-separated host, address, CIDR; each with optional :port; "*") names them.
/// Checked against the address that the socket really connects to, so DNS cannot get around it.
struct EgressOptions {
  std::string allow = {};
  long connect_timeout_ms = 10'000;
  long total_timeout_ms = 60'000;
  std::size_t max_answer = 64U << 20;
};

/// kInvalid when `allow` has a malformed rule.
Result<std::unique_ptr<Transport>> make_curl_transport(EgressOptions options);

}  // namespace maestro::provider
