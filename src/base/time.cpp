#include "base/time.h"

#include <fmt/format.h>

#include <algorithm>

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

constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

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

std::string to_http_date(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<Millis> clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::optional<Time> parse_http_date(std::string_view text) {
  using namespace std::chrono;
  // Fixed columns: "Sun, 06 Nov 1994 08:49:37 GMT"
  int d = 0, y = 0, h = 0, mi = 0, s = 0;
  if (text.size() != 29 || text.substr(3, 2) != ", " || !digits(text, 5, 2, d) || text[7] != ' ' || text[11] != ' ' ||
      !digits(text, 12, 4, y) || text[16] != ' ' || !digits(text, 17, 2, h) || text[19] != ':' ||
      !digits(text, 20, 2, mi) || text[22] != ':' || !digits(text, 23, 2, s) || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto name = std::find(std::begin(kMonths), std::end(kMonths), text.substr(8, 3));
  const auto number = static_cast<unsigned>(name - std::begin(kMonths)) + 1;
  const year_month_day date{year(y), month(number), day(static_cast<unsigned>(d))};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  return time_point_cast<Millis>(sys_days(date)) + hours(h) + minutes(mi) + seconds(s);
}

}  // namespace maestro
