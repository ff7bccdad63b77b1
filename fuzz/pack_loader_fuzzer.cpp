// Any text as a pack, a shape or a block: loaded or refused with file, line and column, never a crash. The first byte
// says which of the three it is.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "provider/clouds.h"
#include "provider/provider.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using maestro::EmbeddedFile;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const char* path = data[0] % 3 == 0   ? "aws/fuzzed.yaml"
                     : data[0] % 3 == 1 ? "aws/shapes/ec2.yaml"
                                        : "aws/blocks/datacenter_vm.yaml";
  std::vector<EmbeddedFile> files(maestro::embedded_packs().begin(), maestro::embedded_packs().end());
  files.push_back({path, text});  // a later file of one name wins
  const auto packs = maestro::provider::Packs::load(files, "");
  if (packs.ok()) return 0;
  const std::string& message = packs.error().message;
  if (packs.error().code != maestro::Code::kInvalid) std::abort();
  if (message.find(".yaml:") == std::string::npos) std::abort();
  return 0;
}
