// OpenAPI 3.1, generated from the same tables that serve the requests.
#pragma once

#include <vector>

#include "api/call.h"
#include "json/json.h"

namespace maestro::api {

/// {"$ref"} to a component: "schemas/Server".
json::Object reference(const std::string& component);
/// The document of one listener's table.
json::Object openapi_document(const std::vector<Route>& routes, const std::string& version);

}  // namespace maestro::api
