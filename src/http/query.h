// Query strings and form bodies with the nested-key syntax that existing clients use (the `qs` library's):
// a[b]=c, a[]=1&a[]=2, repeated keys; dots are literal.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace maestro::http {

/// More parameters than this are not read, as by qs.
inline constexpr std::size_t kMaxPairs = 1000;

/// How many parts between '&' there are.
std::size_t count_pairs(std::string_view encoded);

/// Flat key/value pairs in order, decoded ('+' is a space). At most `max_pairs`, the rest is ignored.
std::vector<std::pair<std::string, std::string>> parse_pairs(std::string_view encoded,
                                                             std::size_t max_pairs = kMaxPairs);

/// The nested form as a JSON object of strings, arrays and objects; depth 5, array index 20, as qs:
/// deeper keys stay literal, larger indexes become object keys, mixed uses merge. Never fails.
/// `__proto__`, `constructor` and other built-in names are plain keys.
boost::json::object parse_nested(std::string_view encoded);

/// The same for the body of a form, which may nest as deep as JSON and have longer arrays: index 100, or as many as it
/// has fields.
boost::json::object parse_form(std::string_view encoded);

}  // namespace maestro::http
