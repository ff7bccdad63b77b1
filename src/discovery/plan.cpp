#include "base/log.h"
#include "discovery/progress.h"
#include "discovery/work.h"

namespace maestro::discovery {
namespace {

using store::Document;
using store::Run;
using store::RunState;
using store::Store;
using store::Transaction;

constexpr int kPlansLookedAt = 3;  // one would do, unless its worker died on the way

/// The plan of one run: which listings it takes to read a task.
class Planner {
 public:
  Planner(Engine& engine, const Context& context, const store::Job& job)
      : engine_(engine), store_(engine.store()), context_(context), job_(job), write_context_(context) {}

  Result<void> run() {
    TRY_ASSIGN(const bool begun, begin());
    if (!begun) return {};
    auto regions = find_regions();
    if (!regions.ok()) return fail(regions.error());
    TRY_ASSIGN(const bool go, leave_regions(*regions));
    return go ? insert(*regions) : Result<void>();
  }

 private:
  Settling settling() const { return {.keep_runs = engine_.options().keep_runs}; }

  /// Reads the run afresh. False when there is nothing to plan any more; the job is finished then.
  Result<bool> enter(Transaction& tx) {
    TRY(store_.ledger().check_lease(tx, job_));
    TRY_ASSIGN(auto found, store_.ledger().find_run(tx, run_.id));
    if (!found) {
      TRY(store_.ledger().finish_job(tx, job_));
      return false;
    }
    run_ = std::move(*found);
    TRY_ASSIGN(const auto scopes, store_.ledger().scopes(tx, run_.id));
    if (is_final(run_.state) || !scopes.empty()) {
      // A run that was canceled before it began has not told the connection yet.
      if (is_final(run_.state)) TRY(tell_connection(tx, store_, run_));
      TRY(store_.ledger().finish_job(tx, job_));
      return false;
    }
    if (run_.cancel_requested) return over(tx, RunState::kCanceled, "Canceled");
    TRY_ASSIGN(auto connection, store_.documents().find(tx, connections_entity(), run_.connection));
    if (!connection || !connection->active) return over(tx, RunState::kCanceled, "The connection was deleted");
    if (!is_enabled(*connection)) return over(tx, RunState::kCanceled, "The connection is switched off");
    connection_ = std::move(*connection);
    return true;
  }

  Result<bool> over(Transaction& tx, RunState state, std::string message) {
    TRY(end_run(tx, store_, run_, state, std::move(message), settling()));
    TRY(store_.ledger().finish_job(tx, job_));
    return false;
  }

  Result<bool> begin() {
    run_.id = payload_id(job_, "run");
    if (!run_.id) {
      TRY(drop_job(engine_, write_context_, job_));
      return false;
    }
    bool go = false;
    const auto work = [&](Transaction& tx) -> Result<void> {
      TRY_ASSIGN(go, enter(tx));
      if (!go) return {};
      if (job_.attempt > engine_.options().attempts) {
        TRY_ASSIGN(go, over(tx, RunState::kFailed, "The run could not be planned: its worker stopped again and again"));
        return {};
      }
      if (!run_.started) run_.started = tx.now();
      run_.state = RunState::kRunning;
      run_.message.clear();
      TRY(store_.ledger().update_run(tx, run_));
      return tell_connection(tx, store_, run_);
    };
    TRY(store_.write(write_context_, Store::Priority::kBulk, work));
    if (go) write_context_ = acting(context_, connection_, run_.id);
    return go;
  }

  /// The regions that the connection means, each once, in its order.
  Result<std::vector<std::string>> find_regions() {
    TRY_ASSIGN(const provider::Connection opened, engine_.runs().open_connection(context_, connection_));
    TRY_ASSIGN(const auto account, engine_.clouds().open(opened));
    std::vector<std::string> regions;
    bool all = opened.regions.empty();
    for (const std::string& stored : opened.regions) {
      std::string word = region_word(stored);
      if (word.empty()) {
        all = true;
      } else if (std::find(regions.begin(), regions.end(), word) == regions.end()) {
        regions.push_back(std::move(word));
      }
    }
    named_all_ = all;
    if (all) {
      TRY_ASSIGN(regions, account->regions(context_));
      // A cloud without regions has one that needs no name.
      if (regions.empty()) regions.emplace_back("all");
    }
    return regions;
  }

