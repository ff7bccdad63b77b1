// Wordings: how the services behind a listener put their refusals. The original's services each had their own.
#pragma once

#include "api/call.h"

namespace maestro::api {

struct Wording {
  /// `original` and the rest as error_answer().
  Answer (*error)(const Error& error, bool original, const std::string& request_id);
  Answer (*no_route)();
};

/// The server and the audit service: {"err":{"name","errors","request_id"}}; see errors.h.
const Wording& server_wording();
/// The data and discovery services: {"error":{"msg"}}, fields that are missing or wrong as {"message":{<field>:
/// <words>}} with 400.
const Wording& data_wording();

/// An error that data_wording() answers with 400 and a message for each field.
Error field_error(const json::Object& messages);

}  // namespace maestro::api
