// `maestro list`: prints what this binary knows: routes, entities, packs, jobs, settings, roles.
#pragma once

#include <string>

#include "app/settings.h"

namespace maestro::app {

/// kInvalid for a word that is no catalog.
Result<std::string> list_catalog(const std::string& what, const std::string& packs_folder);
/// `maestro config`: effective values with their origin, secrets masked; old variables of the environment with a note.
std::string show_config(const Config& config, const Config::Environment& environment);

}  // namespace maestro::app
