#include "demo/kinds/rows.h"

namespace maestro::demo {
namespace {

constexpr Size kAws[] = {
    {"t3.micro", 2, 1, 8, 90},       {"t3.small", 2, 2, 8, 110},    {"t3.medium", 2, 4, 8, 130},
    {"m5.large", 2, 8, 20, 200},     {"m5.xlarge", 4, 16, 20, 140}, {"m5.2xlarge", 8, 32, 40, 70},
    {"c5.large", 2, 4, 20, 90},      {"c5.xlarge", 4, 8, 20, 60},   {"c5.4xlarge", 16, 32, 40, 20},
    {"r5.large", 2, 16, 20, 40},     {"r5.2xlarge", 8, 64, 40, 30}, {"r5.8xlarge", 32, 256, 100, 8},
    {"i3.xlarge", 4, 30.5, 950, 10}, {"p3.2xlarge", 8, 61, 100, 2}, {"x1.16xlarge", 64, 976, 1920, 1},
};
constexpr Size kOpenstack[] = {
    {"m1.tiny", 1, 0.5, 1, 60},    {"m1.small", 1, 2, 20, 180},   {"m1.medium", 2, 4, 40, 200},
    {"m1.large", 4, 8, 80, 120},   {"m1.xlarge", 8, 16, 160, 60}, {"c1.large", 8, 8, 40, 30},
    {"c1.xlarge", 16, 16, 40, 15}, {"r1.large", 4, 32, 80, 20},   {"r1.xlarge", 8, 64, 160, 10},
    {"g1.large", 8, 64, 200, 2},
};

const char* resource(const Place& place) { return place.aws ? "" : "openstack/nova_flavors"; }

std::string key(const Item& item) { return item.random(1).hex(8) + "-0000-4000-8000-" + item.random(2).hex(12); }

void describe(const Item& item, int round, json::Object& fields) {
  const Place& place = *item.place;
  Random random = item.random(0);
  const auto rows = sizes(place.aws);
  const auto slot = static_cast<std::size_t>(item.index) % rows.size();
  const Size& size = rows[slot];
  const std::string& region = random.pick(std::span<const std::string>(place.regions));
  // Beyond the usual ones every cloud has some of its own.
  const std::string name =
      random.chance(0.7) ? std::string(size.name) : fmt::format("{}.v{}", size.name, item.index % 9);
  fields["name"] = name;
  fields["api_name"] = name;
  fields["provider"] = place.provider;
  fields["datacenters"] = placement(place, region);
  fields["unique_id"] = place.aws ? name + "@" + item.random(3).hex(6) : key(item);
  if (place.aws) {
    fields["tags"] = json::Array{json::Object{{"key", "family"}, {"value", std::string(size.name).substr(0, 2)}}};
    return;
  }
  // Thousands of MiB, as discovery has them.
  fields["memory"] = size.memory_gib * 1.024;
  fields["vcpus"] = size.cpu;
  fields["disk"] = size.disk_gb + 10 * round;
  fields["ephemeral"] = 0;
  fields["is_public"] = random.chance(0.9);
}

void edit(const Item& item, int round, const json::Object&, json::Object& fields) {
  fields["tags"] = json::Array{json::Object{{"key", "price"}, {"value", fmt::format("class {}", round)}},
                               json::Object{{"key", "checked"}, {"value", item.random(9).hex(4)}}};
}

}  // namespace

std::span<const Size> sizes(bool aws) { return aws ? std::span<const Size>(kAws) : std::span<const Size>(kOpenstack); }

json::Value whole_or(double number) {
  const auto whole = static_cast<std::int64_t>(number);
  return static_cast<double>(whole) == number ? json::Value(whole) : json::Value(number);
}

json::Object placement(const Place& place, const std::string& region) {
  return {{"_id", place.datacenter.hex()}, {"name", place.name}, {"provider", place.provider}, {"region", region}};
}

const Kind kFlavors = {.entity = "flavors",
                       .share = 0.05,
                       .least = 20,
                       .most = 9000,
                       .by_hand = 0.02,
                       .resource = resource,
                       .key = key,
                       .describe = describe,
                       .edit = edit};

}  // namespace maestro::demo
