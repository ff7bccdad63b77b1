// Principals: as whom a request acts and whose eyes it has (?scope=, the routes of teams), and who did something
// (?actor=).
#pragma once

#include "api/call.h"

namespace maestro::api {

/// The person acting as a team. not_allowed() unless the team is active and the person a member with at least `role`:
/// which of these it is tells nobody anything.
Result<Actor> as_team(Services& services, const Context& context, const ObjectId& team, int role);
/// The person reading together with every active team that they are a member of.
Result<Actor> with_teams(Services& services, const Context& context);
/// The actor with today's memberships, for what outlives its request. not_allowed() when it may act as its team no
/// longer.
Result<Actor> renewed(Services& services, const Context& context);

/// Sets the call's actor. On the route of a team: that team, which is taken off the path's values; 404 for a malformed
/// id. Else what `scope` says: `me` (the default); for reading also `team:<id>`, 403 when the person is not in it, or
/// `all`, oneself and one's teams. 422 for anything else.
Result<void> take_standpoint(Call& call);

/// Who did something: `me`, `system`, a person's id, or `user:`, `team:` or `connection:` and an id. What a person did
/// for a team is the person's.
std::optional<Principal> read_actor(const Call& call, std::string_view text);

}  // namespace maestro::api
