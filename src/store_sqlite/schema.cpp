#include "store_sqlite/schema.h"

#include "base/log.h"
#include "store_sqlite/migrations.h"

namespace maestro::store_sqlite {
namespace {

constexpr int kApplicationId = 0x4d535452;  // "MSTR"
constexpr int kRefillRows = 2000;

Result<std::int64_t> pragma(Connection& connection, const char* name) {
  Query query = connection.query(fmt::format("PRAGMA {}", name));
  TRY_ASSIGN(const bool row, query.step());
  return row ? query.integer(0) : 0;
}

Result<void> migrate(Connection& connection) {
  TRY_ASSIGN(const std::int64_t application, pragma(connection, "application_id"));
  TRY_ASSIGN(const std::int64_t version, pragma(connection, "user_version"));
  const auto known = static_cast<std::int64_t>(std::size(kMigrations));
  if (application != kApplicationId) {
    TRY_ASSIGN(const std::int64_t pages, pragma(connection, "schema_version"));
    if (application != 0 || version != 0 || pages != 0) return invalid("The file is not a Maestro database");
  }
  if (version > known) {
    return invalid(fmt::format(
        "The database was written by a newer version of Maestro (schema {}, this program knows {})", version, known));
  }
  for (std::int64_t next = version; next < known; ++next) {
    TRY(connection.execute(fmt::format("BEGIN IMMEDIATE; {}; PRAGMA application_id={}; PRAGMA user_version={}; COMMIT",
                                       kMigrations[next], kApplicationId, next + 1)));
  }
  return {};
}

Result<std::set<std::string>> columns_in_file(Connection& connection, const Table& table) {
  std::set<std::string> out;
  Query query = connection.query(fmt::format("PRAGMA table_info(\"{}\")", table.name));
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.insert(query.string(1));
  }
}

Result<void> reconcile_columns(Connection& connection, const Table& table) {
  TRY(connection.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS \"{}\" (id INTEGER PRIMARY KEY, oid BLOB NOT NULL, active INTEGER NOT NULL,"
      " created INTEGER NOT NULL, updated INTEGER NOT NULL, acl INTEGER NOT NULL, owner BLOB NOT NULL,"
      " key TEXT NOT NULL, odd INTEGER NOT NULL)",
      table.name)));
  TRY_ASSIGN(const auto present, columns_in_file(connection, table));
  const auto& declared = store::columns(*table.entity);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (present.contains(table.columns[i])) continue;
    const char* type = declared[i].kind == store::Column::Kind::kText     ? "TEXT"
                       : declared[i].kind == store::Column::Kind::kNumber ? "REAL"
                                                                          : "INTEGER";
    TRY(connection.execute(fmt::format("ALTER TABLE \"{}\" ADD COLUMN {} {}", table.name, table.columns[i], type)));
  }
  return {};
}

/// Indexes as declared: others with our prefix go, and a column that is no longer declared goes after its index.
Result<void> reconcile_indexes(Connection& connection, const Table& table) {
  std::map<std::string, std::string> present;
  {
    Query query = connection.query(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL");
    query.bind(table.name);
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      present.emplace(query.string(0), query.string(1));
    }
  }
  for (const auto& found : present) {
    const bool wanted = std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
      return index.name == found.first && index.sql == found.second;
    });
    if (!wanted) TRY(connection.execute(fmt::format("DROP INDEX \"{}\"", found.first)));
  }
  TRY_ASSIGN(const auto columns, columns_in_file(connection, table));
  for (const std::string& column : columns) {
    if (!column.starts_with("c_") ||
        std::find(table.columns.begin(), table.columns.end(), column) != table.columns.end())
      continue;
    TRY(connection.execute(fmt::format("ALTER TABLE \"{}\" DROP COLUMN {}", table.name, column)));
  }
  for (const Index& index : table.indexes) {
    const auto found = present.find(index.name);
    if (found == present.end() || found->second != index.sql) TRY(connection.execute(index.sql));
  }
  return {};
}

std::string refill_sql(const Table& table) {
  std::string sql = fmt::format("UPDATE \"{}\" SET odd = ?", table.name);
  for (const std::string& column : table.columns) sql += fmt::format(", {} = ?", column);
  return sql + " WHERE id = ?";
}

