// Check: what is wrong with a database, and how much of it can be made again.
#pragma once

#include "store_sql/catalog.h"

namespace maestro::store_sql {

struct Problem {
  /// What makes it good again. All but kNothing rebuild what is derived from what people and providers wrote.
  enum class Mend {
    kNothing,  ///< nothing can: the data itself is missing or odd
    kSchema,   ///< prepare_schema()
    kStorage,  ///< Dialect::mend_storage()
    kRows,     ///< columns, odd bits, list and search texts and counts by value of a table
    kSearch,   ///< search texts and addresses of all tables
    kCounts,   ///< row counts of a table
    kEntries,  ///< entries by principal of the access sets
    kIndexes,  ///< indexes of the core tables
    kNumbers,  ///< the counters
  };
  std::string words;
  Mend mend = Mend::kNothing;
  const Table* table = nullptr;  ///< of kRows and kCounts
};

/// `tables` from read_tables() or an open store; problems point into it. Those of kind 0 are not looked into. The
/// session should see one instant. One pass over every row.
Result<std::vector<Problem>> find_problems(Session& session, std::span<const Table> tables);

/// Makes good what can be, transaction by transaction. `tables` as for find_problems(); the session must be alone
/// (Depot::Hold::kWrites). Returns what it did, in words.
Result<std::vector<std::string>> mend(Session& session, std::span<const Table> tables,
                                      std::span<const Problem> problems);

/// Who holds which role by the entries of an access set (acl_set.entries), principals as owner_bytes(); nullopt when
/// the text is no such list.
std::optional<std::map<std::string, std::int64_t>> roles_by_principal(std::string_view entries);

}  // namespace maestro::store_sql
