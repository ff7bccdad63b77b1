// Schedules: when each task of a connection is discovered. Any number of tickers may run; each due time is claimed
// once. Each timer has a scheduler document, written in the same transaction (see documents.h).
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
#include "schedule/documents.h"
#include "schedule/timers.h"
#include "store/store.h"

namespace maestro::schedule {

/// Thread-safe.
class Schedules {
 public:
  Schedules(store::Store& store, discovery::Runs& runs, const Clock& clock)
      : store_(store), runs_(runs), clock_(clock) {}

  /// For the transaction that creates a connection: one schedule per task with the period of the options, else that of
  /// the packs; an enabled connection's first runs start at once.
  Result<void> create(store::Transaction& tx, const store::Document& connection);
  /// For the transaction that makes a deleted connection active again: also brings back the documents that ended with
  /// it, at `ended`. A task whose document a person had deleted before stays off.
  Result<void> restore(store::Transaction& tx, const store::Document& connection, Time ended);
  /// For the transaction that changes a connection: adds schedules of tasks that it has none for, ends those of tasks
  /// that its provider does not know.
  Result<void> refresh(store::Transaction& tx, const store::Document& connection);
  /// For the transaction that deletes a connection: its documents end with it.
  Result<void> remove(store::Transaction& tx, const ObjectId& connection);

  /// The rule of scheduler documents, for inventory::Inventory: one that stands for a task of a connection sets that
  /// task's timer. kForbidden unless the actor may change the connection too; kInvalid for a period that no timer has.
  Result<void> follow(store::Transaction& tx, const store::Document* before, store::Document& after);
  /// The body of a new document for a task of a connection. kInvalid for a task that is none.
  Result<json::Object> describe(const Context& context, const store::Document& connection, std::string_view task);

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
  Result<void> count_run(store::Transaction& tx, const store::Document& connection, const store::Schedule& schedule);
  Result<void> insert_document(store::Transaction& tx, const store::Document& connection, const Template& form,
                               const store::Schedule& schedule);
  /// Lets the documents of a link say what its timer does.
  Result<void> tell_documents(store::Transaction& tx, const store::Schedule& schedule);
  Result<void> end_documents(store::Transaction& tx, const ObjectId& connection, std::string_view task);
  /// A document left its link: another one of the link takes over, else the timer stops.
  Result<void> leave(store::Transaction& tx, const Link& link, const ObjectId& document);
  Result<void> set_timer(store::Transaction& tx, const store::Document& connection, const Link& link,
                         const store::Document* before, store::Document& after);

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
