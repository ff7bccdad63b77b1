// The catalog of named transforms that packs use. Pure functions; unknown input gives null, never an error.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "json/json.h"

namespace maestro::provider {

struct Transform {
  const char* name = "";
  const char* doc = "";
  /// Sees a missing value too (as null); others are skipped then.
  bool on_nothing = false;
  /// What is wrong with the arguments, for the pack's author; nullptr when they are fine. May be null: none expected.
  const char* (*check)(const json::Value& args) = nullptr;
  json::Value (*apply)(const json::Value& input, const json::Value& args) = nullptr;
};

std::span<const Transform> transforms();
const Transform* find_transform(std::string_view name);

/// The value at a dotted path; numbers step into lists ("0" is the first); nullptr when there is nothing.
const json::Value* find_path(const json::Value& value, std::string_view path);
/// null, "", [] and objects of nothing else: no value. false and 0 are values.
bool is_nothing(const json::Value& value);
/// Tags in any of the forms that providers use ([{Key,Value}], [{key,value}], {key: value}) as [{key,value}].
json::Array tag_list(const json::Value& value);

}  // namespace maestro::provider
