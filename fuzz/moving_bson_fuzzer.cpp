// Any bytes as a document of a dump: JSON that can be written and read again, or an error in words; never a crash.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "moving/bson.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace maestro;
  std::vector<moving::Oddity> oddities;
  const auto body = moving::read_bson(std::string_view(reinterpret_cast<const char*>(data), size), oddities);
  if (!body.ok()) {
    if (body.error().message.empty() || body.error().code != Code::kInvalid) std::abort();
    return 0;
  }
  const std::string text = json::write(*body);
  if (!text::is_utf8(text) || json::parse_trusted(text).get_object().size() != body->size()) std::abort();
  return 0;
}
