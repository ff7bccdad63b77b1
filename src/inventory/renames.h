// Renames: documents keep copies of the names of others (a server of its datacenter, a role of its holder). A rename
// writes one row; what is here brings the copies after it (spec of the audit service, 4).
//
// The job is enqueued in the transaction of the rename and carries how far it got, so a killed process loses nothing.
// Each batch is a transaction of its own that reads the name anew: renames that overtake each other end in the last
// name, and an edit that comes in between is never undone. Copies are no edits: no history, no new `updated_at`.
#pragma once

#include "base/context.h"
#include "base/result.h"
#include "store/store.h"

namespace maestro::inventory {

inline constexpr const char* kRenameJob = "inventory.rename";  ///< {"entity","id","step","cursor"?,"pass"}
inline constexpr const char* kRenameLane = "renames";

/// Thread-safe.
class Renames final : public store::Observer {
 public:
  struct Options {
    std::size_t page = 500;   ///< copies that are looked for at once
    std::size_t batch = 100;  ///< documents of one transaction
    int passes = 2;           ///< the last one finds what was being written while the first went by
    Millis pause{120'000};    ///< before another pass
  };
  explicit Renames(store::Store& store) : Renames(store, Options()) {}
  Renames(store::Store& store, Options options) : store_(store), options_(options) {}

  /// Enqueues the job when `after` is called something else than `before`.
  Result<void> written(store::Transaction& tx, const store::Document* before, const store::Document& after,
                       const store::Change& change) override;
  /// Does one page of copies and leaves the rest to a job of its own.
  Result<void> handle(const Context& context, const store::Job& job);

 private:
  struct Position;
  Result<void> leave(store::Transaction& tx, const store::Job& job, const Position& next);

  store::Store& store_;
  Options options_;
};

}  // namespace maestro::inventory
