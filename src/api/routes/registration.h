// Registration: who may make an account.
#pragma once

#include "api/call.h"
#include "store/store.h"

namespace maestro::api {

/// Before a sign-up is looked at: 400 in the original's words when registration is closed, 429 after too many from one
/// address. An administrator may always make accounts and becomes the actor of the call; anybody else stays nobody,
/// whatever credentials came along. The first account of an instance may always be made: somebody has to begin.
Result<void> admit(Call& call);

/// The same inside the transaction that makes the account. True: it is the first one.
Result<bool> admit_in(const Call& call, store::Transaction& tx);

}  // namespace maestro::api
