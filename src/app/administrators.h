// maestro administrators: for an owner whom nobody lets in any more.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "app/settings.h"
#include "base/context.h"

namespace maestro::app {

/// `action`: list, add or remove. A SQLite store must not be served meanwhile; PostgreSQL may.
Result<void> administer(const Config& config, std::string_view action, const std::string& email, std::ostream& out);

/// What is done by nobody's request, as history names it.
Context acting(const char* name);

}  // namespace maestro::app
