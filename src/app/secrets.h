// The installation's secrets: given by the environment, or made at first start and kept in DATA/secrets.json (mode
// 0600).
#pragma once

#include "app/settings.h"

namespace maestro::app {

/// Makes the data folder (mode 0700) and fills every secret that nobody gave. kInvalid when the file is readable by
/// others or broken; kUnavailable when the folder cannot be written.
Result<void> load_secrets(Config& config);

/// A secret that somebody gave or an earlier start made; empty when there is none. Makes nothing.
Result<std::string> find_secret(const Config& config, std::string_view name);

/// Makes the data folder when it does not exist: for its owner alone.
Result<void> make_data_folder(const Config& config);

/// In production (NODE_ENV=production, or a host beyond loopback): default and short secrets are refused, by name.
Result<void> check_secrets(const Config& config);

}  // namespace maestro::app
