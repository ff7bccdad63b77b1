// Values: what the original stored in several forms, read as one.
#pragma once

#include <optional>
#include <string_view>

#include "base/id.h"
#include "base/time.h"
#include "json/json.h"

namespace maestro::moving {

/// A point in time: ISO texts of any length, the texts of JavaScript and of mail, seconds or milliseconds since 1970.
std::optional<Time> read_time(const json::Value& value);

/// 24 hex digits; nullopt for anything else.
std::optional<ObjectId> read_id(const json::Value* value);

/// When an id was made: its first four bytes.
Time time_of(const ObjectId& id);

/// "us-east-1" of "us-east-1 (Virginia)".
std::string_view first_word(std::string_view text);

}  // namespace maestro::moving
