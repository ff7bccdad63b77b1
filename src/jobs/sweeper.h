// Sweeper: removes what is kept for a time only, beside everything else.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/context.h"
#include "base/result.h"
#include "store/store.h"

namespace maestro::jobs {

struct SweeperOptions {
  Millis first{60'000};  ///< after the start, when an instance has other things to do
  Millis every{3'600'000};
  std::size_t batch = 500;  ///< documents a transaction
};

/// Any number may run. Not thread-safe; start() runs it on a thread of its own.
class Sweeper {
 public:
  Sweeper(store::Store& store, const Clock& clock, SweeperOptions options = {})
      : store_(store), clock_(clock), options_(options) {}
  ~Sweeper();
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  /// Removes all that is due; how many documents.
  Result<std::int64_t> sweep(const Context& context);
  void start();
  void stop();

 private:
  void work(const std::stop_token& stop);

  store::Store& store_;
  const Clock& clock_;
  SweeperOptions options_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace maestro::jobs
