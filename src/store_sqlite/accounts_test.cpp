// The conformance suite's sessions, API tokens and administrators.
#include "store/conformance/accounts.h"

#include "store_sqlite/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Sqlite, AccountConformance, testing::Values(store_sqlite::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
