// ObjectId: the 12-byte document id of the wire contract, 24 lower-case hex characters outside.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace maestro {

class ObjectId {
 public:
  /// The nil id (all zero); `operator bool` is false for it.
  constexpr ObjectId() = default;
  /// A new id: seconds since 1970, a per-process random part, a counter. Thread-safe; ids of one process sort by
  /// creation.
  static ObjectId generate();
  /// Accepts exactly 24 hex digits of either case; 12-character words are no ids here.
  static std::optional<ObjectId> parse(std::string_view text);
  static ObjectId from_bytes(const void* twelve_bytes);

  std::string hex() const;
  const std::array<unsigned char, 12>& bytes() const { return bytes_; }
  explicit operator bool() const { return *this != ObjectId(); }
  auto operator<=>(const ObjectId&) const = default;

 private:
  std::array<unsigned char, 12> bytes_{};
};

}  // namespace maestro

template <>
struct std::hash<maestro::ObjectId> {
  std::size_t operator()(const maestro::ObjectId& id) const noexcept;
};
