// Byte ranges: what a Range header asks of a file (RFC 9110 14). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace maestro::http {

struct ByteRange {
  enum class Kind {
    kWhole,          ///< no range, several, or one that cannot be read: the whole file is the answer
    kPart,           ///< `first` to `first + length - 1`
    kUnsatisfiable,  ///< it begins behind the end
  };
  Kind kind = Kind::kWhole;
  std::uint64_t first = 0;
  std::uint64_t length = 0;  ///< never 0 for a part
};

/// "bytes=0-99", "bytes=100-", "bytes=-100" of a file of `size` bytes.
ByteRange parse_byte_range(std::string_view header, std::uint64_t size);

}  // namespace maestro::http
