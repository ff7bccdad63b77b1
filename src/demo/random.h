// Random: numbers that depend on the seed and on what they are for, never on the order of asking: equal everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace maestro::demo {

/// splitmix64's mixer: every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// One stream of numbers. `what` tells apart what is asked of the same thing ("name", "size"), so that a later question
/// leaves the answers to the earlier ones as they were.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t group, std::uint64_t index, std::uint64_t what)
      : state_(mix(mix(mix(seed ^ 0x6d61657374726fULL) + group) + index) + what) {}

  std::uint64_t next() { return mix(state_++); }
  /// 0 .. n-1; 0 for n < 1. The bias of the modulo does not matter here.
  std::int64_t below(std::int64_t n) {
    return n < 1 ? 0 : static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(n));
  }
  /// 0 <= x < 1
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double share) { return unit() < share; }
  std::string hex(int digits) {
    std::string out;
    for (std::uint64_t bits = 0; digits > 0; --digits) {
      if (out.size() % 16 == 0) bits = next();
      out += "0123456789abcdef"[bits & 15U];
      bits >>= 4U;
    }
    return out;
  }
  template <typename T>
  const T& pick(std::span<const T> rows) {
    return rows[static_cast<std::size_t>(below(static_cast<std::int64_t>(rows.size())))];
  }
  template <typename T, std::size_t N>
  const T& pick(const T (&rows)[N]) {
    return pick(std::span<const T>(rows, N));
  }
  /// By the `weight` of each row.
  template <typename T, std::size_t N>
  const T& weighted(const T (&rows)[N]) {
    std::int64_t sum = 0;
    for (const T& row : rows) sum += row.weight;
    std::int64_t at = below(sum);
    for (const T& row : rows)
      if ((at -= row.weight) < 0) return row;
    return rows[N - 1];
  }

 private:
  std::uint64_t state_;
};

}  // namespace maestro::demo
