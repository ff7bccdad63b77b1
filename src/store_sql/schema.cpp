#include "store_sql/schema.h"

#include "base/log.h"
#include "base/text.h"
#include "store_sql/migrations.h"
#include "store_sql/search.h"

namespace maestro::store_sql {
namespace {

constexpr int kRefillRows = 2000;

Result<void> migrate(Session& session) {
  const Dialect& dialect = session.dialect();
  TRY_ASSIGN(const std::int64_t version, dialect.schema_version(session));
  const auto known = static_cast<std::int64_t>(std::size(kMigrations));
  if (version > known) {
    return invalid(fmt::format(
        "The database was written by a newer version of Maestro (schema {}, this program knows {})", version, known));
  }
  for (std::int64_t next = version; next < known; ++next) {
    TRY(in_transaction(session, [&] { return migrate_step(session, next); }));
  }
  return {};
}

Result<void> reconcile_columns(Session& connection, const Table& table) {
  const Dialect& dialect = connection.dialect();
  TRY(connection.execute(
      dialect.ddl(fmt::format("CREATE TABLE IF NOT EXISTS \"{}\" ({})", table.name, kNarrowColumns))));
  TRY_ASSIGN(const auto present, dialect.columns(connection, table.name));
  const auto& declared = store::columns(*table.entity);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (present.contains(table.columns[i])) continue;
    const char* type = declared[i].kind == store::Column::Kind::kText     ? "@text"
                       : declared[i].kind == store::Column::Kind::kNumber ? "@real"
                                                                          : "@int";
    TRY(connection.execute(
        dialect.ddl(fmt::format("ALTER TABLE \"{}\" ADD COLUMN {} {}", table.name, table.columns[i], type))));
  }
  return {};
}

/// Indexes as declared: others with our prefix go, and a column that is no longer declared goes after its index.
Result<void> reconcile_indexes(Session& connection, const Table& table) {
  const Dialect& dialect = connection.dialect();
  TRY_ASSIGN(const auto present, dialect.indexes(connection, table.name));
  for (const auto& found : present) {
    const bool wanted = std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
      return index.name == found.first && index.sql == found.second;
    });
    if (!wanted) TRY(connection.execute(fmt::format("DROP INDEX \"{}\"", found.first)));
  }
  TRY_ASSIGN(const auto columns, dialect.columns(connection, table.name));
  for (const std::string& column : columns) {
    if (!column.starts_with("c_") ||
        std::find(table.columns.begin(), table.columns.end(), column) != table.columns.end())
      continue;
    TRY(connection.execute(fmt::format("ALTER TABLE \"{}\" DROP COLUMN {}", table.name, column)));
  }
  for (const Index& index : table.indexes) {
    const auto found = present.find(index.name);
    if (found != present.end() && found->second == index.sql) continue;
    if (auto made = dialect.create_index(connection, index); !made.ok()) {
      if (made.error().code != Code::kConflict) return made;
      return conflict(
          fmt::format("{}: two active documents have the same {}, which must be unique: change one of them "
                      "with the version that wrote this store",
                      table.entity->name, text::join(index.columns, ", ")));
    }
  }
  return {};
}

std::string refill_sql(const Table& table) {
  std::string sql = fmt::format("UPDATE \"{}\" SET odd = ?", table.name);
  for (const std::string& column : table.columns) sql += fmt::format(", {} = ?", column);
  return sql + " WHERE id = ?";
}

