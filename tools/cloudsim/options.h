// What a run of the simulator is told on its command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace maestro::cloudsim {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t aws_port = 0;
  std::uint16_t openstack_port = 0;
  std::uint16_t control_port = 0;

  std::uint64_t seed = 1;
  unsigned servers = 200;  ///< over all AWS regions
  std::vector<std::string> regions = {"us-east-1", "eu-west-1"};
  unsigned openstack_servers = 100;  ///< over all OpenStack regions and projects
  std::vector<std::string> os_regions = {"RegionOne"};

  std::string account = "123456789012";
  std::string access = "AKIACLOUDSIMEXAMPLE1";
  std::string secret = "cloudsim+secret/access/key+0123456789abc";

  std::string os_user = "cloudsim";
  std::string os_password = "cloudsim";
  std::string os_project = "demo";
  std::vector<std::string> os_other_projects;  ///< share the servers with os_project
  std::string os_application = "cloudsim-app";
  std::string os_application_secret = "cloudsim-app-secret";

  unsigned token_ttl_s = 86'400;
  std::int64_t clock_skew_s = 0;  ///< the simulated clouds' clock minus this machine's
  unsigned threads = 32;          ///< of each cloud; a held answer keeps one

  bool help = false;
};

/// kInvalid names the option.
Result<Options> parse_options(const std::vector<std::string>& arguments);
std::string help_text();

}  // namespace maestro::cloudsim
