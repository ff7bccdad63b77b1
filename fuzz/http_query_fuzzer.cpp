// Any query string or form body: never a crash, always JSON of bounded depth made of well-formed UTF-8.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "http/query.h"

namespace {

void check(const boost::json::value& value, int depth) {
  // Six levels of keys, and at each a text that met an object and became a list with it.
  if (depth > 14) std::abort();
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (!maestro::text::is_utf8(std::string_view(member.key().data(), member.key().size()))) std::abort();
      check(member.value(), depth + 1);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) check(item, depth + 1);
  } else if (const auto* text = value.if_string()) {
    if (!maestro::text::is_utf8(std::string_view(text->data(), text->size()))) std::abort();
  } else if (!value.is_bool() || !value.get_bool()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(maestro::http::parse_nested(input), 0);
  if (maestro::http::parse_pairs(input).size() > 1000) std::abort();
  return 0;
}
