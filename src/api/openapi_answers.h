// What the routes beside lists and single documents answer, for the API documentation: status and schema by method and
// the end of the pattern.
#pragma once

#include "api/call.h"

namespace maestro::api {

struct Answered {
  int status = 0;
  const char* schema = "";  ///< name below components/schemas; empty = a body that JSON does not describe, or none
};
/// nullopt for routes that answer with documents or lists of them.
std::optional<Answered> answered(const Route& route);
/// Whether the route stores a document and then asks an engine that there may not be.
bool stores_for_engine(const Route& route);
/// The schemas that answered() names.
json::Object answer_schemas();

}  // namespace maestro::api
