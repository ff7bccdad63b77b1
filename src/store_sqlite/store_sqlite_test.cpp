// The conformance suite of the ports on SQLite files.
#include "store/conformance/access.h"
#include "store/conformance/concurrency.h"
#include "store/conformance/documents.h"
#include "store/conformance/ledger.h"
#include "store_sqlite/backend_test.h"

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(store_sqlite::maker()),
                         [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(Sqlite, AccessConformance, testing::Values(store_sqlite::maker()),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
