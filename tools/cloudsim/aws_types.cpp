#include "cloudsim/aws_types.h"

#include <algorithm>

namespace maestro::cloudsim {

namespace {

struct Family {
  const char* name;
  unsigned gib_per_vcpu;
  bool arm, current;
  double clock_ghz;
};

constexpr Family kFamilies[] = {
    {"a1", 2, true, false, 2.3},  {"c5", 2, false, true, 3.4},     {"c6g", 2, true, true, 2.5},
    {"c6i", 2, false, true, 3.5}, {"c7g", 2, true, true, 2.6},     {"m5", 4, false, true, 3.1},
    {"m5a", 4, false, true, 2.5}, {"m6g", 4, true, true, 2.5},     {"m6i", 4, false, true, 3.5},
    {"m7g", 4, true, true, 2.6},  {"r5", 8, false, true, 3.1},     {"r6g", 8, true, true, 2.5},
    {"r6i", 8, false, true, 3.5}, {"x2idn", 16, false, true, 3.5},
};

struct Size {
  const char* name;
  unsigned vcpus;
  const char* network;
};

constexpr Size kSizes[] = {
    {"large", 2, "Up to 10 Gigabit"},    {"xlarge", 4, "Up to 10 Gigabit"}, {"2xlarge", 8, "Up to 10 Gigabit"},
    {"4xlarge", 16, "Up to 10 Gigabit"}, {"8xlarge", 32, "10 Gigabit"},     {"12xlarge", 48, "12 Gigabit"},
    {"16xlarge", 64, "20 Gigabit"},      {"24xlarge", 96, "25 Gigabit"},
};

struct Burst {
  const char* name;
  unsigned vcpus, memory_mib;
};

constexpr Burst kBurst[] = {{"nano", 2, 512},   {"micro", 2, 1024},   {"small", 2, 2048},   {"medium", 2, 4096},
                            {"large", 2, 8192}, {"xlarge", 4, 16384}, {"2xlarge", 8, 32768}};

std::vector<InstanceType> build() {
  std::vector<InstanceType> out;
  for (const Family& family : kFamilies) {
    for (const Size& size : kSizes) {
      if (std::string_view(family.name) == "a1" && size.vcpus > 16) continue;
      out.push_back({.name = std::string(family.name) + "." + size.name,
                     .vcpus = size.vcpus,
                     .cores = family.arm ? size.vcpus : size.vcpus / 2,
                     .memory_mib = size.vcpus * family.gib_per_vcpu * 1024,
                     .arm = family.arm,
                     .burst = false,
                     .current = family.current,
                     .network = size.network,
                     .clock_ghz = family.clock_ghz});
    }
  }
  for (const char* family : {"t3", "t3a", "t4g"}) {
    const bool arm = std::string_view(family) == "t4g";
    for (const Burst& size : kBurst) {
      out.push_back({.name = std::string(family) + "." + size.name,
                     .vcpus = size.vcpus,
                     .cores = arm ? size.vcpus : size.vcpus / 2,
                     .memory_mib = size.memory_mib,
                     .arm = arm,
                     .burst = true,
                     .current = true,
                     .network = "Up to 5 Gigabit",
                     .clock_ghz = 2.5});
    }
  }
  out.push_back({.name = "t2.micro",
                 .vcpus = 1,
                 .cores = 1,
                 .memory_mib = 1024,
                 .arm = false,
                 .burst = true,
                 .current = false,
                 .network = "Low to Moderate",
                 .clock_ghz = 2.5});
  std::sort(out.begin(), out.end(), [](const InstanceType& a, const InstanceType& b) { return a.name < b.name; });
  return out;
}

}  // namespace

const std::vector<InstanceType>& instance_types() {
  static const std::vector<InstanceType> types = build();
  return types;
}

const InstanceType* find_instance_type(std::string_view name) {
  const auto& types = instance_types();
  const auto found = std::lower_bound(types.begin(), types.end(), name,
                                      [](const InstanceType& a, std::string_view b) { return a.name < b; });
  return found != types.end() && found->name == name ? &*found : nullptr;
}

}  // namespace maestro::cloudsim
