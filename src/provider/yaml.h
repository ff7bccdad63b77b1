// A YAML text as a tree that knows its lines. Input is untrusted: size, depth and the number of nodes are limited.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace maestro::provider {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap } kind = Kind::kNull;
  std::string text;             ///< of a scalar
  bool quoted = false;          ///< "5" in quotes is a text, not a number
  std::vector<YamlNode> keys;   ///< of a map, in the order of the file; scalars
  std::vector<YamlNode> items;  ///< of a map or list
  int line = 1, column = 1;

  const YamlNode* find(std::string_view key) const;
  /// Plain scalars become null, booleans and numbers; everything else text, lists, objects.
  json::Value to_json() const;
};

/// kInvalid begins with "<file>:<line>:<column>: ".
Result<YamlNode> parse_yaml(const std::string& file, std::string_view text);

}  // namespace maestro::provider
