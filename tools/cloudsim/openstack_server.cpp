#include "cloudsim/openstack_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cloudsim/mix.h"

namespace maestro::cloudsim::openstack {

namespace {

constexpr std::uint64_t kServerSalt = 0x5e4;
constexpr std::int64_t kFirstCreated = 1'704'067'200;  // 2024-01-01; later slots are younger
constexpr std::int64_t kBetween = 31;                  // seconds between two servers

constexpr const char* kRoles[] = {"web", "api", "db", "cache", "worker", "ci", "queue", "monitoring"};

/// A version 4 UUID of which the first 64 free bits are `number`.
std::string make_uuid(std::uint64_t number) {
  const std::uint64_t rest = mix(number ^ 0xc0ffee);
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}", number >> 32, number >> 16 & 0xffff,
                     number >> 4 & 0xfff, 8 + (number & 3), (number >> 2 & 3) | (rest & 0x3ff) << 2, rest >> 16);
}

std::optional<std::uint64_t> read_uuid(std::string_view id) {
  if (id.size() != 36) return std::nullopt;
  std::string hex;
  for (const char c : id) {
    if (c != '-') hex += c;
  }
  if (hex.size() != 32 || hex.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  const auto part = [&hex](std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    std::from_chars(hex.data() + at, hex.data() + at + count, value, 16);
    return value;
  };
  const std::uint64_t number =
      part(0, 8) << 32 | part(8, 4) << 16 | part(13, 3) << 4 | (part(17, 3) & 3) << 2 | (part(16, 1) & 3);
  return make_uuid(number) == id ? std::optional(number) : std::nullopt;
}

std::uint64_t hash_of(const Region& region, Slot slot) { return combine(region.key, slot); }

Server::Status status_of(std::uint64_t hash, std::uint32_t changed) {
  using Status = Server::Status;
  const std::uint64_t draw = (hash >> 12) % 100;
  Status status = Status::kActive;
  if (draw < 8)
    status = Status::kShutoff;
  else if (draw < 10)
    status = Status::kPaused;
  else if (draw < 12)
    status = Status::kSuspended;
  else if (draw < 14)
    status = Status::kError;
  else if (draw < 15)
    status = Status::kBuild;
  if (changed == 0) return status;
  const bool was_active = status == Status::kActive;
  return was_active == (changed % 2 == 0) ? Status::kActive : Status::kShutoff;
}

}  // namespace

