// Progress: how the states of scopes become the state of their run, and what else follows from that.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace maestro::discovery {

/// What scopes amount to. Success only if every one succeeded; a held one waits for a person.
struct Verdict {
  store::RunState state = store::RunState::kRunning;
  std::string message;
};
Verdict judge(const store::Run& run, const std::vector<store::RunScope>& scopes);

/// "12 found, 3 new, 1 changed"
std::string summary(const store::Counts& counts);

struct Settling {
  std::size_t keep_runs = 50;
  /// False inside a transaction that writes the connection's document itself.
  bool tell_connection = true;
};
/// Recomputes a run from its scopes, writes it, and does what the end of a run brings along.
Result<void> settle(store::Transaction& tx, store::Store& store, store::Run& run, const Settling& settling = {});
/// Ends a run that has no scopes to judge by.
Result<void> end_run(store::Transaction& tx, store::Store& store, store::Run& run, store::RunState state,
                     std::string message, const Settling& settling = {});

/// Keeps `process.<task>` of the connection as the original's client reads it. No history; nothing when it is deleted.
Result<void> tell_connection(store::Transaction& tx, store::Store& store, const store::Run& run);

/// The declared entity of connections.
const model::Entity& connections_entity();

}  // namespace maestro::discovery
