// History as clients see it, shared by every route that shows some.
#pragma once

#include "api/call.h"
#include "store/types.h"

namespace maestro::api {

/// {"id","at","verb","actor","changes","run"?}
json::Object history_item(const store::HistoryRow& row);
/// A page of history over all documents that the call may read now, of one run or of all. Reads `actor`, `entity`,
/// `limit`, `cursor` and `scope`; 422 for any other parameter.
Result<Answer> trail_answer(Call& call, const std::optional<ObjectId>& of_run);

}  // namespace maestro::api
