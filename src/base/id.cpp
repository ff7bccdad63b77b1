#include "base/id.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>

#include "base/crypto.h"
#include "base/text.h"

namespace maestro {

ObjectId ObjectId::generate() {
  static const std::string process_part = crypto::random_bytes(5);
  static std::atomic<std::uint32_t> counter = [] {
    std::uint32_t start = 0;
    std::memcpy(&start, crypto::random_bytes(3).data(), 3);
    return start;
  }();
  const auto seconds = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  const std::uint32_t count = counter.fetch_add(1, std::memory_order_relaxed);
  ObjectId id;
  for (int i = 0; i < 4; ++i) id.bytes_[i] = static_cast<unsigned char>(seconds >> (24 - 8 * i));
  std::memcpy(&id.bytes_[4], process_part.data(), 5);
  for (int i = 0; i < 3; ++i) id.bytes_[9 + i] = static_cast<unsigned char>(count >> (16 - 8 * i));
  return id;
}

std::optional<ObjectId> ObjectId::parse(std::string_view text) {
  if (text.size() != 24) return std::nullopt;
  const auto raw = text::from_hex(text);
  if (!raw) return std::nullopt;
  return from_bytes(raw->data());
}

ObjectId ObjectId::from_bytes(const void* twelve_bytes) {
  ObjectId id;
  std::memcpy(id.bytes_.data(), twelve_bytes, id.bytes_.size());
  return id;
}

std::string ObjectId::hex() const {
  return text::to_hex({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
}

}  // namespace maestro

std::size_t std::hash<maestro::ObjectId>::operator()(const maestro::ObjectId& id) const noexcept {
  const auto& bytes = id.bytes();
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}
