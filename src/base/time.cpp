#include "base/time.h"

#include <fmt/format.h>

namespace maestro {
namespace {

bool digits(std::string_view text, std::size_t at, std::size_t count, int& out) {
  if (at + count > text.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

std::string to_iso(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<Millis> clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<Time> parse_iso(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0;
  if (!digits(text, 0, 4, y) || text.size() < 10 || text[4] != '-' || !digits(text, 5, 2, mo) || text[7] != '-' ||
      !digits(text, 8, 2, d)) {
    return std::nullopt;
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!date.ok()) return std::nullopt;
  Time result = time_point_cast<Millis>(sys_days(date));
  std::size_t at = 10;
  if (at == text.size()) return result;
  if (text[at] != 'T' && text[at] != ' ') return std::nullopt;
  if (!digits(text, at + 1, 2, h) || at + 3 >= text.size() || text[at + 3] != ':' || !digits(text, at + 4, 2, mi))
    return std::nullopt;
  at += 6;
  if (at < text.size() && text[at] == ':') {
    if (!digits(text, at + 1, 2, s)) return std::nullopt;
    at += 3;
    if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
      int scale = 100;
      std::size_t k = at + 1;
      for (; k < text.size() && text[k] >= '0' && text[k] <= '9'; ++k, scale /= 10) ms += (text[k] - '0') * scale;
      if (k == at + 1) return std::nullopt;
      at = k;
    }
  }
  if (h > 23 || mi > 59 || s > 60) return std::nullopt;
  result += hours(h) + minutes(mi) + seconds(s) + Millis(ms);
  if (at == text.size()) return result;
  if (text[at] == 'Z' || text[at] == 'z') return at + 1 == text.size() ? std::optional(result) : std::nullopt;
  if (text[at] != '+' && text[at] != '-') return std::nullopt;
  int oh = 0, om = 0;
  if (!digits(text, at + 1, 2, oh)) return std::nullopt;
  std::size_t minutes_at = at + 3;
  if (minutes_at < text.size() && text[minutes_at] == ':') ++minutes_at;
  if (minutes_at < text.size() && (!digits(text, minutes_at, 2, om) || minutes_at + 2 != text.size()))
    return std::nullopt;
  if (oh > 23 || om > 59) return std::nullopt;
  const auto offset = hours(oh) + minutes(om);
  return text[at] == '+' ? result - offset : result + offset;
}

}  // namespace maestro
