#include "provider/egress.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace maestro::provider {

namespace {

// Private networks (10/8, 172.16/12, 192.168/16, fc00::/7) are not here: that is where self-hosted clouds live.
constexpr const char* kGuarded[] = {
    "0.0.0.0/8",           // "this host": Linux connects 0.0.0.0 to loopback
    "127.0.0.0/8",         // loopback
    "169.254.0.0/16",      // link-local, most metadata services
    "224.0.0.0/4",         // multicast
    "240.0.0.0/4",         // reserved, broadcast
    "100.100.100.200/32",  // metadata of one large cloud outside link-local
    "168.63.129.16/32",    // host agent of another
    "192.0.0.192/32",      // metadata of a third
    "::/128",              // unspecified
    "::1/128",             // loopback
    "fe80::/10",           // link-local
    "fec0::/10",           // site-local, deprecated
    "ff00::/8",            // multicast
    "fd00:ec2::254/128",   // metadata over IPv6
    "fd20:ce::254/128",    // metadata over IPv6
};

bool in_table(const IpBytes& address) {
  return std::any_of(std::begin(kGuarded), std::end(kGuarded), [&](const char* guarded) {
    const auto network = parse_network(guarded);
    // "::/128" of v6 must not speak for v4, whose mapped form begins with zeros as well.
    return is_ipv4(network->address) == is_ipv4(address) && network->contains(address);
  });
}

/// The v4 address that stands in four bytes of a v6 one.
IpBytes mapped(const unsigned char* four) {
  IpBytes out{};
  out[10] = out[11] = 0xFF;
  std::memcpy(out.data() + 12, four, 4);
  return out;
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) return std::nullopt;
  return port;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253 || text.front() == '.' || text.front() == '-') return false;
  for (const char c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (!fine) return false;
  }
  return true;
}

}  // namespace

bool is_guarded(const IpBytes& address) {
  if (in_table(address)) return true;
  if (is_ipv4(address)) return false;
  static constexpr unsigned char kZero[12] = {};
  static constexpr unsigned char kNat64[12] = {0x00, 0x64, 0xFF, 0x9B};
  // ::a.b.c.d and 64:ff9b::a.b.c.d reach a.b.c.d through the host or a translator; 2002:aabb:ccdd:: through a relay.
  if (std::memcmp(address.data(), kZero, 12) == 0 || std::memcmp(address.data(), kNat64, 12) == 0) {
    return in_table(mapped(address.data() + 12));
  }
  // 64:ff9b:1::/48 is for translators of a site, which may place the four bytes by any of these lengths of a prefix
  // (RFC 6052, RFC 8215); byte 8 stays free.
  static constexpr unsigned char kLocalNat64[6] = {0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01};
  if (std::memcmp(address.data(), kLocalNat64, sizeof kLocalNat64) == 0) {
    static constexpr unsigned char kPlaces[][4] = {{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}};
    return std::any_of(std::begin(kPlaces), std::end(kPlaces), [&](const auto& places) {
      const unsigned char four[4] = {address[places[0]], address[places[1]], address[places[2]], address[places[3]]};
      return four[0] != 0 && in_table(mapped(four));  // zeros are the free bytes of another length
    });
  }
  if (address[0] == 0x20 && address[1] == 0x02) return in_table(mapped(address.data() + 2));
  return false;
}

Result<EgressGuard> EgressGuard::parse(std::string_view allow) {
  EgressGuard guard;
  for (const std::string_view part : text::split(allow, ',')) {
    const std::string rule_text = text::lower(text::trim(part));
    if (rule_text.empty()) continue;
    const auto malformed = [&] {
      return invalid(
          fmt::format("egress rule \"{}\" is not a host, an address, a CIDR or *, with an optional :port", rule_text));
    };
    Rule rule;
    std::string_view rest = rule_text;
    const bool bracketed = rest.front() == '[';
    const auto close = rest.find(']');
    if (bracketed && close == std::string_view::npos) return malformed();
    // "fd00::/8" has colons of its own; only a bracketed, dotted or named rule can carry a port.
    const auto colon = rest.rfind(':');
    const bool one_colon = colon != std::string_view::npos && rest.find(':') == colon;
    const bool has_port = bracketed ? colon != std::string_view::npos && colon > close : one_colon;
    if (has_port) {
      const auto port = parse_port(rest.substr(colon + 1));
      if (!port) return malformed();
      rule.port = *port;
      rest = rest.substr(0, colon);
    }
    const auto slash = rest.find('/');
    const std::string_view bare = rest.substr(0, slash);
    if (rest == "*") {
      rule.any = true;
    } else if (const auto network = parse_network(rest)) {
      rule.network = *network;
    } else {
      if (slash != std::string_view::npos || !is_host_name(bare)) return malformed();
      rule.host = bare;
    }
    guard.rules_.push_back(std::move(rule));
  }
  return guard;
}

void EgressGuard::allow_host(std::string host, int port) {
  Rule rule;
  rule.host = std::move(host);
  rule.port = port;
  rules_.push_back(std::move(rule));
}

bool EgressGuard::allows(std::string_view host, const IpBytes& address, int port) const {
  if (!is_guarded(address)) return true;
  for (const Rule& rule : rules_) {
    if (rule.port != 0 && rule.port != port) continue;
    if (rule.any) return true;
    if (rule.host.empty() ? rule.network.contains(address) : rule.host == host) return true;
  }
  return false;
}

}  // namespace maestro::provider
