#include "api/pattern.h"

#include <re2/re2.h>

#include "base/text.h"

namespace maestro::api {

std::optional<std::string> pattern_fault(std::string_view pattern) {
  if (!text::is_utf8(pattern)) return "invalid UTF-8";
  // As store/match.cpp makes them, or what passes here would be taken as a literal there.
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(4 << 20);
  const RE2 regex(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (regex.ok()) return std::nullopt;
  return regex.error();
}

}  // namespace maestro::api
