// One simulated Nova server, and what it refers to, as a function of its region and slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudsim/estate.h"
#include "cloudsim/options.h"

namespace maestro::cloudsim::openstack {

struct Flavor {
  std::string id;
  const char* name;
  unsigned vcpus, ram_mib, disk_gb, ephemeral_gb, swap_mib;
  bool is_public;
  std::vector<std::pair<const char*, const char*>> extra_specs;
};

/// Names and ids that all regions share.
class Names {
 public:
  explicit Names(const Options& options);

  std::vector<std::string> projects;  ///< the user's first
  std::vector<Flavor> flavors;        ///< sorted by id, as Nova lists them
  std::vector<std::size_t> usable;    ///< indexes of the flavors that servers have
  std::vector<std::string> images;
  std::string user_id, reader_id, application_id, member_role, reader_role, admin_role;

  std::string project_id(std::string_view name) const;
  std::optional<std::string> project_named(std::string_view id) const;
  /// A stable UUID for anything that has a name.
  std::string uuid(std::string_view kind, std::string_view name) const;
  std::string hex_id(std::string_view kind, std::string_view name) const;

 private:
  std::uint64_t seed_;
};

inline constexpr unsigned kHosts = 16;

struct Server {
  enum class Status { kActive, kShutoff, kPaused, kSuspended, kError, kBuild };

  Slot slot = 0;
  std::uint64_t hash = 0;
  std::string id;
  Status status = Status::kActive;
  std::size_t project = 0, flavor = 0, image = 0;  ///< indexes into Names
  bool from_volume = false;
  unsigned volumes = 0;
  unsigned host = 0, zone = 0;
  std::uint32_t fixed_ip = 0, floating_ip = 0;  ///< 0 = none
  std::string name;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::int64_t created_s = 0, updated_s = 0;
  Changes changes;
};

Server make_server(const Names& names, const Region& region, Slot slot);
/// The cheap parts, for filters over a whole region.
std::size_t server_project(const Names& names, Slot slot);
Server::Status server_status(const Region& region, Slot slot);
const char* status_word(Server::Status status);
std::string server_id(const Region& region, Slot slot);
/// Nullopt for an id that was never given out in this region.
std::optional<Slot> server_slot(const Region& region, std::string_view id);
std::string volume_id(const Region& region, Slot slot, unsigned volume);

const char* zone_name(unsigned zone);
inline constexpr unsigned kServerZones = 2;

}  // namespace maestro::cloudsim::openstack
