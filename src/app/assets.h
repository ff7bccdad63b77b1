// The web UI that the build put into the binary.
#pragma once

#include <span>

#include "base/embedded.h"

namespace maestro {
std::span<const EmbeddedFile> embedded_ui();
}

namespace maestro::app {
inline std::span<const EmbeddedFile> ui_files() { return embedded_ui(); }
}  // namespace maestro::app
