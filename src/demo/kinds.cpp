#include "demo/estate.h"
#include "demo/kind.h"
#include "demo/kinds/rows.h"

namespace maestro::demo {
namespace {

constexpr const Kind* kKinds[] = {&kUsers,  &kDatacenters,  &kConnections, &kFlavors, &kServers,   &kClients,
                                  &kSystem, &kApplications, &kNetworks,    &kVolumes, &kSnapshots, &kImages};

}  // namespace

std::span<const Kind* const> kinds() { return kKinds; }

const model::Entity& entity_of(const Kind& kind) { return *model::find_entity(kind.entity); }

Random Item::random(std::uint64_t what) const {
  return {estate.seed(), 1000 + kind, static_cast<std::uint64_t>(index), what};
}

}  // namespace maestro::demo
