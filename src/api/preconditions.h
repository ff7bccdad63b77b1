// ETag and If-Match: which state of a document an answer shows, and which states a change may meet.
#pragma once

#include "api/call.h"
#include "inventory/inventory.h"

namespace maestro::api {

/// Names the document's revision and this release: another one may show the same revision in another way.
std::string entity_tag(const Call& call, const store::Document& document);
/// The answer with the strong tag of the document that it shows.
Answer tagged(const Call& call, Answer answer, const store::Document& document);
/// The states that If-Match allows; any without the header or with "*". Weak and foreign tags name none.
inventory::Expected expected(const Call& call);

}  // namespace maestro::api
