// From a filter tree to a WHERE clause on a narrow table.
#pragma once

#include "store_sql/session.h"
#include "store_sql/tables.h"

namespace maestro::store_sql {

/// An equality or a range at the top of the filter that an index can seek.
struct Seek {
  const Index* index = nullptr;
  Sql condition;
  bool range = false;
  std::string field;             ///< counted column; empty when its rows are not counted by value
  std::set<std::string> values;  ///< that it asks for
};

struct CompiledFilter {
  Sql where;                                                    ///< empty = everything
  std::vector<std::shared_ptr<const store::Matcher>> matchers;  ///< what the functions in `where` refer to by number
  std::set<std::string, std::less<>> columns;                   ///< columns that it reads
  bool reads_bodies = false;                                    ///< some path has no column: a scan over the bodies
  bool exact = true;  ///< false: `where` may let through too much (never too little); see Dialect::has_functions()
  std::int64_t asks_body = 0;  ///< odd bits of rows whose body must be asked
  bool never = false;          ///< matches nothing, known without looking
  std::vector<Seek> seeks;
};

/// The distinct values of a counted column (SQL name); nullopt when it is none or there are too many.
using ValuesOf = std::function<std::optional<std::vector<std::string>>(const std::string& column)>;

/// `odd` = the kind's odd bits: which columns have values that only the body can answer for.
CompiledFilter compile_filter(const Dialect& dialect, const Table& table, const store::Filter& filter, std::int64_t odd,
                              const ValuesOf& values_of);

/// The body of the row at hand, for the functions that want it.
inline constexpr std::string_view kBody = "(SELECT body FROM doc WHERE doc.id = n.id)";

}  // namespace maestro::store_sql
