#include "discovery/progress.h"

#include "discovery/events.h"

namespace maestro::discovery {
namespace {

using store::Run;
using store::RunScope;
using store::RunState;

bool is_open(RunState state) {
  return state == RunState::kQueued || state == RunState::kRunning || state == RunState::kRetrying;
}

std::string place(const RunScope& scope) {
  return scope.region.empty() ? scope.resource : scope.resource + " in " + scope.region;
}

/// "2 of 17 listings failed; aws/ec2_instances in eu-west-1: ..."
std::string tell(const std::vector<RunScope>& scopes, RunState state, std::string_view what) {
  std::size_t count = 0;
  const RunScope* first = nullptr;
  for (const RunScope& scope : scopes) {
    if (scope.state != state) continue;
    ++count;
    if (first == nullptr) first = &scope;
  }
  if (first == nullptr) return {};
  if (scopes.size() == 1) return first->message;
  return fmt::format("{} of {} listings {}; {}: {}", count, scopes.size(), what, place(*first), first->message);
}

const char* process_state(RunState state) {
  if (state == RunState::kSuccess) return "success";
  return state == RunState::kFailed ? "danger" : "warning";
}

std::string process_text(const Run& run) {
  if (is_open(run.state)) return "In progress: " + run.task;
  if (run.message.empty()) return store::run_state_name(run.state);
  return run.message;
}

Result<void> finish(store::Transaction& tx, store::Store& store, Run& run, const Settling& settling) {
  const bool ends = is_final(run.state) && !run.finished;
  if (is_final(run.state)) {
    if (!run.finished) run.finished = tx.now();
  } else {
    run.finished.reset();
  }
  TRY(store.ledger().update_run(tx, run));
  if (settling.tell_connection && !is_open(run.state)) TRY(tell_connection(tx, store, run));
  if (ends) TRY(tell_schedules(tx, store, run));
  if (is_final(run.state)) TRY(store.ledger().prune_runs(tx, run.connection, run.task, settling.keep_runs));
  return {};
}

}  // namespace

const model::Entity& connections_entity() { return *model::find_entity("connections"); }

std::string summary(const store::Counts& counts) {
  std::string out = fmt::format("{} found", counts.seen);
  const auto add = [&](std::int64_t count, std::string_view word) {
    if (count > 0) fmt::format_to(std::back_inserter(out), ", {} {}", count, word);
  };
  add(counts.created, "new");
  add(counts.updated, "changed");
  add(counts.adopted, "adopted");
  add(counts.revived, "back again");
  add(counts.retired, "retired");
  add(counts.errors, "not readable");
  return out;
}

Verdict judge(const Run& run, const std::vector<RunScope>& scopes) {
  std::map<RunState, std::size_t> count;
  for (const RunScope& scope : scopes) ++count[scope.state];
  const std::size_t open = count[RunState::kQueued] + count[RunState::kRunning] + count[RunState::kRetrying];
  if (open > 0) {
    return {.state = RunState::kRunning,
            .message = run.cancel_requested ? std::string("Stops at the next page")
                                            : tell(scopes, RunState::kRetrying, "wait for another try")};
  }
  if (count[RunState::kHeld] > 0)
    return {.state = RunState::kHeld, .message = tell(scopes, RunState::kHeld, "wait for a decision")};
  if (count[RunState::kSuccess] == scopes.size()) return {.state = RunState::kSuccess, .message = summary(run.counts)};
  const std::size_t canceled = count[RunState::kCanceled];
  if (canceled == scopes.size() || (canceled > 0 && run.cancel_requested))
    return {.state = RunState::kCanceled, .message = tell(scopes, RunState::kCanceled, "were canceled")};
  if (count[RunState::kFailed] > 0) {
    const bool all = count[RunState::kFailed] + canceled == scopes.size();
    return {.state = all ? RunState::kFailed : RunState::kPartial,
            .message = tell(scopes, RunState::kFailed, "failed")};
  }
  if (count[RunState::kPartial] > 0)
    return {.state = RunState::kPartial, .message = tell(scopes, RunState::kPartial, "are incomplete")};
  return {.state = RunState::kPartial, .message = tell(scopes, RunState::kCanceled, "were canceled")};
}

Result<void> settle(store::Transaction& tx, store::Store& store, Run& run, const Settling& settling) {
  TRY_ASSIGN(const auto scopes, store.ledger().scopes(tx, run.id));
  run.counts = {};
  for (const RunScope& scope : scopes) run.counts += scope.counts;
  Verdict verdict = judge(run, scopes);
  run.state = verdict.state;
  run.message = std::move(verdict.message);
  return finish(tx, store, run, settling);
}

Result<void> end_run(store::Transaction& tx, store::Store& store, Run& run, RunState state, std::string message,
                     const Settling& settling) {
  run.state = state;
  run.message = std::move(message);
  return finish(tx, store, run, settling);
}

Result<void> tell_connection(store::Transaction& tx, store::Store& store, const Run& run) {
  TRY_ASSIGN(const auto found, store.documents().find(tx, connections_entity(), run.connection));
  if (!found || !found->active) return {};
  store::Document after = *found;
  json::Value& process = after.body["process"];
  if (!process.is_object()) process.emplace_object();
  process.get_object()[run.task] =
      json::Object{{"state", process_state(run.state)}, {"msg", process_text(run) + " At " + to_iso(tx.now())}};
  return store.documents().update(tx, *found, after, {.verb = "", .changes = {}});
}

}  // namespace maestro::discovery
