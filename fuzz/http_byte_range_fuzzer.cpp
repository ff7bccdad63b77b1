// Any Range header: what is asked for lies inside the file. The first 8 bytes of the input are the size of the file.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "http/byte_range.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using maestro::http::ByteRange;
  std::uint64_t file_size = 0;
  if (size < sizeof file_size) return 0;
  std::memcpy(&file_size, data, sizeof file_size);
  const std::string_view header(reinterpret_cast<const char*>(data) + sizeof file_size, size - sizeof file_size);
  const ByteRange range = maestro::http::parse_byte_range(header, file_size);
  if (range.kind != ByteRange::Kind::kPart) return 0;
  if (range.length == 0 || range.first >= file_size || range.length > file_size - range.first) std::abort();
  return 0;
}
