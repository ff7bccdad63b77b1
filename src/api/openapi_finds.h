// The routes that find documents, in OpenAPI: search, facets, history, the past.
#pragma once

#include "api/call.h"

namespace maestro::api {

/// Parameters that several routes share, for `components`.
void add_find_components(json::Object& parameters);
/// What these routes take beside their path, and the schema of what they answer. True when `route` is one of them.
bool describe_find(const Route& route, json::Array& parameters, json::Object& success);

/// The route shows documents as they were, too.
bool takes_as_of(const Route& route);

}  // namespace maestro::api
