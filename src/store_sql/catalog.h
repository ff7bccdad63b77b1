// Catalog: the tables of a database as they stand in it, beside those that this program declares.
#pragma once

#include "store_sql/session.h"
#include "store_sql/tables.h"

namespace maestro::store_sql {

struct StoredColumn {
  std::string name;
  Statement::Kind kind = Statement::Kind::kText;
};

/// A table whose rows are data. An engine's own tables are none, nor is what it makes again from others: virtual tables
/// with their shadows, views, computed columns. See Dialect::tables().
struct StoredTable {
  std::string name;
  std::vector<StoredColumn> columns = {};
  bool numbered = false;  ///< the engine numbers its rows (column `id`) and keeps the last number
  std::int64_t last = 0;  ///< that number; 0 = none was given yet

  bool narrow() const { return name.starts_with("e_"); }  ///< belongs to an entity: made from its declaration
  std::string column_list() const;                        ///< quoted, with commas
};

/// How many numbered migrations this program knows.
std::int64_t newest_schema();

/// Which schema a database has and whether anything is in it.
struct State {
  std::int64_t schema = 0;  ///< 0 = none at all
  bool empty = true;        ///< not one document, active or not
};
/// kInvalid for a database of something else. One of a newer program is not looked into and counts as filled.
Result<State> state_of(Session& session);

/// The declared tables as the database has them; it is only read. One that prepare_schema() would fill again comes with
/// kind 0. kConflict when the numbered migrations are not exactly those of this program.
Result<std::vector<Table>> read_tables(Session& session);
/// The indexes that the numbered migrations make; `sql` in the engine's words.
std::vector<Index> core_indexes(const Dialect& dialect);

/// On an empty database, in a transaction: the first `version` migrations and narrow tables with the columns of `like`,
/// all without rows. The indexes of narrow tables are not made: they come when the store is opened.
Result<void> make_tables(Session& session, std::int64_t version, std::span<const StoredTable> like);

}  // namespace maestro::store_sql
