// Files that the build put into the binary.
#pragma once

#include <span>
#include <string_view>

namespace maestro {

struct EmbeddedFile {
  std::string_view path;  ///< relative, with forward slashes
  std::string_view bytes;
};

}  // namespace maestro
