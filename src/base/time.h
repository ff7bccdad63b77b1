// Points in time: integer milliseconds since 1970 UTC inside, ISO 8601 with milliseconds and Z outside.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace maestro {

using Millis = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Millis>;

inline std::int64_t to_ms(Time time) { return time.time_since_epoch().count(); }
inline Time from_ms(std::int64_t ms) { return Time(Millis(ms)); }

/// "2026-11-25T03:36:00.000Z"
std::string to_iso(Time time);
/// Accepts date, date-time with or without fraction, `Z`, an offset or no zone (taken as UTC); nullopt otherwise.
std::optional<Time> parse_iso(std::string_view text);

/// "Sun, 06 Nov 1994 08:49:37 GMT", as HTTP and mail headers say it (RFC 9110 5.6.7).
std::string to_http_date(Time time);
/// That form alone; nullopt for any other.
std::optional<Time> parse_http_date(std::string_view text);

/// Where the time comes from. Port: tests move a FakeClock. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()); }
};

/// Stands still until moved.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start) : ms_(to_ms(start)) {}
  Time now() const override { return from_ms(ms_.load()); }
  void advance(Millis by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace maestro
