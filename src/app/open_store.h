// The store that the settings name: the one place that chooses an adapter.
#pragma once

#include <memory>
#include <string>

#include "app/settings.h"
#include "base/time.h"
#include "store/store.h"

namespace maestro::app {

/// The database file that the setting `store` means; kInvalid says what it may be.
Result<std::string> store_path(const Config& config);

/// Opens it, making it when it does not exist; `clock` must outlive it. The data folder must exist.
/// `cache_mib`: page cache; more than the default for a bulk load into many indexes.
Result<std::unique_ptr<store::Store>> open_store(const Config& config, const Clock& clock, int cache_mib = 64);

}  // namespace maestro::app
