// IP addresses and networks as 16 bytes: v4 as ::ffff:a.b.c.d, so that both families compare and sort alike.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace maestro {

using IpBytes = std::array<unsigned char, 16>;

/// v4 in four decimal parts, or v6 with or without brackets; nullopt for anything else.
std::optional<IpBytes> parse_ip(std::string_view text);
std::string ip_text(const IpBytes& address);
bool is_ipv4(const IpBytes& address);

/// A network in CIDR form; `prefix` counts the bits of the 16 bytes (a v4 /24 is 120).
struct IpNetwork {
  IpBytes address{};  ///< bits after the prefix are zero
  int prefix = 128;
  /// A network of v6 contains no v4 address, also where it spans ::ffff:0:0/96.
  bool contains(const IpBytes& address) const;
  IpBytes first() const { return address; }
  IpBytes last() const;
};
/// "10.1.0.0/16", "fd00::/8"; an address without a prefix is a network of one. Bits beyond the prefix are ignored.
std::optional<IpNetwork> parse_network(std::string_view text);

}  // namespace maestro
