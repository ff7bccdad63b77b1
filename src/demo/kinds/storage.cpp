// Networks, volumes, snapshots and images of a place, as people enter them.
#include "demo/kinds/company_words.h"

namespace maestro::demo {
namespace {

enum What : std::uint64_t { kBasics, kEdit = 100 };

std::string provider_id(const Item& item, const char* prefix) {
  Random random = item.random(50);
  return item.place->aws ? fmt::format("{}-0{}{:06x}", prefix, random.hex(10), item.index)
                         : fmt::format("{}-0000-4000-8000-{}{:06x}", random.hex(8), random.hex(6), item.index);
}

json::Object somewhere(const Item& item, Random& random) {
  return placement(*item.place, random.pick(std::span<const std::string>(item.place->regions)));
}

void retag(const Item& item, int round, const json::Object&, json::Object& fields) {
  fields["tags"] = tags_of(
      {{"checked", item.random(kEdit + static_cast<std::uint64_t>(round)).hex(4)}, {"round", std::to_string(round)}});
}

void describe_network(const Item& item, int, json::Object& fields) {
  Random random = item.random(kBasics);
  constexpr const char* kUses[] = {"frontend", "backend", "storage", "management", "office"};
  fields["name"] = fmt::format("net-{}-{:04}", random.pick(kUses), item.index + 1);
  fields["unique_id"] = provider_id(item, "subnet");
  fields["datacenters"] = somewhere(item, random);
  fields["tags"] = tags_of({{"team", item.place->owner.name}});
}

void describe_volume(const Item& item, int, json::Object& fields) {
  Random random = item.random(kBasics);
  constexpr const char* kTypes[] = {"gp2", "gp3", "io1", "st1"};
  fields["name"] = fmt::format("vol-data-{:05}", item.index + 1);
  fields["size"] = 20 << random.below(7);
  fields["status"] = random.chance(0.8) ? "Active" : "Avaliable";
  fields["encrypted"] = random.chance(0.6) ? "true" : "false";
  fields["iops"] = 100 * (1 + random.below(60));
  fields["volume_type"] = item.place->aws ? random.pick(kTypes) : "ceph";
  fields["unique_id"] = provider_id(item, "vol");
  fields["datacenters"] = somewhere(item, random);
  fields["tags"] = tags_of({{"team", item.place->owner.name}});
}

void describe_snapshot(const Item& item, int, json::Object& fields) {
  Random random = item.random(kBasics);
  const std::int64_t size = 20 << random.below(7);
  fields["name"] = fmt::format("snap-nightly-{:05}", item.index + 1);
  fields["description"] = "Nightly copy";
  fields["size"] = size;
  fields["volume_size"] = size;
  fields["progress"] = "100%";
  fields["status"] = "Active";
  fields["unique_id"] = provider_id(item, "snap");
  fields["datacenters"] = somewhere(item, random);
}

void redescribe(const Item&, int round, const json::Object&, json::Object& fields) {
  fields["description"] = fmt::format("Kept for audit {}", round);
}

void describe_image(const Item& item, int, json::Object& fields) {
  Random random = item.random(kBasics);
  constexpr const char* kBases[] = {"ubuntu-22.04", "debian-12", "rhel-9", "windows-2022"};
  const char* base = random.pick(kBases);
  fields["name"] = fmt::format("{}-golden-{:04}", base, item.index + 1);
  fields["image_type"] = "machine";
  fields["distribution"] = base;
  fields["status"] = "Active";
  fields["public"] = false;
  fields["unique_id"] = provider_id(item, "ami");
  const json::Object where = somewhere(item, random);
  fields["datacenters"] = json::Object{{"name", where.at("name")}, {"region", where.at("region")}};
}

void retire_image(const Item&, int round, const json::Object&, json::Object& fields) {
  fields["slug"] = fmt::format("superseded-{}", round);
}

}  // namespace

const Kind kNetworks = {
    .entity = "networks", .share = 0.01, .least = 2, .most = 20'000, .describe = describe_network, .edit = retag};
const Kind kVolumes = {
    .entity = "volume", .share = 0.03, .least = 2, .most = 60'000, .describe = describe_volume, .edit = retag};
const Kind kSnapshots = {.entity = "snapshots",
                         .share = 0.01,
                         .least = 2,
                         .most = 20'000,
                         .describe = describe_snapshot,
                         .edit = redescribe};
const Kind kImages = {
    .entity = "images", .share = 0.005, .least = 2, .most = 5'000, .describe = describe_image, .edit = retire_image};

}  // namespace maestro::demo
