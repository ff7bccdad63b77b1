// Stores: from MAESTRO_STORE to an open store. With main, the only place that names an adapter.
#pragma once

#include <memory>
#include <string>

#include "app/settings.h"
#include "auth/keyring.h"
#include "store/store.h"
#include "store_sql/depot.h"

namespace maestro::app {

/// Where the data of an installation lives.
struct StoreAddress {
  enum class Kind { kSqlite, kPostgres } kind = Kind::kSqlite;
  std::string path;   ///< of the SQLite file, or the URL with its password
  std::string shown;  ///< for logs and answers: no password
};

/// "sqlite:PATH" or "postgresql://..."; empty = sqlite:DATA/maestro.db. kInvalid names the setting.
Result<StoreAddress> parse_store(const std::string& store, const std::string& data);
Result<StoreAddress> store_address(const Config& config);
/// `cache_mib`: of the page cache, where it is ours.
Result<std::unique_ptr<store::Store>> open_store(const StoreAddress& address, const Clock& clock, int cache_mib = 64);
std::unique_ptr<store_sql::Depot> open_depot(const StoreAddress& address);

// A backup is an SQLite database, whatever the store is.
/// What the source sees, in a file that has its name only when it is whole; it grows as `partial`.
Result<void> write_backup(store_sql::Session& source, const std::string& file, const std::string& partial,
                          bool overwrite, const store_sql::Progress& progress);
/// Looks at every page of it. kInvalid says what is wrong.
Result<std::unique_ptr<store_sql::Session>> open_backup(const std::string& file);

/// One key for the life of a store, which remembers the first: another one could open none of its credentials.
Result<void> check_key(store::Store& store, const auth::Keyring& keyring);

/// Begins what makes lists of a large store fast, in the background.
void warm_up(store::Store& store);

}  // namespace maestro::app
