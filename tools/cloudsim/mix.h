// Arithmetic randomness: everything in an estate is a function of the seed and an index.
#pragma once

#include <cstdint>
#include <string_view>

namespace maestro::cloudsim {

/// A bijection of 64-bit numbers that leaves no visible pattern (the finalizer of splitmix64).
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

/// mix(unmix(x)) == x: an id tells its index, so no table of ids is needed.
constexpr std::uint64_t unmix(std::uint64_t x) {
  x ^= (x >> 31) ^ (x >> 62);
  x *= 0x319642b2d24d8ec3ULL;
  x ^= (x >> 27) ^ (x >> 54);
  x *= 0x96de1b173f119089ULL;
  x ^= (x >> 30) ^ (x >> 60);
  return x;
}
static_assert(unmix(mix(0x123456789abcdefULL)) == 0x123456789abcdefULL);

constexpr std::uint64_t combine(std::uint64_t a, std::uint64_t b) { return mix(a ^ mix(b + 0x9e3779b97f4a7c15ULL)); }

constexpr std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

}  // namespace maestro::cloudsim
