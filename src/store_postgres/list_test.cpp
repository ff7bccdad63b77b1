// The conformance suite's lists on PostgreSQL.
#include "store/conformance/lists.h"
#include "store_postgres/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Postgres, ListConformance, testing::Values(store_postgres::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
