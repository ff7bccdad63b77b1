// Runs: discovery as people see and steer it: start, watch, cancel, decide about a held drop, forget a connection.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/keyring.h"
#include "base/context.h"
#include "base/result.h"
#include "json/json.h"
#include "provider/provider.h"
#include "store/store.h"

namespace maestro::discovery {

/// Who or what asked for a run; stored in Run::trigger.
inline constexpr const char* kBySchedule = "schedule";
inline constexpr const char* kByUser = "user";
inline constexpr const char* kByCreation = "create";

/// A run as clients see it (times ISO, ids hex); with `scopes` their list is included. `packs` names the resources.
json::Object to_json(const store::Run& run, const std::vector<store::RunScope>* scopes,
                     const provider::Packs* packs = nullptr);
json::Object to_json(const store::RunScope& scope, const provider::Packs* packs = nullptr);

/// Thread-safe. Rights are the caller's to check: a run is as visible and as steerable as its connection.
class Runs {
 public:
  Runs(store::Store& store, const provider::Packs& packs, const auth::Keyring& keyring)
      : store_(store), packs_(packs), keyring_(keyring) {}

  /// Starts a run of each task (no tasks = all of the connection's provider). A task that is already being discovered
  /// gives its open run instead of a second one. kInvalid for an unknown task or a connection that is not enabled.
  /// `after` runs last in the transaction.
  using After = std::function<Result<void>(store::Transaction&, const std::vector<store::Run>&)>;
  Result<std::vector<store::Run>> start(const Context& context, const store::Document& connection,
                                        const std::vector<std::string>& tasks, std::string_view trigger,
                                        const After& after = {});
  /// As above for one task, inside the caller's transaction: run and job are there when it commits, or not at all.
  Result<store::Run> start(store::Transaction& tx, const store::Document& connection, std::string_view task,
                           std::string_view trigger);

  /// Stops a run: what waits is canceled at once, what runs stops at its next page. Nothing is retired. A final run
  /// stays as it is.
  Result<store::Run> cancel(const Context& context, const ObjectId& run);
  /// Cancels all open runs of a connection (disabled, deleted), inside the caller's transaction.
  Result<void> cancel_all(store::Transaction& tx, const ObjectId& connection, std::string_view why);
  /// Decides about a held scope: yes = it is read again and may then retire what was shown; no = nothing is retired.
  /// kConflict when it is not held any more or its task is being discovered now.
  Result<store::Run> decide(const Context& context, const ObjectId& run, std::int64_t scope, bool approve);
  /// To be called in the transaction that deletes a connection: cancels its runs and enqueues the job that takes the
  /// connection off everything that it saw. The documents stay.
  Result<void> forget(store::Transaction& tx, const ObjectId& connection);

  /// kNotFound when there is none.
  Result<store::Run> get(const Context& context, const ObjectId& run);
  Result<std::vector<store::RunScope>> scopes(const Context& context, const ObjectId& run);
  Result<store::Ledger::RunPage> list(const Context& context, const ObjectId& connection, std::size_t limit,
                                      std::string_view cursor);
  /// The newest run of each task of each connection.
  Result<std::vector<store::Run>> latest(const Context& context, std::span<const ObjectId> connections);
  /// The run with its scopes and their labels.
  Result<json::Object> show(const Context& context, const store::Run& run);

  /// The connection with its credentials in the clear, for Clouds::open(). Keep it in memory only.
  Result<provider::Connection> open_connection(const Context& context, const store::Document& connection);

  /// Task names of the connection's provider; empty when the provider is unknown.
  std::vector<std::string> tasks_of(const store::Document& connection) const;
  const provider::Packs& packs() const { return packs_; }

 private:
  store::Store& store_;
  const provider::Packs& packs_;
  const auth::Keyring& keyring_;
};

/// A connection document without its secrets as providers want it; `credentials` stay empty.
provider::Connection describe_connection(const store::Document& connection);
/// True when it exists, is not deleted and is switched on.
bool is_enabled(const store::Document& connection);

}  // namespace maestro::discovery
