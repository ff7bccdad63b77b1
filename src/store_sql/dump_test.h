// Every row of every table as sorted lines, the same for every engine: for tests that compare databases.
#pragma once

#include "base/text.h"
#include "store/conformance/suite.h"
#include "store_sql/depot.h"

namespace maestro::store_sql {

inline std::string dumped(const Query& row, int column, Statement::Kind kind) {
  if (row.null(column)) return "null";
  switch (kind) {
    case Statement::Kind::kInteger:
      return std::to_string(row.integer(column));
    case Statement::Kind::kReal:
      return fmt::format("{:a}", row.real(column));
    case Statement::Kind::kBlob:
      return "x" + text::to_hex(row.text(column));
    default:
      return "'" + row.string(column) + "'";
  }
}

inline std::vector<std::string> dump(Session& session) {
  std::vector<std::string> out;
  for (const StoredTable& table : store::must(session.dialect().tables(session))) {
    out.push_back(table.name);
    Query row = session.stream(Sql(fmt::format("SELECT {} FROM \"{}\"", table.column_list(), table.name)));
    while (store::must(row.step())) {
      std::map<std::string, std::string> values;
      int at = 0;
      for (const StoredColumn& column : table.columns) {
        values[column.name] = dumped(row, at, column.kind);
        ++at;
      }
      if (table.name == "counter" && values["name"].starts_with("'epoch"))
        continue;  // of the columns in memory, no data
      std::string line = table.name;
      for (const auto& [name, value] : values) line += fmt::format(" {}={}", name, value);
      out.push_back(line);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline std::vector<std::string> dump(Depot& depot) { return dump(*store::must(depot.read())); }

/// The last number that the engine gave, by table.
inline std::map<std::string, std::int64_t> numbers(Depot& depot) {
  const auto session = store::must(depot.read());
  std::map<std::string, std::int64_t> out;
  for (const StoredTable& table : store::must(session->dialect().tables(*session)))
    if (table.numbered) out[table.name] = table.last;
  return out;
}

}  // namespace maestro::store_sql
