// Service links: a service of a server and the database or application of that kind that runs there belong together.
#pragma once

#include "base/result.h"
#include "store/store.h"

namespace maestro::inventory {

/// The rule of servers: states in `services[].setup.application` which of the server's applications a service is, where
/// only one can be meant: that of the same product (its provider, engine or name), else that of the family which the
/// catalogue gives the service. Takes it away again when that application is no longer on the server. A choice that
/// a person has made stays. Writes nothing itself.
Result<void> link_services(store::Store& store, store::Transaction& tx, const store::Document* before,
                           store::Document& after);

}  // namespace maestro::inventory
