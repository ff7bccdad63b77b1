// The audit view of one document: shared by the routes of the server and the audit service's own listener.
#pragma once

#include "api/call.h"

namespace maestro::api {

/// History of a document, whoever asks: the caller has checked that they may. `limit`, `page` and `ascending` of the
/// query count.
Result<Answer> audit_answer(Call& call, const model::Entity& entity, const ObjectId& id);
/// The same from this process's own history, wherever the audit service runs.
Result<Answer> own_audit_answer(Call& call, const model::Entity& entity, const ObjectId& id);

}  // namespace maestro::api
