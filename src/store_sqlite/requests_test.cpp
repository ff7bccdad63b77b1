// The conformance suite's kept answers and its history over many documents.
#include "store/conformance/requests.h"

#include "store_sqlite/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Sqlite, RequestConformance, testing::Values(store_sqlite::maker()),
                         [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(Sqlite, TrailConformance, testing::Values(store_sqlite::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
