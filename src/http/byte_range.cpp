#include "http/byte_range.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"

namespace maestro::http {
namespace {

/// Digits alone; what is too large for the type is as good as its largest value.
bool parse_number(std::string_view text, std::uint64_t& out) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc::result_out_of_range) out = std::numeric_limits<std::uint64_t>::max();
  return true;
}

}  // namespace

ByteRange parse_byte_range(std::string_view header, std::uint64_t size) {
  using Kind = ByteRange::Kind;
  const auto equals = header.find('=');
  if (equals == std::string_view::npos || !text::iequals(text::trim(header.substr(0, equals)), "bytes")) return {};
  const std::string_view spec = text::trim(header.substr(equals + 1));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return {};
  const std::string_view from = text::trim(spec.substr(0, dash));
  const std::string_view to = text::trim(spec.substr(dash + 1));
  std::uint64_t first = 0, last = std::numeric_limits<std::uint64_t>::max();
  if (from.empty()) {
    std::uint64_t count = 0;
    if (!parse_number(to, count)) return {};
    if (count == 0 || size == 0) return {.kind = Kind::kUnsatisfiable};
    const std::uint64_t length = std::min(count, size);
    return {.kind = Kind::kPart, .first = size - length, .length = length};
  }
  if (!parse_number(from, first) || (!to.empty() && !parse_number(to, last)) || last < first) return {};
  if (first >= size) return {.kind = Kind::kUnsatisfiable};
  return {.kind = Kind::kPart, .first = first, .length = std::min(last, size - 1) - first + 1};
}

}  // namespace maestro::http
