// Values of the filter grammar: from texts of a URL to what a store compares with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/filter_fields.h"
#include "base/time.h"
#include "json/json.h"

namespace maestro::api {

/// The moment that "-7d", "now" and "today" count from.
struct Moment {
  Time now{};
  bool used = false;  ///< a value was given relative to it
};

struct ReadValue {
  std::vector<json::Value> values = {};  ///< what the text may mean, at least one; empty when it means nothing
  std::string fault = {};                ///< then: "must be a number"
  const char* type = "";                 ///< then: "number.base"
};

/// One value of an operator on a field of this kind. Times come out in the form that documents show.
ReadValue read_value(Kind kind, FilterOp op, std::string_view text, Moment& moment);

/// ISO date or date-time (without a zone: UTC), "now", "today" (its first instant, UTC), or a span back from now:
/// -30m, -12h, -7d, -2w. nullopt otherwise, and for years that have not four digits.
std::optional<Time> read_time(std::string_view text, Moment& moment);

/// Parts between commas; "\," and "\\" stand for the characters themselves. Empty parts are left out.
std::vector<std::string> split_list(std::string_view text);

}  // namespace maestro::api
