#include "http/request_origin.h"

#include "base/text.h"

namespace maestro::http {

bool is_request_id(std::string_view id) {
  if (id.empty() || id.size() > 64) return false;
  for (const char c : id) {
    const bool fine =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
    if (!fine) return false;
  }
  return true;
}

std::string forwarded_peer(const Headers& headers) {
  std::string_view last;
  for (const auto& [name, value] : headers.fields()) {
    if (text::iequals(name, "X-Forwarded-For")) last = value;
  }
  if (const auto comma = last.rfind(','); comma != std::string_view::npos) last.remove_prefix(comma + 1);
  last = text::trim(last);
  if (last.starts_with('[')) {
    last = last.substr(1, last.find(']') - 1);
  } else if (const auto colon = last.find(':');
             colon != std::string_view::npos && last.find(':', colon + 1) == std::string_view::npos) {
    last = last.substr(0, colon);
  }
  if (last.size() > 45 || last.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos) return {};
  return std::string(last);
}

}  // namespace maestro::http
