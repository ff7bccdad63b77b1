#include "store_sql/copy.h"

namespace maestro::store_sql {
namespace {

/// The target's types: SQLite takes any value for any column, and a migration may have named another type since.
void take_types(StoredTable& table, std::span<const StoredTable> made) {
  const auto like =
      std::find_if(made.begin(), made.end(), [&](const StoredTable& one) { return one.name == table.name; });
  if (like == made.end()) return;
  for (StoredColumn& column : table.columns)
    for (const StoredColumn& other : like->columns)
      if (other.name == column.name) column.kind = other.kind;
}

}  // namespace

Result<void> copy_rows(Session& source, Loader& target, const Progress& progress) {
  TRY_ASSIGN(const std::int64_t schema, source.dialect().schema_version(source));
  if (schema == 0) return not_found("The database that is to be copied is empty");
  if (schema > newest_schema())
    return invalid(
        fmt::format("The database that is to be copied has schema {}, this program knows {}", schema, newest_schema()));
  TRY_ASSIGN(const auto tables, source.dialect().tables(source));
  TRY(make_tables(target.session(), schema, tables));
  TRY_ASSIGN(const auto made, target.session().dialect().tables(target.session()));
  for (const StoredTable& from : tables) {
    StoredTable table = from;
    take_types(table, made);
    std::int64_t done = 0;
    const auto each = [&] {
      if (++done % 1000 == 0) progress(table.name, done);
    };
    {
      // In the order of the key: rows come in where the last ones did.
      Query rows = source.stream(Sql(fmt::format("SELECT {} FROM \"{}\" ORDER BY 1", table.column_list(), table.name)));
      TRY(target.load(table, rows, each));
    }
    progress(table.name, done);
  }
  // Engines differ in which of their tables are numbered, and in how they count up to the numbers that came in.
  for (const StoredTable& table : made) {
    if (!table.numbered) continue;
    std::int64_t last = 0;
    {
      Query highest = target.session().query(Sql(fmt::format("SELECT coalesce(max(id), 0) FROM \"{}\"", table.name)));
      TRY(highest.step());
      last = highest.integer(0);
    }
    for (const StoredTable& from : tables)
      if (from.name == table.name) last = std::max(last, from.last);
    TRY(target.session().dialect().number_after(target.session(), table.name, last));
  }
  return target.session().dialect().fill_search(target.session());
}

}  // namespace maestro::store_sql
