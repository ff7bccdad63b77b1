// OpenStack as the forms and the catalog show it.
#pragma once

#include "provider/provider.h"

namespace maestro::provider::openstack {

Provider declare();

}  // namespace maestro::provider::openstack
