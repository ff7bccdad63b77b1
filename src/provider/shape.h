// Turns a provider's answer into the names and types that packs and documents use. Input is untrusted.
#pragma once

#include <string_view>

#include "base/result.h"
#include "json/json.h"
#include "provider/pack.h"

namespace maestro::provider {

inline constexpr std::size_t kMaxAnswerBytes = 64U << 20;
inline constexpr std::size_t kMaxAnswerDepth = 64;

/// The answer's document element or JSON value, shaped. kInvalid: not well-formed, too deep or too large.
Result<json::Value> read_answer(const Shape& shape, std::string_view body);
/// XML as JSON without a shape's renames: for error documents.
Result<json::Value> read_xml(std::string_view body);

}  // namespace maestro::provider
