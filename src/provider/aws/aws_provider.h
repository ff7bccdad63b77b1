// Amazon Web Services as the forms and the catalog show it.
#pragma once

#include "provider/provider.h"

namespace maestro::provider::aws {

Provider declare();

}  // namespace maestro::provider::aws
