#include "base/utf8.h"

#include "base/text.h"

namespace maestro::text {

std::string to_utf8(std::string text) {
  if (is_utf8(text)) return text;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const auto lead = static_cast<unsigned char>(rest.front());
    const std::string_view whole = rest.substr(0, lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4);
    const bool good = is_utf8(whole);
    out += good ? whole : std::string_view("\xEF\xBF\xBD");
    rest.remove_prefix(good ? whole.size() : 1);
  }
  return out;
}

}  // namespace maestro::text
