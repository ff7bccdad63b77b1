// Any bytes as an answer of EC2: a page of items, or an error in words; never a crash, never an item without key or
// hash.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "provider/clouds.h"
#include "provider/pack.h"
#include "provider/shape.h"
#include "provider/translate.h"

namespace {

const maestro::provider::Packs& packs() {
  static const auto all = maestro::provider::Packs::load(maestro::embedded_packs(), "");
  return *all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace maestro::provider;
  const Pack& pack = *packs().find("aws/ec2_instances")->pack;
  const auto answer = read_answer(*pack.shape, std::string_view(reinterpret_cast<const char*>(data), size));
  if (!answer) return 0;
  const auto items = find_items(pack.items, *answer);
  if (!items) return 0;
  const Facts facts;
  for (const RawItem& raw : *items) {
    const Scene scene{raw, {{"instance_types", raw.value}}, &facts};
    const auto item = translate(pack, scene);
    if (item.ok() && (item->key.empty() || item->hash.size() != 32)) std::abort();
    if (!item.ok() && item.error().message.empty()) std::abort();
  }
  return 0;
}
