// The whole of a PostgreSQL database: read at one instant, replaced in one transaction.
#pragma once

#include "store_sql/depot.h"

namespace maestro::store_postgres {

/// The database that `url` names, as a depot.
std::unique_ptr<store_sql::Depot> open_depot(const std::string& url);

}  // namespace maestro::store_postgres
