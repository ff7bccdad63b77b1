// What reports and graphs share: a stored document, and an engine (here or elsewhere) that works it out.
#pragma once

#include "api/call.h"
#include "siblings/siblings.h"
#include "store/types.h"

namespace maestro::api {

/// Asks the engine that a stored document needs; its answer is the route's. ServiceDisabledError where there is none:
/// the document stays.
Result<Answer> ask_engine(const Call& call, siblings::Service service, const std::string& path,
                          const json::Object& body, int status);

/// Asks the report engine for the result of a stored report; 201 with its answer.
Result<Answer> work_out_report(const Call& call, const store::Document& report);

}  // namespace maestro::api
