// The installation's secrets: given by the environment, or made at first start and kept in DATA/secrets.json (mode
// 0600).
#pragma once

#include "app/settings.h"

namespace maestro::app {

/// Makes the data folder (mode 0700) and fills every secret that nobody gave. kInvalid when the file is readable by
/// others or broken; kUnavailable when the folder cannot be written.
Result<void> load_secrets(Config& config);

/// In production (NODE_ENV=production, or a host beyond loopback): default and short secrets are refused, by name.
Result<void> check_secrets(const Config& config);

}  // namespace maestro::app
