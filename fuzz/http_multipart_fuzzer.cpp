// Any form: never a crash, every part's data inside the body. The first line of the input is the Content-Type.
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "http/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  const std::string_view type = line == std::string::npos ? std::string_view("multipart/form-data; boundary=XX")
                                                          : std::string_view(input).substr(0, line);
  const std::string_view body = std::string_view(input).substr(line == std::string::npos ? 0 : line + 1);
  const auto parts = maestro::http::parse_multipart(type, body);
  if (!parts) return 0;
  if (parts->size() > 100) std::abort();
  std::less<const char*> before;
  for (const auto& part : *parts) {
    if (part.filename.find('/') != std::string::npos) std::abort();
    if (before(part.data.data(), body.data())) std::abort();
    if (before(body.data() + body.size(), part.data.data() + part.data.size())) std::abort();
  }
  return 0;
}