/// Computes narrow columns and list texts of every row again, some thousand rows a transaction.
Result<void> refill(Session& connection, const Table& table, bool search) {
  const std::string page_sql = fmt::format("{} WHERE n.id > ? ORDER BY n.id LIMIT ?", table.select_sql);
  const std::string update_sql = refill_sql(table);
  for (std::int64_t after = 0;;) {
    std::vector<store::Document> documents;
    {
      Query query = connection.query(std::string_view(page_sql));
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
    TRY(in_transaction(connection, [&]() -> Result<void> {
      std::int64_t all = 0;
      for (const store::Document& document : documents) {
        const std::int64_t odd = odd_of(document);
        all |= odd;
        const auto values = column_values(document);
        Query update = connection.query(std::string_view(update_sql));
        update.bind(odd);
        for (const store::ColumnValue& value : values) update.bind_one(value);
        update.bind_one(document.row);
        TRY(update.run());
        TRY(connection.query("UPDATE doc SET list_json = ? WHERE id = ?")
                .bind(store::list_text(document), document.row)
                .run());
        if (search) TRY(add_to_search(connection, table, document));
      }
      return connection.query("UPDATE kind SET odd = odd | ? WHERE id = ?").bind(all, table.kind).run();
    }));
  }
}

Result<void> count_facets(Session& connection, const Table& table) {
  TRY(connection.query("DELETE FROM facet WHERE kind = ?").bind(table.kind).run());
  for (const std::size_t column : table.facets) {
    TRY(connection.execute(
        fmt::format("INSERT INTO facet (kind, field, active, value, n) SELECT {0}, '{1}', active, {1}, count(*) "
                    "FROM \"{2}\" WHERE {1} IS NOT NULL GROUP BY active, {1}",
                    table.kind, table.columns[column], table.name)));
  }
  return {};
}

Result<void> reconcile(Session& connection, Table& table) {
  std::string columns, list, search;
  TRY(in_transaction(connection, [&]() -> Result<void> {
    TRY(connection
            .query("INSERT INTO kind (name, odd, columns, list) VALUES (?, 0, '', '') ON CONFLICT (name) DO NOTHING")
            .bind(table.entity->name)
            .run());
    Query query = connection.query("SELECT id, columns, list, search FROM kind WHERE name = ?");
    query.bind(table.entity->name);
    TRY(query.step());
    table.kind = query.integer(0);
    columns = query.string(1);
    list = query.string(2);
    search = query.string(3);
    return reconcile_columns(connection, table);
  }));
  const bool searched = search == table.search_signature;
  if (columns != table.columns_signature || list != table.list_signature || !searched) {
    if (!searched) TRY(in_transaction(connection, [&] { return clear_search(connection, table); }));
    TRY(refill(connection, table, !searched));
    TRY(in_transaction(connection, [&]() -> Result<void> {
      TRY(count_facets(connection, table));
      return connection.query("UPDATE kind SET columns = ?, list = ?, search = ? WHERE id = ?")
          .bind(table.columns_signature, table.list_signature, table.search_signature, table.kind)
          .run();
    }));
  }
  return reconcile_indexes(connection, table);
}

}  // namespace

Result<void> in_transaction(Session& session, const std::function<Result<void>()>& work) {
  if (session.in_transaction()) return work();
  TRY(session.execute(session.dialect().begin_write()));
  if (auto done = work(); !done.ok()) {
    (void)session.execute("ROLLBACK");
    return done;
  }
  return session.execute("COMMIT");
}

Result<void> migrate_step(Session& session, std::int64_t version) {
  const Dialect& dialect = session.dialect();
  return session.execute(fmt::format("{}; {}", dialect.ddl(kMigrations[version]), dialect.stamp(version + 1)));
}

Result<void> derive_rows(Session& session, const Table& table) {
  TRY(in_transaction(session, [&]() -> Result<void> {
    // Without a look at what the search holds: it may be wrong, too.
    TRY(session
            .query("DELETE FROM address WHERE id IN (SELECT id FROM doc WHERE kind = ?) OR id NOT IN (SELECT id FROM "
                   "doc)")
            .bind(table.kind)
            .run());
    return session.query("DELETE FROM search WHERE kind = ?1 OR id IN (SELECT id FROM doc WHERE kind = ?1)")
        .bind(table.kind)
        .run();
  }));
  TRY(refill(session, table, true));
  return in_transaction(session, [&] { return count_facets(session, table); });
}

Result<std::vector<Table>> prepare_schema(Session& connection) {
  TRY(migrate(connection));
  TRY(connection.dialect().prepare_search(connection));
  std::vector<Table> tables;
  for (const model::Entity* entity : model::entities()) {
    tables.push_back(Table::derive(*entity));
    TRY(reconcile(connection, tables.back()));
    if (std::string_view(entity->name) == "users") TRY(appoint_oldest(connection, tables.back()));
  }
  return tables;
}

std::string readers_bytes(const Readers& readers) {
  std::string out;
  for (const Principal& reader : readers) out += owner_bytes(reader);
  return out;
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

Result<std::int64_t> inserted(Query& query) {
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return internal("The database gave a new row no number");
  const std::int64_t id = query.integer(0);
  TRY(query.run());
  return id;
}

std::string spell(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string_view>> words) {
  std::string out(text);
  for (const auto& [mark, word] : words) {
    for (auto at = out.find(mark); at != std::string::npos; at = out.find(mark, at + word.size()))
      out.replace(at, mark.size(), word);
  }
  return out;
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

}  // namespace maestro::store_sql
