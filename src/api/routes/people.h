// Signing in, shared by POST /users/auth and POST /session.
#pragma once

#include "api/call.h"
#include "auth/sessions.h"
#include "store/store.h"

namespace maestro::api {

/// Checks email and password of the body. 422 for their shape, 400 "Invalid username or password", 429 after ten
/// failures a minute per account and address; an imported or weaker hash is replaced at success.
Result<auth::Sessions::Issued> log_in(Call& call);

/// The active person with this address, in any case of letters.
Result<std::optional<store::Document>> find_by_email(Call& call, std::string_view email);

}  // namespace maestro::api
