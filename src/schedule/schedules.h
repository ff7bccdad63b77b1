// Schedules: when each task of a connection is discovered. Any number of tickers may run; each due time is claimed
// once.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "discovery/runs.h"
#include "store/store.h"

namespace maestro::schedule {

/// Milliseconds of {every, period}; 0 when the period is no known word or `every` is not in 1..1024.
Millis interval(int every, std::string_view period);
/// When a schedule is due again after it was claimed at `now`. Keeps its grid; a time that was missed by more than an
/// interval is made up once, and the grid starts anew with the schedule's own small spread.
Time next_time(const store::Schedule& schedule, Time now);

/// Thread-safe.
class Schedules {
 public:
  Schedules(store::Store& store, discovery::Runs& runs, const Clock& clock)
      : store_(store), runs_(runs), clock_(clock) {}

  /// For the transaction that creates a connection (or makes a deleted one active again): one schedule per task with
  /// the packs' default period; an enabled connection's first runs start at once.
  Result<void> create(store::Transaction& tx, const store::Document& connection);
  /// For the transaction that changes a connection: adds schedules of tasks that it has none for, drops those of tasks
  /// that its provider does not know.
  Result<void> refresh(store::Transaction& tx, const store::Document& connection);
  /// For the transaction that deletes a connection.
  Result<void> remove(store::Transaction& tx, const ObjectId& connection);

  struct Edit {
    std::optional<bool> enabled;
    std::optional<int> every;
    std::optional<std::string> period;
  };
  /// kInvalid for an impossible period, kNotFound for a task without a schedule.
  Result<store::Schedule> change(const Context& context, const ObjectId& connection, std::string_view task,
                                 const Edit& edit);
  Result<std::vector<store::Schedule>> list(const Context& context, const ObjectId& connection);

  /// Claims what is due and starts its runs; the number of schedules claimed by this call.
  Result<int> tick(const Context& context);

 private:
  Result<bool> claim(const Context& context, const store::Schedule& schedule);

  store::Store& store_;
  discovery::Runs& runs_;
  const Clock& clock_;
};

/// Calls tick() about once a second on a thread of its own, from construction to destruction.
class Ticker {
 public:
  explicit Ticker(Schedules& schedules, Millis pause = Millis(1000));
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void work(const std::stop_token& stop);

  Schedules& schedules_;
  Millis pause_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace maestro::schedule
