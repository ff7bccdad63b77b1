// Cursor: where a page of a list ended, as opaque text for clients.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store_sql/session.h"

namespace maestro::store_sql {

struct Cursor {
  bool backward = false;  ///< the page before the position instead of the one after
  Value key;              ///< sort value of the item at the position
  ObjectId id;            ///< that item
};

/// Eight bytes that tell lists apart: entity, filter, activity, sort and direction. A cursor serves its own list only.
std::string list_fingerprint(const store::ListSpec& spec);
std::string write_cursor(const Cursor& cursor, std::string_view fingerprint);
/// kInvalid naming `cursor` for a text that is none, or of another list.
Result<Cursor> read_cursor(std::string_view text, std::string_view fingerprint);

}  // namespace maestro::store_sql
