#include "http/message.h"

#include "base/text.h"

namespace maestro::http {

const char* method_name(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kOther:
      break;
  }
  return "OTHER";
}

void Headers::set(std::string_view name, std::string value) {
  erase(name);
  fields_.emplace_back(std::string(name), std::move(value));
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key.size() == name.size() && text::iequals(key, name)) return &value;
  }
  return nullptr;
}

void Headers::erase(std::string_view name) {
  std::erase_if(fields_, [name](const auto& field) { return text::iequals(field.first, name); });
}

}  // namespace maestro::http
