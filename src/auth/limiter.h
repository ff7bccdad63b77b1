// Limiter: how often a login may fail.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace maestro::auth {

/// What counts as one client: a v4 address, or the /64 of a v6 one, in which everybody has as many addresses as wanted.
std::string client_of(std::string_view address);

/// Counts failures per key (account and address, or address) in a sliding window; successes do not count. Thread-safe;
/// memory is bounded: over 100,000 keys those whose window is over go, then any until half are left.
class Limiter {
 public:
  Limiter(unsigned failures, Millis window, const Clock& clock) : failures_(failures), window_(window), clock_(clock) {}

  /// 0 when another try is allowed, else the milliseconds until it is.
  long long wait_ms(const std::string& key);
  /// How many there are now in the window.
  std::size_t failed(const std::string& key);

 private:
  using Times = std::deque<Time>;
  void forget_old(Times& times) const;

  unsigned failures_;
  Millis window_;
  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Times> failed_;
};

}  // namespace maestro::auth
