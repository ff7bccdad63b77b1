// Table: how an entity's declaration becomes a narrow table, its indexes and the statements on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/projection.h"

namespace maestro::store_sql {

/// SQL of store::Accounts::Known::stamp: a number drawn with each change, and how often the store was mended.
inline constexpr const char* kIdentityStamp =
    "(SELECT CAST(sum(value) AS BIGINT) FROM counter WHERE name IN ('identity', 'epoch'))";

struct Index {
  std::string name;
  std::string sql;  ///< CREATE INDEX text, as the file keeps it
  std::string table;
  std::vector<std::string> columns;  ///< SQL names in order
  std::string where;                 ///< " WHERE ..." of a partial one
  bool unique = false;
  bool covers(std::string_view column) const;
};

/// Immutable after open.
struct Table {
  const model::Entity* entity = nullptr;
  std::int64_t kind = 0;
  std::string name;                   ///< "e_servers"
  std::vector<std::string> columns;   ///< SQL names, parallel to store::columns(entity): "c_name"
  std::vector<std::size_t> facets;    ///< columns whose values are counted, by position
  std::vector<Index> indexes;         ///< acl and key first, then one for each sort
  std::string insert_sql;             ///< narrow row
  std::string by_id_sql, by_row_sql;  ///< whole document
  std::string by_id_stamped_sql;      ///< with kIdentityStamp behind it
  std::string from_doc_sql;           ///< head of those, to be continued with a WHERE on d
  std::string select_sql;             ///< head of the above, to be continued with a WHERE on n and d
  std::string columns_signature;      ///< changes when narrow rows must be computed again
  std::string list_signature;         ///< changes when list texts must be written again
  std::string search_signature;       ///< changes when search texts must be written again

  /// The SQL name of the column that holds a path, fixed ones included; empty when there is none.
  std::string_view column_of(std::string_view path) const;
  /// The index that a walk in order of this column uses; nullptr when there is none.
  const Index* sort_index(std::string_view column) const;
  const Index& acl_index() const { return indexes.front(); }

  static Table derive(const model::Entity& entity);
};

/// The counter that grows when rows of the kind are gone: whoever keeps its columns in memory reads them again.

/// Bits of the narrow row's `odd`: columns that do not speak for the document exactly. Beyond the last bit columns
/// share.
inline constexpr std::size_t kOddBits = 31;
std::int64_t other_type_bit(std::size_t column);
std::int64_t not_bit(std::size_t column);
std::int64_t odd_of(const store::Document& document);

}  // namespace maestro::store_sql
