// Nova's documents as JSON text.
#pragma once

#include <string>

#include "cloudsim/openstack_server.h"
#include "cloudsim/openstack_service.h"

namespace maestro::cloudsim::openstack {

/// What a list of servers has in common.
struct ServerView {
  const Names& names;
  const Region& region;
  std::string root;  ///< "http://host:port/compute"
  int microversion = 1;
  bool admin = false;
};

void append_server(std::string& out, const ServerView& view, const Server& server);
/// The short form: id, name, links.
void append_server_brief(std::string& out, const ServerView& view, const Server& server);
void append_flavor(std::string& out, const Flavor& flavor, const std::string& root, int microversion, bool detail);

}  // namespace maestro::cloudsim::openstack
