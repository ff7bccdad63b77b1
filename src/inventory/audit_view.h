// The audit view of history: each change as the original's audit service kept it (spec of the audit service, 2 and 3).
#pragma once

#include "json/json.h"
#include "store/types.h"

namespace maestro::inventory {

/// What a row of history says as the body of an audit record: changed and added members with their new values, removed
/// ones as null, arrays by index; {"removed": true} for a deletion.
json::Object audit_body(const store::HistoryRow& row);
/// 24 hex digits that stand for a row of history where an object id is expected.
std::string audit_id(std::int64_t row);

}  // namespace maestro::inventory
