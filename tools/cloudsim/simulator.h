// Simulator: both clouds and their control API, listening.
#pragma once

#include <memory>
#include <string>

#include "cloudsim/openstack_tokens.h"
#include "cloudsim/options.h"
#include "cloudsim/world.h"
#include "http/server.h"

namespace maestro::cloudsim {

/// Runs from start() to destruction. `clock` must outlive it.
class Simulator {
 public:
  static Result<std::unique_ptr<Simulator>> start(Options options, const Clock& clock);
  ~Simulator();

  std::string aws_url() const;
  /// Of the identity service, as clients want it.
  std::string openstack_url() const;
  std::string control_url() const;
  std::uint16_t port(std::size_t listener) const { return server_->port(listener); }  ///< 0 aws, 1 openstack, 2 control
  std::string ready_line() const;
  World& world() { return world_; }
  /// Ends all connections and held answers; idempotent.
  void stop();

 private:
  Simulator(Options options, const Clock& clock);

  World world_;
  Tokens tokens_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace maestro::cloudsim
