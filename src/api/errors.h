// Errors on the wire: one table from codes to status and name, one body for all.
#pragma once

#include "api/call.h"

namespace maestro::api {

/// {"err":{"name","errors","request_id"}}. On original routes a refusal is 400 (its clients log out on 403); 401 is the
/// plain word without a content type.
Answer error_answer(const Error& error, bool original, const std::string& request_id);
/// {"error":"resource not found"}
Answer no_route();

}  // namespace maestro::api
