// SQLite's spelling of what the shared statements need.
#include "store_sql/catalog.h"
#include "store_sql/schema.h"
#include "store_sql/search.h"
#include "store_sqlite/connection.h"

namespace maestro::store_sqlite {

using store_sql::Index;
using store_sql::Query;
using store_sql::Session;
using store_sql::Sql;
using store_sql::Statement;
using store_sql::StoredTable;
using store_sql::Value;

namespace {

constexpr int kApplicationId = 0x4d535452;  // "MSTR"

Result<std::int64_t> pragma(Session& session, const char* name) {
  Query query = session.query(Sql(fmt::format("PRAGMA {}", name)));
  TRY_ASSIGN(const bool row, query.step());
  return row ? query.integer(0) : 0;
}

/// All trigrams of all words, for MATCH.
std::string match_of(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 12;
  std::string out;
  for (const std::string& word : words) {
    for (const std::string& trigram : store_sql::trigrams(word, kMost)) {
      if (!out.empty()) out += " AND ";
      out += '"';
      for (const char c : trigram) out += c == '"' ? "\"\"" : std::string(1, c);
      out += '"';
    }
  }
  return out;
}

class SqliteDialect final : public store_sql::Dialect {
 public:
  bool has_functions() const override { return true; }
  std::string by_index(const Index* index) const override {
    return index == nullptr ? " NOT INDEXED" : fmt::format(" INDEXED BY \"{}\"", index->name);
  }
  Sql sees(std::string_view column, std::span<const unsigned char>, int, std::span<const std::int64_t>) const override {
    return Sql(fmt::format("sees({})", column));
  }
  Sql any_of(std::string_view column, std::span<const std::int64_t> values) const override {
    return Sql(fmt::format("{} IN (SELECT value FROM json_each(?))", column))
        .bind(fmt::format("[{}]", fmt::join(values, ",")));
  }
  Sql any_of(std::string_view column, std::span<const Value> values) const override {
    json::Array list;
    for (const Value& value : values) {
      if (const auto* text = std::get_if<std::string>(&value))
        list.push_back(json::Value(*text));
      else if (const auto* real = std::get_if<double>(&value))
        list.push_back(*real);
      else if (const auto* integer = std::get_if<std::int64_t>(&value))
        list.push_back(*integer);
    }
    return Sql(fmt::format("{} IN (SELECT value FROM json_each(?))", column))
        .bind(json::write(json::Value(std::move(list))));
  }
  Sql holds(std::string_view, std::string_view, bool) const override { return Sql("FALSE"); }  // has functions for it
  std::string few(const std::string& select, const std::string& order) const override { return select + order; }
  const char* skip_locked() const override { return ""; }
  const char* least_number() const override { return "-9e999"; }
  const char* explain() const override { return "EXPLAIN QUERY PLAN "; }
  int plan_column() const override { return 3; }

  std::optional<Sql> text_search(const std::vector<std::string>& words) const override {
    const std::string match = match_of(words);
    if (match.empty()) return std::nullopt;
    return Sql("FROM search_fts f CROSS JOIN search s ON s.id = f.rowid WHERE search_fts MATCH ?").bind(match);
  }
  Result<void> index_text(Session& session, std::int64_t row, const std::optional<std::string>& before,
                          const std::string& after) const override {
    if (before) TRY(forget_text(session, row, *before));
    return session.query("INSERT INTO search_fts (rowid, text) VALUES (?, ?)")
        .bind(row, store_sql::Borrowed{after})
        .run();
  }
  Result<void> forget_text(Session& session, std::int64_t row, const std::string& text) const override {
    return session.query("INSERT INTO search_fts (search_fts, rowid, text) VALUES ('delete', ?, ?)")
        .bind(row, text)
        .run();
  }
  Result<void> forget_texts(Session& session, std::int64_t kind) const override {
    return session
        .query("INSERT INTO search_fts (search_fts, rowid, text) SELECT 'delete', id, text FROM search WHERE kind = ?")
        .bind(kind)
        .run();
  }
  Result<void> prepare_search(Session& session) const override {
    // The texts stand in `search`, and phrases are not needed: what the trigrams find is looked at again.
    return session.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS search_fts USING fts5(text, content='', detail=none, tokenize='trigram')");
  }

  Result<void> tend(Session&) const override { return {}; }  // every statement names its index
  std::vector<std::string_view> before_scan() const override { return {}; }

