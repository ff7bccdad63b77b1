// Signing in, shared by POST /users/auth and POST /session.
#pragma once

#include "api/call.h"
#include "auth/sessions.h"

namespace maestro::api {

/// Checks email and password of the body. 422 for their shape, 400 "Invalid username or password", 429 after ten
/// failures a minute per account and address; an imported or weaker hash is replaced at success.
Result<auth::Sessions::Issued> log_in(Call& call);

}  // namespace maestro::api
