// Watchdog: no run stays open for ever. Ends runs that nothing works on any more, and those of connections that are
// gone.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/context.h"
#include "base/result.h"
#include "discovery/runs.h"
#include "store/store.h"

namespace maestro::jobs {

struct WatchdogOptions {
  Millis every{60'000};
  Millis silent{15 * 60'000};        ///< a run with a running part that shows no progress for so long is failed
  Millis waiting{24 * 3'600'000LL};  ///< a run that no worker touched for so long is failed
};

/// Not thread-safe; start() runs it on a thread of its own.
class Watchdog {
 public:
  Watchdog(store::Store& store, discovery::Runs& runs, const Clock& clock, WatchdogOptions options = {})
      : store_(store), runs_(runs), clock_(clock), options_(options) {}
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// One look at every open run; how many were ended.
  Result<int> look(const Context& context);
  void start();
  void stop();

 private:
  struct Seen {
    std::int64_t seq = 0;
    Time since{};
  };
  Result<int> look_at(store::Transaction& tx, const ObjectId& id, std::int64_t waiting, std::set<ObjectId>& open);
  Result<bool> is_dead(store::Transaction& tx, const store::Run& run, Millis silent, std::int64_t waiting);
  Result<void> bury(store::Transaction& tx, store::Run& run);

  store::Store& store_;
  discovery::Runs& runs_;
  const Clock& clock_;
  WatchdogOptions options_;
  std::map<ObjectId, Seen> seen_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace maestro::jobs