  const char* begin_write() const override { return "BEGIN IMMEDIATE"; }
  std::string ddl(std::string_view text) const override {
    return store_sql::spell(text, {{"@serial", "INTEGER PRIMARY KEY AUTOINCREMENT"},
                                   {"@id", "INTEGER PRIMARY KEY"},
                                   {"@row", "INTEGER PRIMARY KEY"},
                                   {"@int", "INTEGER"},
                                   {"@real", "REAL"},
                                   {"@text", "TEXT"},
                                   {"@blob", "BLOB"},
                                   {"@compact", "WITHOUT ROWID"}});
  }
  Result<std::int64_t> schema_version(Session& session) const override {
    TRY_ASSIGN(const std::int64_t application, pragma(session, "application_id"));
    TRY_ASSIGN(const std::int64_t version, pragma(session, "user_version"));
    TRY_ASSIGN(const std::int64_t changes, pragma(session, "schema_version"));
    if (application != kApplicationId && (application != 0 || version != 0 || changes != 0))
      return invalid("The file is not a Maestro database");
    return version;
  }
  std::string stamp(std::int64_t version) const override {
    return fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, version);
  }
  Result<std::set<std::string>> columns(Session& session, const std::string& table) const override {
    std::set<std::string> out;
    Query query = session.query(Sql(fmt::format("PRAGMA table_info(\"{}\")", table)));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) return out;
      out.insert(query.string(1));
    }
  }
  Result<std::map<std::string, std::string>> indexes(Session& session, const std::string& table) const override {
    std::map<std::string, std::string> out;
    Query query =
        session.query("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL");
    query.bind(table);
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) return out;
      out.emplace(query.string(0), query.string(1));
    }
  }
  Result<void> create_index(Session& session, const Index& index) const override { return session.execute(index.sql); }
  Result<void> check_storage(Session& session, std::vector<std::string>& out) const override {
    {
      Query query = session.query("PRAGMA integrity_check");
      for (;;) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        if (query.text(0) != "ok") out.push_back("file: " + query.string(0));
      }
    }
    Query tables = session.query("SELECT count(*) FROM sqlite_master WHERE name IN ('search', 'search_fts')");
    TRY(tables.step());
    if (tables.integer(0) == 0) return {};  // an older schema
    if (tables.integer(0) == 1) {
      out.emplace_back("the index of search texts is missing");
      return {};
    }
    Query texts = session.query(
        "SELECT (SELECT count(*) FROM search WHERE id NOT IN (SELECT id FROM search_fts_docsize)) + "
        "(SELECT count(*) FROM search_fts_docsize WHERE id NOT IN (SELECT id FROM search))");
    TRY(texts.step());
    if (texts.integer(0) != 0)
      out.push_back(fmt::format("search texts that are not in their index: {}", texts.integer(0)));
    return {};
  }
  Result<void> mend_storage(Session& session) const override {
    TRY(session.execute("REINDEX"));
    return store_sql::in_transaction(session, [&] { return fill_search(session); });
  }

  Result<std::vector<StoredTable>> tables(Session& session) const override {
    std::vector<StoredTable> out;
    {
      Query query = session.query(
          "SELECT l.name, m.sql LIKE '%AUTOINCREMENT%' FROM pragma_table_list l JOIN sqlite_master m ON m.type = "
          "'table' AND m.name = l.name WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' "
          "ESCAPE '\\' ORDER BY l.name");
      for (;;) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        out.push_back({.name = query.string(0), .numbered = query.integer(1) != 0});
      }
    }
    for (StoredTable& table : out) {
      Query query = session.query(Sql(fmt::format("PRAGMA table_info(\"{}\")", table.name)));
      for (;;) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        const std::string_view type = query.text(2);
        const auto kind = type == "INTEGER" ? Statement::Kind::kInteger
                          : type == "REAL"  ? Statement::Kind::kReal
                          : type == "TEXT"  ? Statement::Kind::kText
                          : type == "BLOB"  ? Statement::Kind::kBlob
                                            : Statement::Kind::kNull;
        if (kind == Statement::Kind::kNull)
          return internal(
              fmt::format("Column {} of table {} has a type that copies do not know", query.text(1), table.name));
        table.columns.push_back({query.string(1), kind});
      }
      if (!table.numbered) continue;
      Query last = session.query("SELECT seq FROM sqlite_sequence WHERE name = ?");
      last.bind(table.name);
      TRY_ASSIGN(const bool row, last.step());
      if (row) table.last = last.integer(0);
    }
    return out;
  }
  Result<void> number_after(Session& session, const std::string& table, std::int64_t last) const override {
    TRY(session.query("DELETE FROM sqlite_sequence WHERE name = ?").bind(table).run());
    if (last <= 0) return {};
    return session.query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)").bind(table, last).run();
  }
  Result<void> fill_search(Session& session) const override {
    {
      Query texts = session.query("SELECT count(*) FROM sqlite_master WHERE name = 'search'");
      TRY(texts.step());
      if (texts.integer(0) == 0) return {};  // an older schema
    }
    TRY(session.execute("DROP TABLE IF EXISTS search_fts"));
    TRY(prepare_search(session));
    return session.execute("INSERT INTO search_fts (rowid, text) SELECT id, text FROM search");
  }
};

}  // namespace

const store_sql::Dialect& sqlite_dialect() {
  static const SqliteDialect dialect;
  return dialect;
}

const store_sql::Dialect& Connection::dialect() const { return sqlite_dialect(); }

}  // namespace maestro::store_sqlite
