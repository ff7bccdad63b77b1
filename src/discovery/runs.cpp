#include "discovery/runs.h"

#include "base/utf8.h"
#include "discovery/engine.h"
#include "discovery/progress.h"

namespace maestro::discovery {
namespace {

using store::Document;
using store::Run;
using store::RunScope;
using store::RunState;
using store::Store;
using store::Transaction;

std::string person(const Context& context) {
  const Actor& actor = context.actor;
  if (!actor.name.empty()) return actor.name;
  return actor.email.empty() ? "a person" : actor.email;
}

Error no_such_run() { return not_found("There is no such run"); }

/// Everything of a run that waits is canceled; what runs sees `cancel_requested` at its next page.
Result<void> cancel_run(Transaction& tx, Store& store, Run& run, const std::string& why, const Settling& settling) {
  if (is_final(run.state)) return {};
  run.cancel_requested = true;
  TRY_ASSIGN(auto scopes, store.ledger().scopes(tx, run.id));
  for (RunScope& scope : scopes) {
    if (is_final(scope.state) || scope.state == RunState::kRunning) continue;
    scope.state = RunState::kCanceled;
    scope.message = why;
    scope.error_code.clear();
    scope.hint.clear();
    scope.next_attempt.reset();
    scope.finished = tx.now();
    TRY(store.ledger().update_scope(tx, scope));
  }
  if (scopes.empty()) return end_run(tx, store, run, RunState::kCanceled, why, settling);
  return settle(tx, store, run, settling);
}

}  // namespace

bool is_enabled(const Document& connection) {
  // Documents of the original may lack the status; they count as switched on there.
  return connection.active && json::text_or(connection.body, "status", "enabled") == "enabled";
}

provider::Connection describe_connection(const Document& connection) {
  const json::Object& body = connection.body;
  const auto text = [&](std::string_view name) { return std::string(json::text_or(body, name)); };
  provider::Connection out{.id = connection.id,
                           .name = text("name"),
                           .provider = text("provider"),
                           .service = text("service"),
                           .datacenter = text("dc"),
                           .datacenter_id = text("dc_id"),
                           .url = text("url"),
                           .project = text("project"),
                           .user_domain_id = text("user_domain_id"),
                           .api_version = {},
                           .regions = {},
                           .credentials = {}};
  if (const json::Value* version = body.if_contains("api_version")) out.api_version = json::scalar_text(*version);
  if (const json::Value* regions = body.if_contains("regions"); regions != nullptr && regions->is_array()) {
    for (const json::Value& region : regions->get_array())
      if (region.is_string()) out.regions.emplace_back(region.get_string());
  }
  return out;
}

Result<provider::Connection> Runs::open_connection(const Context& context, const Document& connection) {
  provider::Connection out = describe_connection(connection);
  TRY_ASSIGN(const auto sealed, store_.vault().secret(context, connection.id));
  if (!sealed) return invalid("The connection has no stored credentials: enter them again");
  auto plain = keyring_.open(*sealed, auth::connection_context(connection.id));
  if (!plain.ok()) return invalid("The stored credentials cannot be opened with this installation's key");
  auto credentials = json::parse(*plain);
  if (!credentials.ok() || !credentials->is_object())
    return invalid("The stored credentials are damaged: enter them again");
  out.credentials = std::move(credentials->get_object());
  return out;
}

std::vector<std::string> Runs::tasks_of(const Document& connection) const {
  const provider::Provider* provider = provider::find_provider(json::text_or(connection.body, "provider"));
  return provider == nullptr ? std::vector<std::string>() : packs_.tasks(provider->id);
}

Result<Run> Runs::start(Transaction& tx, const Document& connection, std::string_view task, std::string_view trigger) {
  if (!is_enabled(connection)) return invalid("The connection is switched off");
  const auto tasks = tasks_of(connection);
  if (std::find(tasks.begin(), tasks.end(), task) == tasks.end())
    return invalid("This provider has no task " + text::to_utf8(std::string(task.substr(0, 60))));
  TRY_ASSIGN(const auto open, store_.ledger().open_runs(tx, connection.id, task));
  // A run that only waits for a decision must not keep the inventory from being fresh.
  for (const Run& run : open)
    if (run.state != RunState::kHeld) return run;

  Run run{.id = ObjectId::generate(),
          .connection = connection.id,
          .task = std::string(task),
          .trigger = std::string(trigger),
          .by = tx.context().actor.user,
          .by_name = tx.context().actor.name,
          .message = {},
          .created = tx.now(),
          .started = {},
          .finished = {},
          .counts = {}};
  if (run.by && run.by_name.empty()) run.by_name = tx.context().actor.email;
  TRY(store_.ledger().insert_run(tx, run));
  store::Job job{
      .type = kPlanJob, .lane = kProviderLane, .payload = {{"run", run.id.hex()}}, .run_at = tx.now(), .worker = {}};
  TRY(store_.ledger().enqueue(tx, job));
  return run;
}

Result<std::vector<Run>> Runs::start(const Context& context, const Document& connection,
                                     const std::vector<std::string>& tasks, std::string_view trigger,
                                     const After& after) {
  const std::vector<std::string> wanted = tasks.empty() ? tasks_of(connection) : tasks;
  if (wanted.empty()) return invalid("Nothing can be discovered with this connection's provider");
  std::vector<Run> runs;
  const auto work = [&](Transaction& tx) -> Result<void> {
    runs.clear();
    // As it is now: the caller may have read it before somebody switched it off.
    TRY_ASSIGN(const auto fresh, store_.documents().find(tx, connections_entity(), connection.id));
    if (!fresh) return not_found("There is no such connection");
    for (const std::string& task : wanted) {
      TRY_ASSIGN(Run run, start(tx, *fresh, task, trigger));
      TRY(tell_connection(tx, store_, run));
      runs.push_back(std::move(run));
    }
    return after ? after(tx, runs) : Result<void>();
  };
  TRY(store_.write(context, Store::Priority::kInteractive, work));
  return runs;
}

Result<Run> Runs::cancel(const Context& context, const ObjectId& id) {
  Run run;
  const auto work = [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(auto found, store_.ledger().find_run(tx, id));
    if (!found) return no_such_run();
    run = std::move(*found);
    return cancel_run(tx, store_, run, "Canceled by " + person(context), {});
  };
  TRY(store_.write(context, Store::Priority::kInteractive, work));
  return run;
}

Result<void> Runs::cancel_all(Transaction& tx, const ObjectId& connection, std::string_view why) {
  TRY_ASSIGN(auto open, store_.ledger().open_runs(tx, connection, {}));
  for (Run& run : open) TRY(cancel_run(tx, store_, run, std::string(why), {.tell_connection = false}));
  return {};
}

Result<Run> Runs::decide(const Context& context, const ObjectId& id, std::int64_t scope_id, bool approve) {
  Run run;
  const auto work = [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(auto found, store_.ledger().find_run(tx, id));
    if (!found) return no_such_run();
    run = std::move(*found);
    TRY_ASSIGN(auto scope, store_.ledger().find_scope(tx, scope_id));
    if (!scope || scope->run != run.id) return not_found("The run has no such part");
    if (scope->state != RunState::kHeld) return conflict("Nothing waits for a decision here any more");
    if (approve) {
      // Two readings of one listing at a time would judge by each other's half-written sightings.
      TRY_ASSIGN(const auto open, store_.ledger().open_runs(tx, run.connection, run.task));
      for (const Run& other : open) {
        if (other.id != run.id && other.state != RunState::kHeld)
          return conflict("This task is being discovered right now: decide when that run has ended");
      }
      scope->approved = true;
      scope->state = RunState::kQueued;
      scope->attempt = 0;
      scope->message = "Approved by " + person(context) + ": read again before anything is retired";
      scope->finished.reset();
      store::Job job{.type = kScopeJob,
                     .lane = kProviderLane,
                     .payload = {{"run", run.id.hex()}, {"scope", scope->id}},
                     .run_at = tx.now(),
                     .worker = {}};
      TRY(store_.ledger().enqueue(tx, job));
    } else {
      scope->state = RunState::kCanceled;
      scope->message = "Rejected by " + person(context) + ": nothing was retired";
      scope->finished = tx.now();
    }
    TRY(store_.ledger().update_scope(tx, *scope));
    return settle(tx, store_, run);
  };
  TRY(store_.write(context, Store::Priority::kInteractive, work));
  return run;
}

Result<void> Runs::forget(Transaction& tx, const ObjectId& connection) {
  TRY(cancel_all(tx, connection, "The connection was deleted"));
  store::Job job{.type = kForgetJob,
                 .lane = kBulkLane,
                 .payload = {{"connection", connection.hex()}},
                 .run_at = tx.now(),
                 .worker = {}};
  return store_.ledger().enqueue(tx, job);
}

Result<Run> Runs::get(const Context& context, const ObjectId& id) {
  TRY_ASSIGN(auto found, store_.ledger().find_run(context, id));
  if (!found) return no_such_run();
  return std::move(*found);
}

Result<std::vector<RunScope>> Runs::scopes(const Context& context, const ObjectId& run) {
  return store_.ledger().scopes(context, run);
}

Result<store::Ledger::RunPage> Runs::list(const Context& context, const ObjectId& connection, std::size_t limit,
                                          std::string_view cursor) {
  return store_.ledger().runs(context, connection, limit, cursor);
}

Result<std::vector<Run>> Runs::latest(const Context& context, std::span<const ObjectId> connections) {
  return store_.ledger().latest_runs(context, connections);
}

Result<json::Object> Runs::show(const Context& context, const Run& run) {
  TRY_ASSIGN(const auto parts, scopes(context, run.id));
  return to_json(run, &parts, &packs_);
}

}  // namespace maestro::discovery
