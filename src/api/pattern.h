// Patterns of the filter grammar, tried before the store matches with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maestro::api {

/// Why the store could not match with this regular expression (RE2 syntax); nullopt when it can.
std::optional<std::string> pattern_fault(std::string_view pattern);

}  // namespace maestro::api
