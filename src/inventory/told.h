// Told: what a peer says has changed on a document of ours, kept in its history beside our own changes (spec of the
// audit service).
#pragma once

#include <string>

#include "base/context.h"
#include "base/result.h"
#include "json/json.h"
#include "store/store.h"

namespace maestro::inventory {

struct Telling {
  enum class Kind {
    kWhole,   ///< the whole body: what is not in it is left open
    kPart,    ///< some members
    kRemoved  ///< that it was deleted
  } kind = Kind::kWhole;
  json::Object body = {};
  std::string mail = {};  ///< who did it, as the peer says; never taken for the person
};

struct Told {
  bool ours = false;          ///< there is such a document here
  std::int64_t record = 0;    ///< row of history; 0 = the change is there already, nothing was written
  json::Object changes = {};  ///< members that differ, with their new values
  Time at{};
};

/// Appends a row with the verb kTold (inventory/past.h) when the document is ours and neither is like that nor was told
/// of before. The document itself stays as it is.
Result<Told> take_telling(const Context& context, store::Store& store, const model::Entity& entity, const ObjectId& id,
                          const Telling& telling);

}  // namespace maestro::inventory
