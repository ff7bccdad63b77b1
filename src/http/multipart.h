// multipart/form-data bodies, fully in memory (uploads have limits far below).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace maestro::http {

struct Part {
  std::string name;
  std::string filename;      ///< empty for a plain field
  std::string content_type;  ///< empty when the part states none
  std::string_view data;     ///< into the parsed body
};

/// `content_type` is the request's header value (for its boundary). kInvalid for a malformed body or over 100 parts.
Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace maestro::http
