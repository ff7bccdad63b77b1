// Small steps of reading a YAML tree whose mistakes name file, line, column and the path of the key.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "provider/yaml.h"

namespace maestro::provider {

/// Where a node stands: its file and the dotted keys above it.
struct Place {
  const std::string& file;
  std::string path;
  Place at(std::string_view key) const {
    return {file, path.empty() ? std::string(key) : fmt::format("{}.{}", path, key)};
  }
};

inline Error mistake(const Place& place, const YamlNode& node, std::string_view what) {
  return invalid(fmt::format("{}:{}:{}: {}{}{}", place.file, node.line, node.column, place.path,
                             place.path.empty() ? "" : ": ", what));
}

inline Result<std::string> read_text(const Place& place, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || node.text.empty()) return mistake(place, node, "needs a text");
  return node.text;
}

inline Result<void> need_map(const Place& place, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) return mistake(place, node, "needs keys and values");
  return {};
}

/// One text, or a list of texts.
inline Result<std::vector<std::string>> read_texts(const Place& place, const YamlNode& node) {
  std::vector<std::string> out;
  if (node.kind == YamlNode::Kind::kScalar) {
    TRY_ASSIGN(std::string one, read_text(place, node));
    out.push_back(std::move(one));
    return out;
  }
  if (node.kind != YamlNode::Kind::kList || node.items.empty())
    return mistake(place, node, "needs a text or a list of texts");
  for (const YamlNode& item : node.items) {
    TRY_ASSIGN(std::string one, read_text(place, item));
    out.push_back(std::move(one));
  }
  return out;
}

inline Result<bool> read_bool(const Place& place, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kScalar && node.text == "true") return true;
  if (node.kind == YamlNode::Kind::kScalar && node.text == "false") return false;
  return mistake(place, node, "needs true or false");
}

inline Result<int> read_int(const Place& place, const YamlNode& node, int least, int most) {
  const json::Value value = node.to_json();
  if (!value.is_int64() || value.get_int64() < least || value.get_int64() > most) {
    return mistake(place, node, fmt::format("needs a whole number from {} to {}", least, most));
  }
  return static_cast<int>(value.get_int64());
}

/// Every key must be one of these.
inline Result<void> only_keys(const Place& place, const YamlNode& node, std::initializer_list<std::string_view> known) {
  TRY(need_map(place, node));
  for (const YamlNode& key : node.keys) {
    bool found = false;
    for (const std::string_view word : known) found = found || word == key.text;
    if (!found) return mistake(place.at(key.text), key, "is no key that is known here");
  }
  return {};
}

}  // namespace maestro::provider
