#include "jobs/watchdog.h"

#include "base/log.h"
#include "discovery/engine.h"
#include "discovery/progress.h"

namespace maestro::jobs {
namespace {

using store::Run;
using store::RunScope;
using store::RunState;

constexpr std::size_t kPage = 500;

}  // namespace

Watchdog::~Watchdog() { stop(); }

Result<int> Watchdog::look(const Context& context) {
  store::ListSpec spec{.entity = &discovery::connections_entity(),
                       .viewer = {.everything = true},
                       .active = std::nullopt,
                       .sort = "created_at",
                       .limit = kPage,
                       .count = store::Count::kNone};
  int ended = 0;
  std::set<ObjectId> open;
  while (!context.stopped()) {
    TRY_ASSIGN(const auto page, store_.documents().list(context, spec));
    TRY_ASSIGN(const auto waiting, store_.ledger().waiting_jobs(context, discovery::kProviderLane));
    int here = 0;
    const auto work = [&](store::Transaction& tx) -> Result<void> {
      here = 0;
      for (const store::ListItem& item : page.items) {
        TRY_ASSIGN(const int count, look_at(tx, item.id, waiting, open));
        here += count;
      }
      return {};
    };
    TRY(store_.write(context, store::Store::Priority::kBulk, work));
    ended += here;
    if (page.next.empty()) break;
    spec.cursor = page.next;
  }
  std::erase_if(seen_, [&](const auto& entry) { return !open.contains(entry.first); });
  return ended;
}

Result<int> Watchdog::look_at(store::Transaction& tx, const ObjectId& id, std::int64_t waiting,
                              std::set<ObjectId>& open) {
  TRY_ASSIGN(auto runs, store_.ledger().open_runs(tx, id, {}));
  if (runs.empty()) return 0;
  TRY_ASSIGN(const auto connection, store_.documents().find(tx, discovery::connections_entity(), id));
  if (!connection || !discovery::is_enabled(*connection)) {
    const bool off = connection && connection->active;
    TRY(runs_.cancel_all(tx, id, off ? "The connection is switched off" : "The connection was deleted"));
    TRY_ASSIGN(runs, store_.ledger().open_runs(tx, id, {}));
  }
  int ended = 0;
  for (Run& run : runs) {
    open.insert(run.id);
    const auto at = seen_.find(run.id);
    if (at == seen_.end() || at->second.seq != run.seq) {
      seen_[run.id] = {.seq = run.seq, .since = clock_.now()};
      continue;
    }
    TRY_ASSIGN(const bool dead, is_dead(tx, run, clock_.now() - at->second.since, waiting));
    if (!dead) continue;
    TRY(bury(tx, run));
    ++ended;
  }
  return ended;
}

Result<bool> Watchdog::is_dead(store::Transaction& tx, const Run& run, Millis silent, std::int64_t waiting) {
  if (run.state == RunState::kHeld || silent < options_.silent) return false;
  TRY_ASSIGN(const auto scopes, store_.ledger().scopes(tx, run.id));
  bool running = scopes.empty() && run.state == RunState::kRunning;
  for (const RunScope& scope : scopes) {
    running = running || scope.state == RunState::kRunning;
    // A pause until another try is announced; until then silence is right.
    if (scope.state == RunState::kRetrying && scope.next_attempt && *scope.next_attempt + options_.silent > tx.now())
      return false;
  }
  // What only waits may wait behind other work, as long as there is any.
  return running || waiting == 0 || silent >= options_.waiting;
}

Result<void> Watchdog::bury(store::Transaction& tx, Run& run) {
  const std::string why = "No worker has shown a sign of life for this listing; nothing was retired";
  log::warn("watchdog ended a run", {{"run", run.id.hex()}, {"connection", run.connection.hex()}, {"task", run.task}});
  TRY_ASSIGN(auto scopes, store_.ledger().scopes(tx, run.id));
  for (RunScope& scope : scopes) {
    if (is_final(scope.state) || scope.state == RunState::kHeld) continue;
    scope.state = RunState::kFailed;
    scope.message = why;
    scope.error_code = code_name(Code::kUnavailable);
    scope.hint = "Check that workers run and reach the store.";
    scope.next_attempt.reset();
    scope.finished = tx.now();
    TRY(store_.ledger().update_scope(tx, scope));
  }
  if (scopes.empty()) return discovery::end_run(tx, store_, run, RunState::kFailed, why);
  return discovery::settle(tx, store_, run);
}

void Watchdog::start() {
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) {
    const Context context{.actor = {.principal = {Principal::Kind::kSystem, {}}, .name = "watchdog"}, .stop = stop};
    while (!stop.stop_requested()) {
      if (const auto done = look(context); !done.ok() && !stop.stop_requested())
        log::warn("watchdog could not look", {{"error", done.error().message}});
      if (const auto done = store_.tend(context); !done.ok() && !stop.stop_requested())
        log::warn("the database could not be tended", {{"error", done.error().message}});
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, options_.every, [] { return false; });
    }
  });
}

void Watchdog::stop() {
  thread_ = {};  // asks and joins
}

}  // namespace maestro::jobs