/// Computes narrow columns and list texts of every row again, some thousand rows a transaction.
Result<void> refill(Connection& connection, const Table& table) {
  const std::string page_sql = fmt::format("{} WHERE n.id > ? ORDER BY n.id LIMIT ?", table.select_sql);
  for (std::int64_t after = 0;;) {
    std::vector<store::Document> documents;
    {
      Query query = connection.query(page_sql);
      query.bind(after, kRefillRows);
      for (;;) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        documents.push_back(read_document(table, query));
      }
    }
    if (documents.empty()) return {};
    if (after == 0)
      log::info("deriving columns and list texts of stored documents again", {{"entity", table.entity->name}});
    after = documents.back().row;
    TRY(connection.execute("BEGIN IMMEDIATE"));
    const auto fill = [&]() -> Result<void> {
      std::int64_t all = 0;
      for (const store::Document& document : documents) {
        const std::int64_t odd = odd_of(document);
        all |= odd;
        const auto values = column_values(document);
        Query update = connection.query(refill_sql(table));
        update.bind(odd);
        for (const store::ColumnValue& value : values) update.bind_one(value);
        update.bind_one(document.row);
        TRY(update.run());
        TRY(connection.query("UPDATE doc SET list_json = ? WHERE id = ?")
                .bind(store::list_text(document), document.row)
                .run());
      }
      return connection.query("UPDATE kind SET odd = odd | ? WHERE id = ?").bind(all, table.kind).run();
    };
    if (auto filled = fill(); !filled.ok()) {
      (void)connection.execute("ROLLBACK");
      return filled;
    }
    TRY(connection.execute("COMMIT"));
  }
}

Result<void> count_facets(Connection& connection, const Table& table) {
  TRY(connection.query("DELETE FROM facet WHERE kind = ?").bind(table.kind).run());
  for (const std::size_t column : table.facets) {
    TRY(connection.execute(
        fmt::format("INSERT INTO facet (kind, field, active, value, n) SELECT {0}, '{1}', active, {1}, count(*) "
                    "FROM \"{2}\" WHERE {1} IS NOT NULL GROUP BY active, {1}",
                    table.kind, table.columns[column], table.name)));
  }
  return {};
}

Result<void> reconcile(Connection& connection, Table& table) {
  std::string columns, list;
  TRY(connection.execute("BEGIN IMMEDIATE"));
  TRY(connection.query("INSERT OR IGNORE INTO kind (name, odd, columns, list) VALUES (?, 0, '', '')")
          .bind(table.entity->name)
          .run());
  {
    Query query = connection.query("SELECT id, columns, list FROM kind WHERE name = ?");
    query.bind(table.entity->name);
    TRY(query.step());
    table.kind = query.integer(0);
    columns = query.string(1);
    list = query.string(2);
  }
  TRY(reconcile_columns(connection, table));
  TRY(connection.execute("COMMIT"));
  if (columns != table.columns_signature || list != table.list_signature) {
    TRY(refill(connection, table));
    TRY(connection.execute("BEGIN IMMEDIATE"));
    TRY(count_facets(connection, table));
    TRY(connection.query("UPDATE kind SET columns = ?, list = ? WHERE id = ?")
            .bind(table.columns_signature, table.list_signature, table.kind)
            .run());
    TRY(connection.execute("COMMIT"));
  }
  TRY(connection.execute("BEGIN IMMEDIATE"));
  TRY(reconcile_indexes(connection, table));
  return connection.execute("COMMIT");
}

}  // namespace

Result<std::vector<Table>> prepare_schema(Connection& connection) {
  TRY(migrate(connection));
  std::vector<Table> tables;
  for (const model::Entity* entity : model::entities()) {
    tables.push_back(Table::derive(*entity));
    TRY(reconcile(connection, tables.back()));
  }
  return tables;
}

std::string owner_bytes(const Principal& owner) {
  std::string out(1, static_cast<char>(owner.kind));
  out.append(reinterpret_cast<const char*>(owner.id.bytes().data()), owner.id.bytes().size());
  return out;
}

Principal owner_from(std::string_view bytes) {
  if (bytes.size() != 13) return {};
  return {static_cast<Principal::Kind>(bytes[0]), ObjectId::from_bytes(bytes.data() + 1)};
}

store::Document read_document(const Table& table, const Query& query) {
  store::Document document;
  document.entity = table.entity;
  document.row = query.integer(0);
  document.id = query.object_id(1);
  document.rev = query.integer(2);
  document.active = query.integer(3) != 0;
  document.created = query.time(4);
  document.updated = query.time(5);
  document.owner = owner_from(query.text(6));
  document.key = query.string(7);
  document.access = query.integer(8);
  if (const std::string_view provenance = query.text(9); !provenance.empty())
    document.provenance = std::move(json::parse_trusted(provenance).as_object());
  document.body = std::move(json::parse_trusted(query.text(10)).as_object());
  return document;
}

std::vector<store::ColumnValue> column_values(const store::Document& document) {
  const auto& declared = store::columns(*document.entity);
  std::vector<store::ColumnValue> values;
  values.reserve(declared.size());
  for (const store::Column& column : declared) values.push_back(store::column_value(document, column));
  return values;
}

}  // namespace maestro::store_sqlite
