#include "base/result.h"

namespace maestro {
namespace {
constexpr std::pair<Code, const char*> kNames[] = {
    {Code::kInvalid, "invalid"},         {Code::kUnauthenticated, "unauthenticated"},
    {Code::kForbidden, "forbidden"},     {Code::kNotFound, "not_found"},
    {Code::kConflict, "conflict"},       {Code::kThrottled, "throttled"},
    {Code::kUnavailable, "unavailable"}, {Code::kInternal, "internal"}};
}  // namespace

const char* code_name(Code code) {
  for (const auto& [known, name] : kNames)
    if (known == code) return name;
  return "internal";
}

std::optional<Code> code_from_name(std::string_view name) {
  for (const auto& [code, known] : kNames)
    if (name == known) return code;
  return std::nullopt;
}

}  // namespace maestro
