// The conformance suite of the ports on PostgreSQL.
#include "store/conformance/access.h"
#include "store/conformance/concurrency.h"
#include "store/conformance/documents.h"
#include "store/conformance/ledger.h"
#include "store_postgres/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance, testing::Values(store_postgres::maker()),
                         [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(Postgres, AccessConformance, testing::Values(store_postgres::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
