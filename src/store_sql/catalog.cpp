#include "store_sql/catalog.h"

#include "base/text.h"
#include "store_sql/migrations.h"
#include "store_sql/schema.h"

namespace maestro::store_sql {
namespace {

const char* type_of(const StoredColumn& column) {
  switch (column.kind) {
    case Statement::Kind::kInteger:
      return "@int";
    case Statement::Kind::kReal:
      return "@real";
    case Statement::Kind::kBlob:
      return "@blob";
    default:
      return "@text";
  }
}

Result<void> make_narrow(Session& session, const StoredTable& like) {
  const Dialect& dialect = session.dialect();
  TRY(session.execute(dialect.ddl(fmt::format("CREATE TABLE \"{}\" ({})", like.name, kNarrowColumns))));
  TRY_ASSIGN(const auto present, dialect.columns(session, like.name));
  for (const StoredColumn& column : like.columns) {
    if (present.contains(column.name)) continue;
    TRY(session.execute(
        dialect.ddl(fmt::format("ALTER TABLE \"{}\" ADD COLUMN {} {}", like.name, column.name, type_of(column)))));
  }
  return {};
}

/// The first word of `text`, which loses it.
std::string_view take_word(std::string_view& text) {
  text = text::trim(text);
  const auto end = std::min(text.find_first_of(" (\n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

}  // namespace

std::string StoredTable::column_list() const {
  std::string out;
  for (const StoredColumn& column : columns) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", column.name);
  return out;
}

std::int64_t newest_schema() { return static_cast<std::int64_t>(std::size(kMigrations)); }

Result<State> state_of(Session& session) {
  State state;
  TRY_ASSIGN(state.schema, session.dialect().schema_version(session));
  if (state.schema == 0) return state;
  state.empty = false;
  if (state.schema > newest_schema()) return state;
  Query query = session.query("SELECT count(*) FROM (SELECT 1 FROM doc LIMIT 1) x");
  TRY(query.step());
  state.empty = query.integer(0) == 0;
  return state;
}

Result<std::vector<Table>> read_tables(Session& session) {
  TRY_ASSIGN(const std::int64_t schema, session.dialect().schema_version(session));
  if (schema != newest_schema()) {
    return conflict(fmt::format("The database has schema {}, this program works on schema {}{}", schema,
                                newest_schema(), schema < newest_schema() ? ": run `maestro migrate` first" : ""));
  }
  std::vector<Table> out;
  for (const model::Entity* entity : model::entities()) {
    Table table = Table::derive(*entity);
    Query query = session.query("SELECT id FROM kind WHERE name = ? AND columns = ? AND list = ? AND search = ?");
    query.bind(entity->name, table.columns_signature, table.list_signature, table.search_signature);
    TRY_ASSIGN(const bool row, query.step());
    if (row) table.kind = query.integer(0);
    out.push_back(std::move(table));
  }
  return out;
}

std::vector<Index> core_indexes(const Dialect& dialect) {
  std::map<std::string, Index, std::less<>> found;
  for (const char* migration : kMigrations) {
    const std::string text = dialect.ddl(migration);
    for (const std::string_view statement : text::split(text, ';')) {
      std::string_view rest = statement;
      const std::string_view verb = take_word(rest);
      std::string_view what = take_word(rest);
      const bool unique = what == "UNIQUE";
      if (unique) what = take_word(rest);
      if (what != "INDEX") continue;
      const std::string name(take_word(rest));
      if (verb == "DROP") found.erase(name);
      if (verb != "CREATE" || take_word(rest) != "ON") continue;
      Index& index = found[name];
      index.name = name;
      index.sql = text::trim(statement);
      index.table = take_word(rest);
      index.unique = unique;
    }
  }
  std::vector<Index> out;
  for (auto& [name, index] : found) out.push_back(std::move(index));
  return out;
}

Result<void> make_tables(Session& session, std::int64_t version, std::span<const StoredTable> like) {
  for (std::int64_t next = 0; next < version; ++next) TRY(migrate_step(session, next));
  TRY_ASSIGN(const auto made, session.dialect().tables(session));
  // Migrations write first rows of their own.
  for (const StoredTable& table : made) TRY(session.execute(fmt::format("DELETE FROM \"{}\"", table.name)));
  for (const StoredTable& table : like) {
    if (std::any_of(made.begin(), made.end(), [&](const StoredTable& one) { return one.name == table.name; })) continue;
    if (!table.narrow()) return internal(fmt::format("Table {} is none of Maestro's", table.name));
    TRY(make_narrow(session, table));
  }
  return {};
}

}  // namespace maestro::store_sql
