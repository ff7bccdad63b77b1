// The commands that take a store as a whole: check, backup, restore, copy, migrate.
#pragma once

#include <iosfwd>
#include <optional>

#include "app/settings.h"
#include "app/stores.h"

namespace maestro::app {

/// Prints every problem and, after a repair, what was done and what is left. True when nothing is wrong (any more).
Result<bool> check_store(const StoreAddress& address, bool repair, std::ostream& out);

/// One instant of the store as a file; beside a running server.
Result<void> backup_store(const StoreAddress& address, const std::string& file, bool overwrite, std::ostream& out);

/// The store becomes what the file holds. The encryption secret must be the one that the file was made with.
Result<void> restore_store(const Config& config, const StoreAddress& address, const std::string& file, bool replace,
                           std::ostream& out);

/// `to` must hold no documents.
Result<void> copy_store(const StoreAddress& from, const StoreAddress& to, std::ostream& out);

/// Brings the schema up to date; `backup` = file that is written before, empty = one in the data folder.
Result<void> migrate_store(const Config& config, const StoreAddress& address, const std::string& backup,
                           std::ostream& out);

/// Before a store with documents is opened: when its schema is older than this program's, it is backed up. The file's
/// path; nullopt when there was nothing to do.
Result<std::optional<std::string>> backup_before_migration(const Config& config, const StoreAddress& address,
                                                           const std::string& file);

}  // namespace maestro::app
