#include "api/violations.h"

#include "base/text.h"

namespace maestro::api {
namespace {

constexpr std::size_t kMost = 100;  // a request with a thousand mistakes gets no longer answer

}  // namespace

std::string shown(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; };
  while (limit > 0 && continues(limit)) --limit;
  return std::string(text.substr(0, limit)) + "...";
}

void Violations::add(json::Array path, std::string_view label, std::string_view tail, std::string_view type) {
  if (details_.size() == kMost) return;
  const std::string name = shown(label);
  std::string message = fmt::format("\"{}\" {}", name, tail);
  if (first_.empty()) first_ = message;
  for (json::Value& step : path)
    if (step.is_string()) step = shown(step.get_string());
  details_.emplace_back(json::Object{{"message", std::move(message)},
                                     {"path", std::move(path)},
                                     {"type", type},
                                     {"context", json::Object{{"key", name}, {"label", name}}}});
}

void Violations::add(std::string_view parameter, std::string_view tail, std::string_view type) {
  add({json::Value(parameter)}, parameter, tail, type);
}

Error Violations::error() const {
  return {.code = Code::kInvalid, .message = first_, .details_json = json::write(json::Value(details_))};
}

}  // namespace maestro::api
