// What OpenAPI says about lists and about states of documents: filters of each field, ETag, If-Match.
#pragma once

#include "api/call.h"

namespace maestro::api {

/// components/parameters: one deepObject for every field of every entity that lists filter by, and what all lists
/// share.
json::Object list_components();
/// components/schemas: operators with the types of their values, one object for each type of field.
json::Object filter_schemas();
/// References to the parameters of a list of `entity`, or of its count.
void add_list_parameters(const model::Entity& entity, bool is_count, json::Array& parameters);

/// Whether the route changes one document, and so takes If-Match.
bool takes_if_match(const Route& route);
/// ETag, If-None-Match and 304 of a route that shows one document; If-Match and 412 of one that changes it.
void add_states(const Route& route, bool shows_one, json::Array& parameters, json::Object& success,
                json::Object& responses);

}  // namespace maestro::api
