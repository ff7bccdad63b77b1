// The conformance suite's kept answers and its history over many documents.
#include "store/conformance/requests.h"

#include "store_postgres/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Postgres, RequestConformance, testing::Values(store_postgres::maker()),
                         [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(Postgres, TrailConformance, testing::Values(store_postgres::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
