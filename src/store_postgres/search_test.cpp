// The conformance suite's searches and facets.
#include "store/conformance/search.h"

#include "store_postgres/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Postgres, SearchConformance, testing::Values(store_postgres::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
