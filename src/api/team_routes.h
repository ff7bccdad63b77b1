// Team routes: "/teams/:team/servers/..." does what "/servers/..." does, with the roles of the team (spec 2.5).
#pragma once

#include <string>
#include <vector>

#include "api/call.h"

namespace maestro::api {

/// The mirror of a route: the same handler below a team. Dispatch takes the team off the path's values before it runs.
Route mirrored(const Route& route);
/// Adds the mirror of every route that states the member role for it.
void add_team_routes(std::vector<Route>& routes);
/// The pattern of what a route mirrors; its own when it is no mirror.
std::string plain_pattern(const Route& route);

}  // namespace maestro::api
