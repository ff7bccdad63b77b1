// The conformance suite's searches and facets.
#include "store/conformance/search.h"

#include "store_sqlite/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Sqlite, SearchConformance, testing::Values(store_sqlite::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
