// The conformance suite's sessions, API tokens and administrators.
#include "store/conformance/accounts.h"

#include "store_postgres/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Postgres, AccountConformance, testing::Values(store_postgres::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
