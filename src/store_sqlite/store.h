// The store's ports on one SQLite file: for one process, on one machine.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "store/store.h"

namespace maestro::store_sqlite {

struct Options {
  std::string path;         ///< database file; made with mode 0600 when it does not exist. Its folder must exist
  std::size_t readers = 4;  ///< at most so many reads at once; further ones wait
  int cache_mib = 64;       ///< page cache of all connections together
  /// Must outlive the store. nullptr = the system's.
  const Clock* clock = nullptr;
};

/// Opens or creates the database, brings its schema up to date, and locks it: a second process (or a second open) is
/// refused with kConflict. The store must outlive every call on it.
Result<std::unique_ptr<store::Store>> open(const Options& options);

}  // namespace maestro::store_sqlite
