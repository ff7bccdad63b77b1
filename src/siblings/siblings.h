// Siblings: the services that the original split off (discovery, reports, analytics, audit), where one of them runs
// elsewhere: the exact calls of the spec of the server API, 12.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/context.h"
#include "base/result.h"
#include "json/json.h"
#include "provider/transport.h"

namespace maestro::siblings {

enum class Service { kDiscovery, kReport, kAnalytics, kAudit };
inline constexpr std::size_t kServices = 4;
/// The word in messages and settings: "DISCOVERY", "REPORT", "ANALYTICS", "AUDIT".
const char* word(Service service);

struct Peer {
  std::string uri = {};   ///< MAESTRO_<WORD>_URI; empty = in this process
  bool disabled = false;  ///< MAESTRO_<WORD>_DISABLED
};

/// "<WORD> service was disabled": answered with 200 by the original, after what it was asked to store is stored.
Error disabled(Service service);

/// A call with a JSON body or none, and the headers that the original sends.
provider::HttpCall json_call(std::string_view method, std::string_view path, const json::Value* body);

/// Thread-safe.
class Siblings {
 public:
  struct Parts {
    std::array<Peer, kServices> peers = {};
    std::unique_ptr<provider::Transport> transport = {};  ///< reaches any address: the administrator names the peers
    std::string token = {};                               ///< the private token of this process
  };
  explicit Siblings(Parts parts) : parts_(std::move(parts)) {}

  enum class Place { kHere, kElsewhere, kDisabled };
  Place place(Service service) const;

  /// One exchange with a peer that is elsewhere, whatever it answers. kUnavailable: no answer.
  Result<provider::HttpAnswer> send(const Context& context, Service service, const provider::HttpCall& call) const;
  /// One exchange with a peer that is elsewhere. A status of 400 and above, or no answer, is an HTTPError (501 on the
  /// wire) with the peer's words.
  Result<provider::HttpAnswer> fetch(const Context& context, Service service, const provider::HttpCall& call) const;
  /// The same with JSON both ways; `call.url` is the path. A body that is no JSON is an HTTPError.
  Result<json::Value> call(const Context& context, Service service, const std::string& method, const std::string& path,
                           const json::Value* body = nullptr) const;

 private:
  const Peer& peer(Service service) const { return parts_.peers.at(static_cast<std::size_t>(service)); }

  Parts parts_;
};

/// The private token that this process shows to its peers: HS256, no expiry.
std::string private_token(const std::string& secret, const std::string& noauth, const std::string& version);
/// What a peer's refusal says, as the original read it (0.6): `message` (its values, each after a space), else
/// `errors`, else `error`; empty when there is none.
std::string refusal(const json::Value& answer);

}  // namespace maestro::siblings
