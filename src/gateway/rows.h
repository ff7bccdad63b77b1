// Rows of a pipeline as documents that a filter can be tried on.
#pragma once

#include <string_view>

namespace maestro::gateway {

/// The member below which a row lies in such a document: so no path of it is one that documents have of their own.
inline constexpr std::string_view kRowRoot = "row";

}  // namespace maestro::gateway
