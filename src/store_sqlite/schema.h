// Schema: brings a database file to the tables that this program knows and the columns that the declarations state.
#pragma once

#include "store_sqlite/connection.h"
#include "store_sqlite/tables.h"

namespace maestro::store_sqlite {

/// Runs the numbered migrations, refuses a file of a newer program, reconciles narrow tables and indexes with the
/// declarations (new column = added and filled from the bodies), and returns the tables with their kinds.
Result<std::vector<Table>> prepare_schema(Connection& connection);

/// An owner as one value: kind and id. 13 bytes.
std::string owner_bytes(const Principal& owner);
Principal owner_from(std::string_view bytes);

/// Document columns of Table::select_sql and its kin.
store::Document read_document(const Table& table, const Query& query);
/// The columns beyond the fixed ones, in the table's order.
std::vector<store::ColumnValue> column_values(const store::Document& document);

}  // namespace maestro::store_sqlite
