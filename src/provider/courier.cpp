#include <fmt/format.h>

#include <charconv>
#include <random>

#include "base/text.h"
#include "provider/session.h"

namespace maestro::provider {

namespace {

constexpr long long kLongestBackoff = 8'000;
constexpr long long kLongestRetryAfter = 30'000;

/// Full jitter: anywhere from nothing to the whole step, so that callers that failed together do not come back
/// together.
Millis jitter(long long most) {
  thread_local std::minstd_rand random(std::random_device{}());
  return Millis(std::uniform_int_distribution<long long>(0, std::max(0LL, most))(random));
}

}  // namespace

Reply Courier::ask(const Context& context, const Ask& ask) {
  Reply reply;
  const int attempts = std::max(1, options_.attempts);
  for (int attempt = 1;; ++attempt) {
    if (!limiter_.enter(context, ask.region)) {
      if (!reply.error) reply.error = unavailable("Stopped before the provider could be asked");
      return reply;
    }
    reply = session_.ask(context, ask);
    limiter_.leave();
    if (!reply.error) return reply;
    const Code code = reply.error->code;
    if (code == Code::kThrottled) limiter_.drain(ask.region);
    if ((code != Code::kThrottled && code != Code::kUnavailable) || attempt >= attempts) return reply;
    long long step = std::max(0L, options_.backoff_ms);
    for (int i = 1; i < attempt && step < kLongestBackoff; ++i) step *= 2;
    const long long asked = reply.error->retry_after_ms;
    if (asked > kLongestRetryAfter) return reply;
    if (!pause(context, asked > 0 ? Millis(asked) : jitter(std::min(step, kLongestBackoff)))) return reply;
  }
}

Params merge_params(const Params& base, const Params& extra) {
  Params out = base;
  for (const auto& given : extra) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const auto& row) { return row.first == given.first; });
    if (same == out.end()) {
      out.push_back(given);
    } else {
      same->second = given.second;
    }
  }
  return out;
}

std::optional<Time> parse_http_date(std::string_view text) {
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  const auto words = text::split(text.substr(comma + 2), ' ');
  if (words.size() != 5 || words[4] != "GMT" || words[0].size() != 2) return std::nullopt;
  const auto* month = std::find(std::begin(kMonths), std::end(kMonths), words[1]);
  if (month == std::end(kMonths)) return std::nullopt;
  return parse_iso(fmt::format("{}-{:02}-{}T{}Z", words[2], month - std::begin(kMonths) + 1, words[0], words[3]));
}

long long retry_after_ms(const HttpAnswer& answer, Time now) {
  const std::string* header = answer.header("retry-after");
  if (header == nullptr) return 0;
  long long seconds = 0;
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (error == std::errc() && end == header->data() + header->size()) return std::clamp(seconds, 0LL, 86'400LL) * 1000;
  const auto date = parse_http_date(*header);
  return date ? std::max<long long>(0, (*date - now).count()) : 0;
}

std::string region_id(std::string_view stored) {
  const std::string_view word = text::trim(stored);
  const std::string_view first = word.substr(0, word.find(' '));
  return text::iequals(first, "all") ? std::string() : std::string(first);
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 300)) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  while (!out.empty() && !text::is_utf8(out)) out.pop_back();  // cut inside a character
  return std::string(text::trim(out));
}

}  // namespace maestro::provider
