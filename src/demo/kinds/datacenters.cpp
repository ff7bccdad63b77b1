#include "demo/kinds/rows.h"

namespace maestro::demo {
namespace {

void describe(const Item& item, int, json::Object& fields) {
  const Place& place = *item.place;
  fields["name"] = place.name;
  fields["provider"] = place.provider;
  json::Array regions, zones;
  for (const std::string& region : place.regions) {
    regions.emplace_back(region);
    if (!place.aws) {
      zones.emplace_back(region + "-nova");
      continue;
    }
    for (const char zone : {'a', 'b', 'c'}) zones.emplace_back(place.region_code(region) + zone);
  }
  fields["regions"] = std::move(regions);
  fields["zones"] = std::move(zones);
  fields["sucessed"] = true;
}

void edit(const Item& item, int round, const json::Object&, json::Object& fields) {
  fields["metas"] = json::Object{{"note", fmt::format("Contract reviewed, round {}", round)},
                                 {"floor", item.random(static_cast<std::uint64_t>(round)).below(20)}};
}

}  // namespace

const Kind kDatacenters = {
    .entity = "datacenters", .spread = Kind::Spread::kOncePerPlace, .deleted = 0, .describe = describe, .edit = edit};

}  // namespace maestro::demo
