// The store's ports on a PostgreSQL database: for any number of processes.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "store/store.h"

namespace maestro::store_postgres {

struct Options {
  std::string url;               ///< postgresql://user:password@host:port/database?..., or libpq's key=value form
  std::size_t connections = 12;  ///< at most so many of this process
  /// Must outlive the store. nullptr = the system's.
  const Clock* clock = nullptr;
};

/// Opens the database and brings its schema up to date; while another process does that, waits for it. kUnavailable
/// when the server cannot be reached, kInvalid for a database of something else or of a newer Maestro.
Result<std::unique_ptr<store::Store>> open(const Options& options);

/// The address without its password, for logs and answers.
std::string shown(const std::string& url);

}  // namespace maestro::store_postgres
