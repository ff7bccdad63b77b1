#include "api/filter_values.h"

#include <charconv>
#include <cmath>

#include "api/pattern.h"
#include "api/violations.h"
#include "base/id.h"
#include "base/ip.h"
#include "base/text.h"
#include "store/match.h"

namespace maestro::api {
namespace {

using json::Value;

constexpr std::size_t kMaxText = 512;  // of a pattern or a part of a text; the store compiles no longer ones
constexpr std::size_t kMaxValue = 4096;
constexpr std::int64_t kMaxSpan = 100'000'000'000;  // seconds: calendars of the library end not far beyond

ReadValue fault(std::string what, const char* type) { return {.fault = std::move(what), .type = type}; }

/// A time that documents could show: four digits of a year.
bool is_showable(Time time) { return store::is_canonical("updated_at", Value(to_iso(time))); }

std::optional<Value> read_number(std::string_view text) {
  text = text::trim(text);
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [at, error] = std::from_chars(text.data(), end, whole); error == std::errc() && at == end)
    return Value(whole);
  double number = 0;
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || at != end || !std::isfinite(number)) return std::nullopt;
  return Value(number);
}

ReadValue read_pattern(FilterOp op, std::string_view text) {
  if (text.empty()) return fault("is not allowed to be empty", "any.empty");
  if (text.size() > kMaxText) return fault(fmt::format("is longer than {} bytes", kMaxText), "string.max");
  if (op == FilterOp::kRegex) {
    if (const auto why = pattern_fault(text))
      return fault("must be a regular expression: " + shown(*why, 120), "string.regex");
  }
  return {.values = {Value(text)}};
}

ReadValue read_network(std::string_view text) {
  if (!parse_network(text)) return fault("must be a network like 10.0.0.0/8 or fd00::/8", "string.ip");
  return {.values = {Value(text)}};
}

/// "env" or "env=prod"; what follows the first '=' is the value.
ReadValue read_pair(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view key = text.substr(0, equals);
  if (key.empty()) return fault("must be a key, or key=value", "string.pair");
  ReadValue out{.values = {Value(key)}};
  if (equals != std::string_view::npos) out.values.emplace_back(text.substr(equals + 1));
  return out;
}

ReadValue read_moment(Kind kind, FilterOp op, std::string_view text, Moment& moment) {
  const auto time = read_time(text, moment);
  if (!time) return fault("must be a date, a date with time, now, today or a span like -7d", "date.base");
  ReadValue out{.values = {Value(to_iso(*time))}};
  // Providers write such texts in forms of their own: as given is tried as well.
  const bool equality = op == FilterOp::kEq || op == FilterOp::kNe || op == FilterOp::kIn || op == FilterOp::kNin;
  if (kind == Kind::kMoment && equality && text != out.values[0].get_string()) out.values.emplace_back(text);
  return out;
}

ReadValue read_scalar(std::string_view text) {
  ReadValue out{.values = {Value(text)}};
  if (auto number = read_number(text)) out.values.push_back(std::move(*number));
  if (text == "true" || text == "false") out.values.emplace_back(text == "true");
  return out;
}

ReadValue read_boolean(std::string_view text) {
  if (text != "true" && text != "false") return fault("must be true or false", "boolean.base");
  return {.values = {Value(text == "true")}};
}

}  // namespace

std::optional<Time> read_time(std::string_view text, Moment& moment) {
  text = text::trim(text);
  std::optional<Time> time;
  if (text == "now" || text == "today") {
    moment.used = true;
    time = text == "now" ? moment.now : std::chrono::floor<std::chrono::days>(moment.now);
  } else if (text.starts_with('-')) {
    std::int64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + 1, end, count);
    if (error != std::errc() || at + 1 != end || count < 0 || count > kMaxSpan) return std::nullopt;
    const std::int64_t unit = *at == 'm' ? 60 : *at == 'h' ? 3600 : *at == 'd' ? 86400 : *at == 'w' ? 604800 : 0;
    if (unit == 0 || count * unit > kMaxSpan) return std::nullopt;
    moment.used = true;
    time = moment.now - std::chrono::seconds(count * unit);
  } else {
    time = parse_iso(text);
    // A plus that nobody encoded arrives as a space: 2026-01-01T10:00 02:00
    const auto space = text.rfind(' ');
    if (!time && space != std::string_view::npos && space > 10) {
      std::string mended(text);
      mended[space] = '+';
      time = parse_iso(mended);
    }
  }
  return time && is_showable(*time) ? time : std::nullopt;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '\\');
    if (escapes) {
      out.back() += text[++i];
    } else if (text[i] == ',') {
      if (!out.back().empty()) out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

ReadValue read_value(Kind kind, FilterOp op, std::string_view text, Moment& moment) {
  switch (op) {
    case FilterOp::kContains:
    case FilterOp::kStarts:
    case FilterOp::kRegex:
      return read_pattern(op, text);
    case FilterOp::kWithin:
      return read_network(text);
    case FilterOp::kExists:
      return read_boolean(text);
    case FilterOp::kHas:
      if (text.size() > kMaxValue) break;
      return read_pair(text);
    default:
      break;
  }
  if (text.size() > kMaxValue) return fault(fmt::format("is longer than {} bytes", kMaxValue), "string.max");
  switch (kind) {
    case Kind::kNumber:
      if (auto number = read_number(text)) return {.values = {std::move(*number)}};
      return fault("must be a number", "number.base");
    case Kind::kBoolean:
      return read_boolean(text);
    case Kind::kTime:
    case Kind::kMoment:
      return read_moment(kind, op, text, moment);
    case Kind::kId: {
      const auto id = ObjectId::parse(text);
      if (!id) return fault("must be an id of 24 hex digits", "string.regex.base");
      return {.values = {Value(id->hex())}};
    }
    case Kind::kScalar:
      return read_scalar(text);
    default:
      return {.values = {Value(text)}};
  }
}

}  // namespace maestro::api
