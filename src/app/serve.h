// serve: builds every part in order, runs until a signal, takes them down in reverse.
#pragma once

#include "app/settings.h"

namespace maestro::app {

/// Blocks until SIGTERM or SIGINT; 0 after an orderly stop. An error says what to change before the next start.
Result<void> serve(Config config, const std::string& version);

}  // namespace maestro::app
