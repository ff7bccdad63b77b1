// Move: a dump of the original into an empty store, in transactions that each say how far it has come.
#pragma once

#include "auth/keyring.h"
#include "moving/survey.h"
#include "store/store.h"

namespace maestro::moving {

/// Where it goes.
struct Target {
  store::Store& store;
  const auth::Keyring& keyring;
  const provider::Packs& packs;
  std::string envelope_secret;  ///< MAESTRO_SECRETJWT of this installation
  std::size_t batch = 500;      ///< documents a transaction
};

struct Outcome {
  std::vector<Tally> tallies;         ///< of the survey's collections
  std::int64_t schedules = 0;         ///< of discovery
  std::int64_t carried_on = 0;        ///< documents that earlier calls had written
  bool was_done = false;              ///< an earlier call had done it all
  std::vector<std::string> mistakes;  ///< what does not add up; empty = all is well
};

/// Writes what the survey has looked at. kConflict, and nothing written, when the store holds anything but an earlier,
/// interrupted move of the same dump; that one is carried on. Killed at any moment it can be called again.
Result<Outcome> move_in(const Context& context, const Target& target, const Survey& survey,
                        const OnProgress& on_progress);

/// True while a move into this store was begun and not finished.
Result<bool> is_half_done(const Context& context, store::Store& store);

}  // namespace maestro::moving
