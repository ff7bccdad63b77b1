// How fast and how parallel one account may ask, and pauses that end at once when the work is stopped.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "base/context.h"
#include "provider/clouds.h"

namespace maestro::provider {

/// Sleeps; false when it was cut short by stop or would outlast the deadline (then it does not sleep at all).
bool pause(const Context& context, Millis time);

/// A rate bucket a region and a bound on calls in flight. Thread-safe.
class Limiter {
 public:
  explicit Limiter(const CloudsOptions& options) : options_(options) {}
  /// Waits for its turn; false when the context ended first. Every true needs one leave().
  bool enter(const Context& context, const std::string& region);
  void leave();
  /// The provider asked for less: the burst of this region is spent.
  void drain(const std::string& region);

 private:
  using Instant = std::chrono::steady_clock::time_point;
  CloudsOptions options_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  unsigned in_flight_ = 0;
  std::map<std::string, Instant> due_;  ///< when the bucket of a region would be full again (a leaky bucket's clock)
};

}  // namespace maestro::provider
