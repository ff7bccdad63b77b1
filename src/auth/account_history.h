// Account history: changes of an account that are not in its document.
#pragma once

#include "json/json.h"
#include "store/store.h"

namespace maestro::auth {

/// In the history of the person's document; `before` and `after` null = there was or is none.
Result<void> note(store::Store& store, store::Transaction& tx, const ObjectId& user, std::string_view path,
                  json::Value before, json::Value after);

}  // namespace maestro::auth
