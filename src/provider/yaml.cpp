#include "provider/yaml.h"

#include <charconv>

namespace maestro::provider {

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].text == key) return &items[i];
  return nullptr;
}

json::Value YamlNode::to_json() const {
  switch (kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kList: {
      json::Array out;
      for (const YamlNode& item : items) out.push_back(item.to_json());
      return out;
    }
    case Kind::kMap: {
      json::Object out;
      for (std::size_t i = 0; i < keys.size(); ++i) out[keys[i].text] = items[i].to_json();
      return out;
    }
    case Kind::kScalar:
      break;
  }
  if (quoted) return json::Value(text);
  if (text == "true") return true;
  if (text == "false") return false;
  if (text == "null" || text == "~") return nullptr;
  const char* begin = text.data();
  const char* end = begin + text.size();
  std::int64_t whole = 0;
  if (const auto [stop, error] = std::from_chars(begin, end, whole); error == std::errc() && stop == end) return whole;
  double decimal = 0;
  if (const auto [stop, error] = std::from_chars(begin, end, decimal);
      error == std::errc() && stop == end && decimal - decimal == 0)
    return decimal;
  return json::Value(text);
}

}  // namespace maestro::provider
