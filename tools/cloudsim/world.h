// World: what the two clouds and the control API share.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"
#include "cloudsim/estate.h"
#include "cloudsim/faults.h"
#include "cloudsim/options.h"

namespace maestro::cloudsim {

/// The machine's clock, put forward or back.
class SkewedClock final : public Clock {
 public:
  explicit SkewedClock(const Clock& base, Millis skew) : base_(base), skew_(skew) {}
  Time now() const override { return base_.now() + skew_; }

 private:
  const Clock& base_;
  const Millis skew_;
};

/// What clients must present; the control API rotates it.
struct Credentials {
  std::string access, secret;  ///< AWS
  std::string password;        ///< OpenStack
  std::string application_secret;
};

class World {
 public:
  World(Options given, const Clock& clock);

  const Options options;
  const SkewedClock clock;
  Estate aws;
  Estate openstack;
  Faults faults;

  Credentials credentials() const;
  void set_credentials(Credentials credentials);

  /// Counters by "<cloud>.<action>" and "<cloud>.<action>.<fault or error>".
  void count(const std::string& name);
  std::map<std::string, std::uint64_t> counters() const;
  void reset_counters();

 private:
  mutable std::mutex mutex_;
  Credentials credentials_;
  std::map<std::string, std::uint64_t> counters_;
};

/// The RFC 9110 form of a time, for Date headers.
std::string http_date(Time time);

}  // namespace maestro::cloudsim
