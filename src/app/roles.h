// Roles: what a process can do. One process does all of it, or several share one store.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace maestro::app {

struct Role {
  const char* name;
  const char* doc;
  const char* needs;
};
std::span<const Role> roles();

/// "api,worker" as a set; kInvalid for an unknown word or an empty list.
Result<std::set<std::string, std::less<>>> parse_roles(std::string_view list);

}  // namespace maestro::app
