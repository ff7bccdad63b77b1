// From a document to what clients see of it: list text, single text, narrow columns.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "store/types.h"

namespace maestro::store {

/// A column of an entity's narrow row, derived from its fields with an index.
struct Column {
  std::string name;  ///< path with '.' as '_': "datacenters_region"
  std::string path;
  enum class Kind { kText, kNumber, kTime } kind = Kind::kText;
  model::Index index = model::Index::kEq;
  bool exclusive = false;  ///< see model::Field
};
/// Columns beyond the fixed ones (id, owner, key, access, active, created, updated, rev). created_at and updated_at are
/// the fixed columns `created` and `updated` and not repeated.
const std::vector<Column>& columns(const model::Entity& entity);
/// The column that holds a path, or nullptr.
const Column* find_column(const model::Entity& entity, std::string_view path);

using ColumnValue = std::variant<std::monostate, std::string, double, std::int64_t>;
/// Text columns hold scalars as text (up to 400 bytes and without zero characters, else nothing), number columns
/// numbers (text that is no number = nothing).
ColumnValue column_value(const Document& document, const Column& column);

/// How faithfully the column speaks for the document's value at its path when a filter is tested on the column alone.
enum class Fit {
  kExact,      ///< the column answers every test as the document would
  kOtherType,  ///< a scalar of another type than the column's: text tests agree, equality does not
  kNot,        ///< an array, object or null, an array on the way, or a text no column holds: only the document knows
};
Fit column_fit(const Document& document, const Column& column);

/// {"_id",…list fields…,"_links":{"_self":…}} without the access field; `active` only where the list shows it.
std::string list_text(const Document& document);
/// Single fields in declared order, `_id` first, access field included (with per-role links when `role_links`), and
/// `_links` when `links`.
json::Object single_object(const Document& document, const AccessSet& access, bool links, bool role_links);

}  // namespace maestro::store
