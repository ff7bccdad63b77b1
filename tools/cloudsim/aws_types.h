// The instance types that the simulated EC2 offers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maestro::cloudsim {

struct InstanceType {
  std::string name;
  unsigned vcpus = 1, cores = 1;
  unsigned memory_mib = 1024;
  bool arm = false, burst = false, current = true;
  const char* network = "";
  double clock_ghz = 2.5;
};

/// Sorted by name.
const std::vector<InstanceType>& instance_types();
const InstanceType* find_instance_type(std::string_view name);

}  // namespace maestro::cloudsim
