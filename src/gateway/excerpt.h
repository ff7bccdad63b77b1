// The beginning of a text from outside, for a message: whole characters, no more than a hundred bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace maestro::gateway {

inline std::string excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  std::size_t end = std::min(text.size(), kLongest);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text = text.substr(0, end);
  return text::is_utf8(text) ? std::string(text) : std::string("?");
}

}  // namespace maestro::gateway
