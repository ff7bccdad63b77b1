#include "base/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace maestro {
namespace {

constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};  // in front of a v4 address
constexpr int kMappedBits = 8 * sizeof kMapped;

unsigned char mask_of(int bits) {
  return bits <= 0 ? static_cast<unsigned char>(0)
                   : static_cast<unsigned char>((0xFF << (8 - std::min(bits, 8))) & 0xFF);
}

}  // namespace

bool is_ipv4(const IpBytes& address) { return std::memcmp(address.data(), kMapped, sizeof kMapped) == 0; }

std::optional<IpBytes> parse_ip(std::string_view text) {
  if (text.size() > 1 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  IpBytes out{};
  if (inet_pton(AF_INET, copy.c_str(), out.data() + 12) == 1) {
    std::memcpy(out.data(), kMapped, sizeof kMapped);
    return out;
  }
  if (inet_pton(AF_INET6, copy.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

std::string ip_text(const IpBytes& address) {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (is_ipv4(address)) {
    inet_ntop(AF_INET, address.data() + 12, buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, address.data(), buffer, sizeof buffer);
  }
  return buffer;
}

bool IpNetwork::contains(const IpBytes& other) const {
  return address <= other && other <= last() && (prefix >= kMappedBits || !is_ipv4(other));
}

IpBytes IpNetwork::last() const {
  IpBytes out = address;
  for (int i = 0; i < 16; ++i) {
    const auto at = static_cast<std::size_t>(i);
    out[at] = static_cast<unsigned char>(out[at] | static_cast<unsigned char>(~mask_of(prefix - i * 8)));
  }
  return out;
}

std::optional<IpNetwork> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpNetwork out{*address, 128};
  if (slash == std::string_view::npos) return out;
  const std::string_view digits = text.substr(slash + 1);
  const bool four = text.substr(0, slash).find(':') == std::string_view::npos;
  int bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > (four ? 32 : 128))
    return std::nullopt;
  out.prefix = four ? bits + 96 : bits;
  for (int i = 0; i < 16; ++i) {
    const auto at = static_cast<std::size_t>(i);
    out.address[at] = static_cast<unsigned char>(out.address[at] & mask_of(out.prefix - i * 8));
  }
  return out;
}

}  // namespace maestro
