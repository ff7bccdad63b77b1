// The conformance suite's lists on SQLite files.
#include "store/conformance/lists.h"
#include "store_sqlite/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Sqlite, ListConformance, testing::Values(store_sqlite::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
