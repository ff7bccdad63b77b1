// Egress: which addresses a URL that a user typed may reach.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace maestro::provider {

/// True for loopback, link-local, unspecified, multicast, reserved and metadata addresses, however they are wrapped
/// (v4-mapped, v4-compatible, NAT64, 6to4).
bool is_guarded(const IpBytes& address);

/// The rules of EgressOptions::allow. Immutable, thread-safe.
class EgressGuard {
 public:
  /// kInvalid names the malformed rule.
  static Result<EgressGuard> parse(std::string_view allow);
  /// `host` is the name or address in the URL, lower case without brackets.
  bool allows(std::string_view host, const IpBytes& address, int port) const;
  /// One more rule by host name and port, for a proxy that the administrator's environment names.
  void allow_host(std::string host, int port);

 private:
  struct Rule {
    bool any = false;
    std::string host;  ///< empty: an address rule
    IpNetwork network;
    int port = 0;  ///< 0 = every port
  };
  std::vector<Rule> rules_;
};

}  // namespace maestro::provider
