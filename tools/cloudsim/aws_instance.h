// One simulated EC2 instance, and the network that it lives in, as a function of its region and slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudsim/aws_types.h"
#include "cloudsim/estate.h"

namespace maestro::cloudsim {

/// "i-0" and 16 hex digits; the other way round nullopt for any other text.
std::string aws_id(std::string_view prefix, std::uint64_t number);
std::optional<std::uint64_t> parse_aws_id(std::string_view prefix, std::string_view id);

inline constexpr unsigned kZones = 3;
inline constexpr unsigned kGroupsPerVpc = 5;          // of kZones subnets each
inline constexpr unsigned kMachinesPerSubnet = 2048;  // half of a /20: the other half is for changed addresses

/// What a region's machines need of networks. Vpc 0 .. vpcs-1 hold machines; the default VPC holds none.
struct Network {
  explicit Network(const Region& region);

  std::string vpc_id(unsigned vpc) const;
  std::string subnet_id(unsigned vpc, unsigned group, unsigned zone) const;
  std::string group_id(unsigned vpc, std::string_view name) const;  ///< security group
  std::string image_id(unsigned image) const;
  std::string zone_name(unsigned zone) const;
  std::string zone_id(unsigned zone) const;
  unsigned second_octet(unsigned vpc) const;
  const char* environment(unsigned vpc) const { return vpc % 2 == 0 ? "production" : "staging"; }

  const Region& region;
  unsigned vpcs;
  unsigned groups(unsigned vpc) const;  ///< groups of subnets in use there
};

inline constexpr unsigned kImages = 5;  // the last is Windows, the one before it Arm

struct Instance {
  enum class State { kPending = 0, kRunning = 16, kShuttingDown = 32, kTerminated = 48, kStopping = 64, kStopped = 80 };

  Slot slot = 0, first = 0;  ///< first = of its reservation
  std::uint64_t hash = 0;
  std::uint64_t id = 0, reservation = 0;
  State state = State::kRunning;
  const InstanceType* type = nullptr;
  bool windows = false;
  unsigned zone = 0, vpc = 0, group = 0, image = 0, role = 0;
  std::uint32_t private_ip = 0, public_ip = 0;  ///< 0 = none
  unsigned volumes = 1;
  std::int64_t launched_s = 0;
  Changes changes;

  bool gone() const { return state == State::kTerminated; }
};

Instance make_instance(const Region& region, Slot slot);
/// The slot of an instance or volume id in that region; nullopt when the id was never given out there.
std::optional<Slot> instance_slot(const Region& region, std::uint64_t id);
std::uint64_t volume_number(const Region& region, Slot slot, unsigned volume);
std::optional<std::pair<Slot, unsigned>> volume_slot(const Region& region, std::uint64_t number);

const char* state_name(Instance::State state);
const char* role_name(const Instance& instance);
using Tags = std::vector<std::pair<std::string, std::string>>;
Tags tags_of(const Instance& instance);
std::string ip_text(std::uint32_t address);
/// "2024-05-01T10:00:00.000Z"
std::string aws_time(std::int64_t seconds);

}  // namespace maestro::cloudsim
