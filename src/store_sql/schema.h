// Schema: brings a database to the tables that this program knows and the columns that the declarations state.
#pragma once

#include "store_sql/session.h"
#include "store_sql/tables.h"

namespace maestro::store_sql {

/// Runs the numbered migrations, refuses a database of a newer program, reconciles narrow tables and indexes with the
/// declarations (new column = added and filled from the bodies), and returns the tables with their kinds.
Result<std::vector<Table>> prepare_schema(Session& connection);

/// After the upgrade of an instance that had no administrators yet: its oldest active account becomes one.
Result<void> appoint_oldest(Session& session, const Table& users);

/// Runs `work` in a transaction, or in the one that runs already.
Result<void> in_transaction(Session& session, const std::function<Result<void>()>& work);
/// From schema `version` to the next, inside a transaction.
Result<void> migrate_step(Session& session, std::int64_t version);
/// Computes what is derived from the bodies of a table's rows again: columns, odd bits, list texts, search texts and
/// addresses, counts by value. Dialect::fill_search() must follow.
Result<void> derive_rows(Session& session, const Table& table);
/// The columns that every narrow table starts with, for Dialect::ddl().
inline constexpr const char* kNarrowColumns =
    "id @row, oid @blob NOT NULL, active @int NOT NULL, created @int NOT NULL, updated @int NOT NULL, acl @int NOT "
    "NULL,"
    " owner @blob NOT NULL, key @text NOT NULL, odd @int NOT NULL";

/// An owner as one value: kind and id. 13 bytes.
std::string owner_bytes(const Principal& owner);
/// Of several, as one text.
std::string readers_bytes(const Readers& readers);
Principal owner_from(std::string_view bytes);

/// Runs an INSERT ... RETURNING id.
Result<std::int64_t> inserted(Query& query);
/// Replaces each mark by its word, for Dialect::ddl().
std::string spell(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string_view>> words);

/// Document columns of Table::select_sql and its kin.
store::Document read_document(const Table& table, const Query& query);
/// The columns beyond the fixed ones, in the table's order.
std::vector<store::ColumnValue> column_values(const store::Document& document);

}  // namespace maestro::store_sql
