#include "cloudsim/aws_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/time.h"
#include "cloudsim/mix.h"

namespace maestro::cloudsim {

namespace {

constexpr unsigned kBlock = 8;  // neighbours in one subnet; a reservation never crosses a block
constexpr unsigned kBlocksPerSubnet = kMachinesPerSubnet / kBlock;
constexpr std::uint64_t kInstanceSalt = 0x1d5;
constexpr std::uint64_t kVolumeSalt = 0x701;
constexpr std::uint64_t kReservationSalt = 0x2e5;
constexpr std::int64_t kLastLaunch = 1'735'689'600;  // 2025-01-01; launches are up to two years before it

constexpr const char* kRoles[] = {"web",   "api",   "db",     "cache", "worker",
                                  "batch", "queue", "search", "build", "bastion"};
constexpr const char* kTeams[] = {"core", "payments", "platform", "data", "growth"};

const std::vector<const InstanceType*>& common_types(bool arm) {
  const auto pick = [](std::initializer_list<const char*> names) {
    std::vector<const InstanceType*> out;
    for (const char* name : names) out.push_back(find_instance_type(name));
    return out;
  };
  static const auto x86 = pick({"t3.micro", "t3.small", "t3.medium", "m5.large", "m5.xlarge", "c5.large", "r5.large",
                                "r5.2xlarge", "c6i.2xlarge", "m6i.large"});
  static const auto graviton = pick({"t4g.small", "m6g.large", "c7g.xlarge", "r6g.xlarge"});
  return arm ? graviton : x86;
}

Instance::State state_of(std::uint64_t hash, std::uint32_t changed) {
  const std::uint64_t draw = hash % 1000;
  Instance::State state = Instance::State::kRunning;
  if (draw < 100)
    state = Instance::State::kStopped;
  else if (draw < 120)
    state = Instance::State::kTerminated;
  else if (draw < 125)
    state = Instance::State::kPending;
  else if (draw < 130)
    state = Instance::State::kStopping;
  else if (draw < 133)
    state = Instance::State::kShuttingDown;
  if (changed == 0 || state == Instance::State::kTerminated || state == Instance::State::kShuttingDown) return state;
  // Stopped and started in turn.
  const bool was_running = state == Instance::State::kRunning || state == Instance::State::kPending;
  return was_running == (changed % 2 == 0) ? Instance::State::kRunning : Instance::State::kStopped;
}

std::uint64_t hash_of(const Region& region, Slot slot) { return combine(region.key, slot); }

/// Every machine but the first of a block joins its neighbour's reservation with a chance of 3/8.
Slot first_of_reservation(const Region& region, Slot slot) {
  while (slot % kBlock != 0 && (hash_of(region, slot) >> 40) % 8 < 3) --slot;
  return slot;
}

}  // namespace

std::string aws_id(std::string_view prefix, std::uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(prefix);
  out += "-0";
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[number >> shift & 15];
  return out;
}

std::optional<std::uint64_t> parse_aws_id(std::string_view prefix, std::string_view id) {
  if (id.size() != prefix.size() + 18 || !id.starts_with(prefix) || id.substr(prefix.size(), 2) != "-0")
    return std::nullopt;
  const std::string_view digits = id.substr(prefix.size() + 2);
  for (const char c : digits) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
  }
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

Network::Network(const Region& of) : region(of) {
  // A generation of two VPCs holds 2 * 5 * 3 * 2048 machines.
  constexpr Slot kGeneration = 2 * kGroupsPerVpc * kZones * kMachinesPerSubnet;
  vpcs = 2 * std::max(1U, (region.slots() + kGeneration - 1) / kGeneration);
}

unsigned Network::groups(unsigned vpc) const {
  constexpr Slot kPair = 2 * kZones * kMachinesPerSubnet;  // one group of both VPCs of a generation
  const unsigned all = std::max(1U, (region.slots() + kPair - 1) / kPair);
  const unsigned before = vpc / 2 * kGroupsPerVpc;
  return all > before ? std::min(kGroupsPerVpc, all - before) : 0;
}

std::string Network::vpc_id(unsigned vpc) const { return aws_id("vpc", combine(region.key ^ 0x4bc, vpc)); }
std::string Network::subnet_id(unsigned vpc, unsigned group, unsigned zone) const {
  return aws_id("subnet", combine(region.key ^ 0x5b, (vpc * 64 + group) * 8 + zone));
}
std::string Network::group_id(unsigned vpc, std::string_view name) const {
  return aws_id("sg", combine(region.key ^ 0x59, vpc + hash_text(name)));
}
std::string Network::image_id(unsigned image) const { return aws_id("ami", combine(region.key ^ 0xa31, image)); }
std::string Network::zone_name(unsigned zone) const { return region.name + static_cast<char>('a' + zone); }
unsigned Network::second_octet(unsigned vpc) const { return (region.index * 16 + vpc) % 256; }

std::string Network::zone_id(unsigned zone) const {
  // "us-east-1" -> "use1-az2"
  std::string out;
  std::size_t part = 0;
  for (std::size_t i = 0; i < region.name.size(); ++i) {
    const char c = region.name[i];
    if (c == '-')
      ++part;
    else if (part == 0 || region.name[i - 1] == '-')
      out += c;
  }
  return fmt::format("{}-az{}", out, (zone + region.key) % kZones + 1);
}

Instance make_instance(const Region& region, Slot slot) {
  Instance out;
  out.slot = slot;
  out.first = first_of_reservation(region, slot);
  out.hash = hash_of(region, slot);
  out.changes = region.changes(slot);
  out.id = mix((slot + 1) ^ region.key ^ kInstanceSalt);
  out.reservation = mix((out.first + 1) ^ region.key ^ kReservationSalt);
  const std::uint64_t shared = hash_of(region, out.first);  // of all machines of the reservation

  const Slot block = slot / kBlock;
  const unsigned lane = block % 2;
  const unsigned ordinal = block / 2;
  out.zone = ordinal % kZones;
  const unsigned in_zone = ordinal / kZones;
  const unsigned group = in_zone / kBlocksPerSubnet;
  out.vpc = group / kGroupsPerVpc * 2 + lane;
  out.group = group % kGroupsPerVpc;

  out.state = state_of(out.hash >> 8, out.changes.status);
  out.windows = shared % 100 < 8;
  const bool arm = !out.windows && shared % 100 >= 85;
  const auto& types = common_types(arm);
  out.type = types[((shared >> 16) + out.changes.type) % types.size()];
  out.image = out.windows ? kImages - 1 : arm ? kImages - 2 : static_cast<unsigned>((shared >> 24) % (kImages - 2));
  out.role = static_cast<unsigned>((shared >> 32) % std::size(kRoles));
  out.launched_s = kLastLaunch - static_cast<std::int64_t>((shared >> 20) % (std::uint64_t{730} * 86'400));
  out.volumes = out.gone() ? 0 : (out.hash >> 50) % 3 == 0 ? 2 : 1;
  if (!out.gone()) {
    const unsigned host = (in_zone % kBlocksPerSubnet) * kBlock + slot % kBlock;
    const unsigned moved = out.changes.ip % 2 == 0 ? 0 : kMachinesPerSubnet - 5;
    const unsigned subnet = out.group * kZones + out.zone;
    out.private_ip = 10U << 24 | Network(region).second_octet(out.vpc) << 16 | ((subnet << 12) + 4 + host + moved);
    const bool is_up = out.state == Instance::State::kRunning || out.state == Instance::State::kShuttingDown;
    if (is_up && (out.hash >> 44) % 5 == 0) {
      const std::uint32_t serial = (region.index << 20 | (slot & 0xfffff)) * 0x9e3779b1U;
      out.public_ip = (out.changes.ip % 2 == 0 ? 3U : 54U) << 24 | (serial & 0xffffff);
    }
  }
  return out;
}

std::optional<Slot> instance_slot(const Region& region, std::uint64_t id) {
  const std::uint64_t slot = (unmix(id) ^ region.key ^ kInstanceSalt) - 1;
  if (slot >= region.slots()) return std::nullopt;
  return static_cast<Slot>(slot);
}

std::uint64_t volume_number(const Region& region, Slot slot, unsigned volume) {
  return mix((std::uint64_t{slot} * 4 + volume + 1) ^ region.key ^ kVolumeSalt);
}

std::optional<std::pair<Slot, unsigned>> volume_slot(const Region& region, std::uint64_t number) {
  const std::uint64_t index = (unmix(number) ^ region.key ^ kVolumeSalt) - 1;
  if (index / 4 >= region.slots()) return std::nullopt;
  return std::pair(static_cast<Slot>(index / 4), static_cast<unsigned>(index % 4));
}

const char* state_name(Instance::State state) {
  switch (state) {
    case Instance::State::kPending:
      return "pending";
    case Instance::State::kRunning:
      return "running";
    case Instance::State::kShuttingDown:
      return "shutting-down";
    case Instance::State::kTerminated:
      return "terminated";
    case Instance::State::kStopping:
      return "stopping";
    case Instance::State::kStopped:
      break;
  }
  return "stopped";
}

const char* role_name(const Instance& instance) { return kRoles[instance.role]; }

Tags tags_of(const Instance& instance) {
  Tags tags;
  const std::uint64_t hash = instance.hash;
  const char* environment = instance.vpc % 2 == 0 ? "production" : "staging";
  const std::string renamed = instance.changes.name == 0 ? "" : fmt::format("-v{}", instance.changes.name + 1);
  if (hash % 100 >= 7 || !renamed.empty()) {
    std::string name = hash % 100 < 10 ? fmt::format("R&D <{}> \"naïve\" ü☃ {}", role_name(instance), instance.slot)
                                       : fmt::format("{}-{}-{:05}", role_name(instance),
                                                     instance.vpc % 2 == 0 ? "prod" : "stage", instance.slot);
    tags.emplace_back("Name", name + renamed);
  }
  if (hash >> 10 & 7) tags.emplace_back("environment", environment);
  if (hash >> 13 & 3) tags.emplace_back("role", role_name(instance));
  tags.emplace_back("team", kTeams[((hash >> 16) + instance.changes.tags) % std::size(kTeams)]);
  if ((hash >> 20) % 4 == 0) tags.emplace_back("cost:centre", fmt::format("R&D <{}>", (hash >> 24) % 90 + 10));
  if ((hash >> 30) % 16 == 0) tags.emplace_back("naïve", "ü☃");
  if ((hash >> 34) % 16 == 0) tags.emplace_back("empty", "");
  if (instance.changes.tags != 0) tags.emplace_back("revision", fmt::format("{}", instance.changes.tags));
  return tags;
}

std::string ip_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

std::string aws_time(std::int64_t seconds) { return to_iso(from_ms(seconds * 1000)); }

}  // namespace maestro::cloudsim
