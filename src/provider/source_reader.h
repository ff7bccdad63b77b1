// Reads the part of a pack that says where values come from: sources, transforms, rules.
#pragma once

#include "provider/pack.h"
#include "provider/pack_reader.h"
#include "provider/yaml_reader.h"

namespace maestro::provider {

Result<Source> read_source(const Place& place, const YamlNode& node);
/// The rules of a map or block; `check` refuses unknown targets with a text, empty = fine.
Result<std::vector<Rule>> read_rules(const Place& place, const YamlNode& node,
                                     const std::function<std::string(std::string_view)>& check);

}  // namespace maestro::provider
