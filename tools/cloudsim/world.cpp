#include "cloudsim/world.h"

#include <ctime>

namespace maestro::cloudsim {

World::World(Options given, const Clock& machine_clock)
    : options(std::move(given)),
      clock(machine_clock, Millis(options.clock_skew_s * 1000)),
      aws(options.regions, options.seed, options.servers),
      openstack(options.os_regions, options.seed + 1, options.openstack_servers),
      credentials_{.access = options.access,
                   .secret = options.secret,
                   .password = options.os_password,
                   .application_secret = options.os_application_secret} {}

Credentials World::credentials() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

void World::set_credentials(Credentials credentials) {
  const std::lock_guard lock(mutex_);
  credentials_ = std::move(credentials);
}

void World::count(const std::string& name) {
  const std::lock_guard lock(mutex_);
  ++counters_[name];
}

std::map<std::string, std::uint64_t> World::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void World::reset_counters() {
  const std::lock_guard lock(mutex_);
  counters_.clear();
}

std::string http_date(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

}  // namespace maestro::cloudsim
