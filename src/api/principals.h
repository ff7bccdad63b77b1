// Principals in a query: whose eyes a request has (?scope=), and who did something (?actor=).
#pragma once

#include "api/call.h"

namespace maestro::api {

/// `scope=me` (the default), `team:<id>` or `all` (oneself and one's teams). 422 for anything else; 403 for a team that
/// the person is not in, which tells nothing about whether there is such a team.
Result<Principal> read_scope(const Call& call);

/// Who did something: `me`, `system`, a person's id, or `user:`, `team:` or `connection:` and an id.
std::optional<Principal> read_actor(const Call& call, std::string_view text);

}  // namespace maestro::api
