// BSON: one document of a dump as JSON, with what JSON has no word for told apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"

namespace maestro::moving {

/// A value that is not in the JSON as it was in the BSON.
struct Oddity {
  std::string path;  ///< dotted
  std::string rule;  ///< what did not fit
  std::string done;  ///< what became of it
};

/// MongoDB itself refuses deeper ones.
inline constexpr int kMaxDepth = 100;

/// Ids become hex, dates ISO texts, whole doubles integers. kInvalid for bytes that are no document says at which of
/// them.
Result<json::Object> read_bson(std::string_view bytes, std::vector<Oddity>& oddities);

}  // namespace maestro::moving
