// Copy: every row of every table from one engine into another, by the source's catalog.
#pragma once

#include "store_sql/depot.h"

namespace maestro::store_sql {

/// How an engine takes rows in bulk.
class Loader {
 public:
  virtual ~Loader() = default;
  virtual Session& session() = 0;
  /// Takes what is left of `rows`, whose columns are those of `table`; tells `each` after every row.
  virtual Result<void> load(const StoredTable& table, Query& rows, const std::function<void()>& each) = 0;
};

/// Makes the tables of the source's schema in an empty database and fills them with what the source sees; numbers that
/// the engine gives go on where the source's were. In one transaction, which is the caller's.
Result<void> copy_rows(Session& source, Loader& target, const Progress& progress);

}  // namespace maestro::store_sql