  /// Regions that a person took off the connection: nothing looks there any more, so it must not count as seeing what
  /// is there. The documents stay; whoever else sees them decides about them. "All" is left out: what the account names
  /// then may differ from day to day.
  Result<bool> leave_regions(const std::vector<std::string>& regions) {
    if (named_all_) return true;
    TRY_ASSIGN(const auto page, store_.ledger().runs(write_context_, run_.connection, engine_.options().keep_runs, {}));
    std::set<std::int64_t> left;
    int looked_at = 0;
    for (const Run& earlier : page.runs) {
      if (earlier.task != run_.task || earlier.id == run_.id || looked_at == kPlansLookedAt) continue;
      TRY_ASSIGN(const auto scopes, store_.ledger().scopes(write_context_, earlier.id));
      if (!scopes.empty()) ++looked_at;
      for (const store::RunScope& scope : scopes) {
        const provider::Resource* resource = engine_.packs().find(scope.resource);
        const bool wanted = resource == nullptr || resource->global ||
                            std::find(regions.begin(), regions.end(), scope.region) != regions.end();
        if (!wanted) left.insert(scope.scope);
      }
    }
    for (const std::int64_t scope : left) {
      TRY_ASSIGN(const auto sightings, store_.ledger().sightings(write_context_, scope));
      for (std::size_t from = 0; from < sightings.size(); from += kBatch) {
        bool go = false;
        const auto work = [&](Transaction& tx) -> Result<void> {
          TRY_ASSIGN(go, enter(tx));
          if (!go) return {};
          for (std::size_t i = from; i < std::min(sightings.size(), from + kBatch); ++i) {
            TRY(store_.ledger().unsee(tx, scope, sightings[i].key));
            TRY(forget_row(tx, store_, sightings[i].row, run_.connection));
          }
          return {};
        };
        TRY(store_.write(write_context_, Store::Priority::kBulk, work));
        if (!go) return false;
      }
    }
    return true;
  }

  Result<void> insert(const std::vector<std::string>& regions) {
    const provider::Provider* provider = provider::find_provider(json::text_or(connection_.body, "provider"));
    const auto resources = provider == nullptr ? std::vector<const provider::Resource*>()
                                               : engine_.packs().of_task(provider->id, run_.task);
    return store_.write(write_context_, Store::Priority::kBulk, [&](Transaction& tx) -> Result<void> {
      TRY_ASSIGN(const bool go, enter(tx));
      if (!go) return {};
      std::size_t count = 0;
      for (const provider::Resource* resource : resources) {
        static const std::vector<std::string> kGlobal{"global"};
        for (const std::string& region : resource->global ? kGlobal : regions) {
          store::RunScope scope{.run = run_.id,
                                .resource = resource->id,
                                .region = region,
                                .counts = {},
                                .message = {},
                                .error_code = {},
                                .hint = {},
                                .held = {},
                                .started = {},
                                .finished = {},
                                .next_attempt = {}};
          TRY(store_.ledger().insert_scope(tx, run_.connection, scope));
          store::Job job{.type = kScopeJob,
                         .lane = kProviderLane,
                         .payload = {{"run", run_.id.hex()}, {"scope", scope.id}},
                         .run_at = tx.now(),
                         .worker = {}};
          TRY(store_.ledger().enqueue(tx, job));
          ++count;
        }
      }
      if (count == 0) {
        TRY_ASSIGN(const bool none, over(tx, RunState::kFailed,
                                         "There is nothing to list for this task: no region, or no such resource"));
        static_cast<void>(none);
        return {};
      }
      TRY(settle(tx, store_, run_, settling()));
      return store_.ledger().finish_job(tx, job_);
    });
  }

  Result<void> fail(const Error& error) {
    return store_.write(write_context_, Store::Priority::kBulk, [&](Transaction& tx) -> Result<void> {
      TRY_ASSIGN(const bool go, enter(tx));
      if (!go) return {};
      const bool interrupted = context_.stopped();
      if (interrupted || (may_pass(error.code) && job_.attempt < engine_.options().attempts)) {
        const Millis pause = interrupted ? Millis(0)
                                         : backoff(engine_.options(), job_.attempt, static_cast<std::uint64_t>(job_.id),
                                                   error.retry_after_ms);
        run_.message = interrupted ? "Interrupted by a restart" : "Tries again later: " + error.message;
        TRY(store_.ledger().update_run(tx, run_));
        return store_.ledger().release_job(tx, job_, tx.now() + pause);
      }
      const std::string advice = hint(error.code, nullptr);
      log::warn("discovery run failed", {{"run", run_.id.hex()},
                                         {"connection", run_.connection.hex()},
                                         {"code", code_name(error.code)},
                                         {"error", error.message}});
      TRY_ASSIGN(const bool over_now,
                 over(tx, RunState::kFailed, advice.empty() ? error.message : error.message + ". " + advice));
      static_cast<void>(over_now);
      return {};
    });
  }

  Engine& engine_;
  Store& store_;
  const Context& context_;
  const store::Job& job_;
  Context write_context_;
  Run run_;
  Document connection_;
  bool named_all_ = false;
};

}  // namespace

Result<void> plan(Engine& engine, const Context& context, const store::Job& job) {
  return Planner(engine, context, job).run();
}

}  // namespace maestro::discovery