Names::Names(const Options& options) : seed_(options.seed) {
  projects = {options.os_project};
  for (const std::string& name : options.os_other_projects) {
    if (std::find(projects.begin(), projects.end(), name) == projects.end()) projects.push_back(name);
  }
  const auto flavor = [&](const char* name, unsigned vcpus, unsigned ram, unsigned disk, unsigned ephemeral,
                          unsigned swap, bool is_public, std::vector<std::pair<const char*, const char*>> specs = {}) {
    flavors.push_back({uuid("flavor", name), name, vcpus, ram, disk, ephemeral, swap, is_public, std::move(specs)});
  };
  flavor("m1.tiny", 1, 512, 1, 0, 0, true);
  flavor("m1.small", 1, 2048, 20, 0, 512, true);
  flavor("m1.medium", 2, 4096, 40, 0, 0, true);
  flavor("m1.large", 4, 8192, 80, 10, 0, true, {{"hw:cpu_policy", "shared"}, {"quota:disk_read_iops_sec", "500"}});
  flavor("m1.xlarge", 8, 16384, 160, 0, 0, true);
  flavor("c1.large", 8, 8192, 40, 0, 0, true, {{"hw:cpu_policy", "dedicated"}});
  flavor("r1.large", 4, 32768, 80, 0, 0, true);
  flavor("g1.gpu", 16, 65536, 200, 0, 0, false, {{"pci_passthrough:alias", "gpu:1"}});
  flavor("internal", 2, 3072, 30, 0, 0, false);
  std::sort(flavors.begin(), flavors.end(), [](const Flavor& a, const Flavor& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < flavors.size(); ++i) {
    if (std::string_view(flavors[i].name) != "internal") usable.push_back(i);
  }
  for (const char* name : {"debian-12", "ubuntu-24.04", "rocky-9", "windows-2022"})
    images.push_back(uuid("image", name));
  user_id = hex_id("user", options.os_user);
  reader_id = hex_id("user", "reader");
  application_id = hex_id("application", options.os_application);
  member_role = hex_id("role", "member");
  reader_role = hex_id("role", "reader");
  admin_role = hex_id("role", "admin");
}

std::string Names::project_id(std::string_view name) const { return hex_id("project", name); }

std::optional<std::string> Names::project_named(std::string_view id) const {
  for (const std::string& name : projects) {
    if (project_id(name) == id) return name;
  }
  return std::nullopt;
}

std::string Names::uuid(std::string_view kind, std::string_view name) const {
  return make_uuid(combine(combine(seed_, hash_text(kind)), hash_text(name)));
}

std::string Names::hex_id(std::string_view kind, std::string_view name) const {
  const std::uint64_t number = combine(combine(seed_, hash_text(kind)), hash_text(name));
  return fmt::format("{:016x}{:016x}", number, mix(number));
}

std::size_t server_project(const Names& names, Slot slot) { return slot % names.projects.size(); }

Server::Status server_status(const Region& region, Slot slot) {
  return status_of(hash_of(region, slot), region.changes(slot).status);
}

const char* status_word(Server::Status status) {
  switch (status) {
    case Server::Status::kActive:
      return "ACTIVE";
    case Server::Status::kShutoff:
      return "SHUTOFF";
    case Server::Status::kPaused:
      return "PAUSED";
    case Server::Status::kSuspended:
      return "SUSPENDED";
    case Server::Status::kError:
      return "ERROR";
    case Server::Status::kBuild:
      break;
  }
  return "BUILD";
}

const char* zone_name(unsigned zone) { return zone == 0 ? "nova" : "nova-2"; }

std::string server_id(const Region& region, Slot slot) { return make_uuid(mix((slot + 1) ^ region.key ^ kServerSalt)); }

std::optional<Slot> server_slot(const Region& region, std::string_view id) {
  const auto number = read_uuid(id);
  if (!number) return std::nullopt;
  const std::uint64_t slot = (unmix(*number) ^ region.key ^ kServerSalt) - 1;
  if (slot >= region.slots()) return std::nullopt;
  return static_cast<Slot>(slot);
}

std::string volume_id(const Region& region, Slot slot, unsigned volume) {
  return make_uuid(combine(region.key ^ 0x701, std::uint64_t{slot} * 4 + volume));
}

Server make_server(const Names& names, const Region& region, Slot slot) {
  Server out;
  out.slot = slot;
  out.hash = hash_of(region, slot);
  out.changes = region.changes(slot);
  out.id = server_id(region, slot);
  out.status = status_of(out.hash, out.changes.status);
  out.project = server_project(names, slot);
  out.flavor = names.usable[((out.hash >> 20) + out.changes.type) % names.usable.size()];
  out.image = (out.hash >> 24) % names.images.size();
  out.from_volume = (out.hash >> 28) % 5 == 0;
  out.volumes = (out.from_volume ? 1U : 0U) + ((out.hash >> 32) % 4 == 0 ? 1U : 0U);
  out.host = static_cast<unsigned>((out.hash >> 36) % kHosts);
  out.zone = out.host % 4 == 3 ? 1 : 0;
  const bool placed = out.status != Server::Status::kError && out.status != Server::Status::kBuild;
  if (placed) {
    const std::uint32_t serial = (region.index << 18) + slot + 10;
    // 172.16.0.0/12 has room for a million; a changed address comes from 100.64.0.0/10.
    out.fixed_ip = out.changes.ip % 2 == 0 ? (172U << 24 | 16U << 16) + serial % (1U << 20)
                                           : (100U << 24 | 64U << 16) + serial % (1U << 22);
    if ((out.hash >> 40) % 10 == 0) {
      out.floating_ip = (out.changes.ip % 2 == 0 ? 45U : 46U) << 24 | (serial & 0xffffff);
    }
  }
  const char* role = kRoles[(out.hash >> 44) % std::size(kRoles)];
  const std::string& project = names.projects[out.project];
  out.name = out.hash % 100 < 4 ? fmt::format("R&D <{}> \"naïve\" ü☃ {}", role, slot)
                                : fmt::format("{}-{}-{:05}", project, role, slot);
  if (out.changes.name != 0) out.name += fmt::format("-v{}", out.changes.name + 1);
  if (out.hash >> 48 & 7) out.metadata.emplace_back("environment", slot % 3 == 0 ? "staging" : "production");
  if (out.hash >> 51 & 3) out.metadata.emplace_back("role", role);
  out.metadata.emplace_back("owner", out.changes.tags % 2 == 0 ? "ops" : "platform");
  if ((out.hash >> 54) % 16 == 0) out.metadata.emplace_back("naïve & <co>", "ü☃");
  if (out.changes.tags != 0) out.metadata.emplace_back("revision", fmt::format("{}", out.changes.tags));
  out.created_s = kFirstCreated + std::int64_t{slot} * kBetween;
  out.updated_s = out.changes.last_s != 0 ? out.changes.last_s : out.created_s + 18;
  return out;
}

}  // namespace maestro::cloudsim::openstack
