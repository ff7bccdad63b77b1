// Any file name of a client: what it is made into is a name, and stays one when it is made again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "files/names.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace maestro;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string stem = files::kebab_stem(input);
  const std::string name = "users/5f00000000000000000000ff/" + stem + ".png";
  if (!files::is_name(name) || stem.find_first_of("/\\.") != std::string::npos || !text::is_utf8(stem)) std::abort();
  if (files::kebab_stem(stem) != stem) std::abort();
  // What counts as a name has no part that means another folder.
  if (files::is_name(input)) {
    for (const auto part : text::split(input, '/'))
      if (part.empty() || part.front() == '.' || part.find('\0') != std::string_view::npos) std::abort();
  }
  return 0;
}
