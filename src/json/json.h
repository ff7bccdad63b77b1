// JSON: the one DOM (Boost.JSON) and the operations on it that more than one module needs.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace maestro::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;
using String = boost::json::string;

struct Limits {
  std::size_t max_bytes = 1 << 20;
  std::size_t max_depth = 32;
};

/// Parses one complete text; kInvalid names the byte offset. Duplicate keys: the last wins. Invalid UTF-8 is refused.
Result<Value> parse(std::string_view text, Limits limits = {});
/// For texts that this program wrote itself (stored documents): any size; throws on a corrupt text, and on one that is
/// nested deeper than kTrustedDepth.
inline constexpr std::size_t kTrustedDepth = 256;
Value parse_trusted(std::string_view text);
/// Compact text.
std::string write(const Value& value);
std::string write(const Object& value);
/// Compact text with the keys of every object in byte order: equal values give equal texts.
std::string canonical(const Value& value);

/// The value at a dotted path through objects ("os.base"); nullptr when a step is missing or no object.
const Value* find(const Object& object, std::string_view path);
const Value* find(const Value& value, std::string_view path);
/// Sets the value at a dotted path, making objects on the way (a non-object on the way is replaced).
void set(Object& object, std::string_view path, Value value);
/// Removes the value at a dotted path and objects that it leaves empty; false when it was not there.
bool erase(Object& object, std::string_view path);
/// The dotted projection of an object: "os.base" keeps {"os":{"base":…}}, also inside arrays of objects ("auth.name").
Object project(const Object& object, const std::vector<std::string_view>& paths);

/// The string at `key`, or `fallback` when it is missing or no string.
std::string_view text_or(const Object& object, std::string_view key, std::string_view fallback = {});
std::int64_t int_or(const Object& object, std::string_view key, std::int64_t fallback = 0);
bool bool_or(const Object& object, std::string_view key, bool fallback = false);
/// Numbers, booleans and strings as a person would write them; empty for null, arrays and objects.
std::string scalar_text(const Value& value);
/// What stands at a dotted path, as scalar_text() writes it; empty when nothing does.
std::string text_at(const Object& object, std::string_view path);
/// Equal as numbers when both are numbers of any representation, else as Boost.JSON compares (deep).
bool equal(const Value& a, const Value& b);

/// One differing path. `before`/`after` is nullptr where the path does not exist on that side.
struct Difference {
  std::string path;
  const Value* before = nullptr;
  const Value* after = nullptr;
};
/// Paths that differ, descending into objects on both sides at most `depth` levels; arrays compare whole. Pointers into
/// the arguments.
std::vector<Difference> diff(const Object& before, const Object& after, int depth = 3);

}  // namespace maestro::json
