// The form in which the data service shows documents: whole, with their access set, times as Python writes them.
#pragma once

#include <string>

#include "json/json.h"
#include "store/types.h"

namespace maestro::gateway {

/// "2026-11-25T03:36:00.120000", without the fraction on a whole second; always UTC, no zone.
std::string peer_time(Time time);
/// Every stored member, `_id`, the access set and times.
json::Object peer_document(const store::Document& document, const store::AccessSet& access);
/// Documents that the data service knows: by the collection's name. nullptr for users and for no collection.
const model::Entity* find_collection(std::string_view name);

}  // namespace maestro::gateway
