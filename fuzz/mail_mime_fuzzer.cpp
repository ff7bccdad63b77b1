// Any texts in a mail: printable ASCII lines of bounded length, no header that the composer did not write.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/mime.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace maestro;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto cut = size / 3;
  const mail::Message message{.to = "ann@example.com",
                              .subject = input.substr(0, cut),
                              .text = input.substr(cut, cut),
                              .html = input.substr(2 * cut)};
  const std::string bytes =
      mail::compose(message, {.from = "a@b.example", .date = Time(), .id = "1@b.example", .boundary = "BOUNDARY"});
  const std::string_view head = std::string_view(bytes).substr(0, bytes.find("\r\n\r\n"));
  std::size_t headers = 0;
  for (const auto line : text::split(head, '\n'))
    if (!line.starts_with(' ')) ++headers;
  if (headers != 8) std::abort();
  for (const auto line : text::split(bytes, '\n')) {
    if (line.size() > 79 || line.starts_with('.')) std::abort();
    if (!line.empty() && line.back() != '\r') std::abort();
    for (const char c : line)
      if (c != '\r' && c != '\t' && (c < 0x20 || c > 0x7E)) std::abort();
  }
  if (mail::is_address(input) && input.find_first_of("\r\n <>,\"\\") != std::string::npos) std::abort();
  return 0;
}
