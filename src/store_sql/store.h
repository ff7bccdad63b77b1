// What every SQL adapter offers beside the ports.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace maestro::store_sql {

/// What is wrong with the data: counts that differ from the rows, rows without a body, damaged pages. Empty = all well.
/// `store` must come from an adapter's open().
Result<std::vector<std::string>> check(store::Store& store, const Context& context);

/// How the statements of a list read the database (EXPLAIN), for tests and for people who tune.
Result<std::vector<std::string>> explain(store::Store& store, const Context& context, const store::ListSpec& spec);

/// Begins to read the columns of every kind into memory, where lists count and filter faster; returns at once. Until it
/// is done, lists ask the database.
void warm_up(store::Store& store);
/// Whether that is done.
bool is_warm(store::Store& store);

}  // namespace maestro::store_sql
