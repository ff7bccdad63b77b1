// Idempotency-Key: a creation that is sent again is answered as it was the first time, and done once.
//
// The answer is written in the transaction of the creation: both are there, or neither. Refusals are not kept, since
// they left nothing behind.
#pragma once

#include "api/call.h"
#include "store/store.h"

namespace maestro::api {

/// Before the handler of a route with `keeps_answer`: the kept answer of this person and key, or nullopt when the
/// request is new or has no key. Reads the key into the call. 422 for a malformed key, and for one that another request
/// has used (`IdempotencyError`).
Result<std::optional<Answer>> kept_answer(Call& call);
/// To be called by the handler inside its transaction. kConflict when the same key came first in the meantime: the
/// transaction must then be given up. Nothing without a key.
Result<void> keep_answer(const Call& call, store::Transaction& tx, const Answer& answer);

}  // namespace maestro::api
