// The control API: what a test or a person does to the simulated clouds while they run. No authentication: loopback.
#pragma once

#include "cloudsim/openstack_tokens.h"
#include "cloudsim/world.h"
#include "http/message.h"

namespace maestro::cloudsim {

http::Reply serve_control(World& world, Tokens& tokens, const http::Request& request);

}  // namespace maestro::cloudsim
