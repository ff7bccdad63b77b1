// Session: one provider's way of asking, hidden from paging and translation. One implementation a provider.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "provider/limiter.h"
#include "provider/pack.h"
#include "provider/provider.h"
#include "provider/translate.h"
#include "provider/transport.h"

namespace maestro::provider {

/// One question.
struct Ask {
  const Shape* shape = nullptr;
  const Request* request = nullptr;
  Params params;                                    ///< replace or follow those of the request
  std::string region;                               ///< region id
  std::string key;                                  ///< for "{key}" in the path
  const std::vector<std::string>* needs = nullptr;  ///< permissions, for the message of a refusal
};

struct Reply {
  json::Value answer;  ///< shaped
  std::optional<Error> error;
  std::string code;      ///< the provider's own word for the error
  bool reached = false;  ///< an answer came back, whatever it said
};

/// Thread-safe.
class Session {
 public:
  virtual ~Session() = default;
  /// One try: signs in when needed, sends, classifies. Repeats itself only to mend its own state (token, clock).
  virtual Reply ask(const Context& context, const Ask& ask) = 0;
  /// The regions that "all" stands for.
  virtual Result<std::vector<std::string>> all_regions(const Context& context) = 0;
  /// Which installation this is, for ids that are unique only there.
  virtual std::string cloud() const = 0;
  /// Reads one short page of a resource; the error says what is missing.
  using Probe = std::function<Result<void>(const Context&, const Resource&, const std::string& region)>;
  virtual TestReport test(const Context& context, std::span<const Resource* const> resources, const Probe& probe) = 0;
};

/// Asks through the limits of the account and repeats what may pass: throttling, 5xx, the network. Thread-safe.
class Courier {
 public:
  Courier(Session& session, Limiter& limiter, const CloudsOptions& options)
      : session_(session), limiter_(limiter), options_(options) {}
  Reply ask(const Context& context, const Ask& ask);

 private:
  Session& session_;
  Limiter& limiter_;
  CloudsOptions options_;
};

/// The parameters of a question: the request's, each replaced by one of the same name in `extra`, then the rest of
/// `extra`.
Params merge_params(const Params& base, const Params& extra);
/// Milliseconds of a Retry-After header (seconds or a date); 0 = none.
long long retry_after_ms(const HttpAnswer& answer, Time now);
/// "Tue, 25 Nov 2026 03:00:00 GMT"
std::optional<Time> parse_http_date(std::string_view text);
/// First word of a stored region: "us-east-1 (N. Virginia)" -> "us-east-1"; empty for "all" and "".
std::string region_id(std::string_view stored);
/// A provider's text for a message of ours: one line, at most 300 bytes, no control characters.
std::string one_line(std::string_view text);

std::unique_ptr<Session> make_aws_session(const Connection& connection, Transport& transport);
std::unique_ptr<Session> make_openstack_session(const Connection& connection, Transport& transport);

}  // namespace maestro::provider
