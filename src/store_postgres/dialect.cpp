// PostgreSQL's spelling of what the shared statements need.
#include "base/log.h"
#include "store_postgres/connection.h"
#include "store_sql/catalog.h"
#include "store_sql/schema.h"

namespace maestro::store_postgres {

using store_sql::Index;
using store_sql::Query;
using store_sql::Session;
using store_sql::Sql;
using store_sql::Statement;
using store_sql::StoredTable;
using store_sql::Value;

namespace {

constexpr std::size_t kMostListed = 200;  // values that the planner is shown

/// For LIKE: its own characters are taken as they are.
std::string like_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// A literal for statements that take no values (comments of indexes).
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

class PostgresDialect final : public store_sql::Dialect {
 public:
  bool has_functions() const override { return false; }
  std::string by_index(const Index*) const override { return ""; }  // the planner chooses, by its statistics
  Sql sees(std::string_view column, std::span<const unsigned char> roles, int role,
           std::span<const std::int64_t> sets) const override {
    if (sets.size() <= kMostListed) return any_of(column, sets);
    std::string bits((roles.size() + 7) / 8, '\0');
    for (std::size_t set = 0; set < roles.size(); ++set)
      if (roles[set] >= role) bits[set / 8] = static_cast<char>(bits[set / 8] | 1 << set % 8);
    return Sql(fmt::format("get_bit(?::bytea, {}) <> 0", column)).bind(std::move(bits), true);
  }
  Sql any_of(std::string_view column, std::span<const std::int64_t> values) const override {
    // The planner looks up each value of a list that it sees, which takes longer than the rows.
    const char* list = values.size() <= kMostListed ? "?::bigint[]" : "(SELECT ?::bigint[])::bigint[]";
    return Sql(fmt::format("{} = ANY({})", column, list)).bind(fmt::format("{{{}}}", fmt::join(values, ",")));
  }
  Sql any_of(std::string_view column, std::span<const Value> values) const override {
    json::Array texts, numbers;
    for (const Value& value : values) {
      if (const auto* text = std::get_if<std::string>(&value))
        texts.push_back(json::Value(*text));
      else if (const auto* real = std::get_if<double>(&value))
        numbers.push_back(*real);
      else if (const auto* integer = std::get_if<std::int64_t>(&value))
        numbers.push_back(*integer);
    }
    const bool text = !texts.empty();
    return Sql(fmt::format("{} = ANY(ARRAY(SELECT {} FROM jsonb_array_elements_text(?::jsonb) x))", column,
                           text ? "x COLLATE \"C\"" : "x::float8"))
        .bind(json::write(json::Value(text ? std::move(texts) : std::move(numbers))));
  }
  Sql holds(std::string_view column, std::string_view needle, bool at_start) const override {
    // The column's collation is "C": lower() folds ASCII alone.
    return Sql(fmt::format("lower({}) LIKE ?", column)).bind((at_start ? "" : "%") + like_escaped(needle) + "%");
  }
  std::string few(const std::string& select, const std::string& order) const override {
    return "WITH v AS MATERIALIZED (" + select + ") SELECT id, acl, active, k FROM v" + order;
  }
  const char* skip_locked() const override { return " FOR UPDATE SKIP LOCKED"; }
  const char* least_number() const override { return "'-Infinity'::float8"; }
  const char* explain() const override { return "EXPLAIN "; }
  int plan_column() const override { return 0; }

  std::optional<Sql> text_search(const std::vector<std::string>& words) const override {
    Sql sql("FROM search s WHERE TRUE");
    bool any = false;
    for (const std::string& word : words) {
      any = any || word.size() >= 3;
      sql.add(" AND s.text LIKE ?").bind("%" + like_escaped(word) + "%");
    }
    return any ? std::optional(sql) : std::nullopt;
  }
  Result<void> index_text(Session&, std::int64_t, const std::optional<std::string>&,
                          const std::string&) const override {
    return {};
  }
  Result<void> forget_text(Session&, std::int64_t, const std::string&) const override { return {}; }
  Result<void> forget_texts(Session&, std::int64_t) const override { return {}; }
  Result<void> prepare_search(Session& session) const override {
    // Documents and their history are compressed on every write and read again by every scan: by the fast method.
    Query fast =
        session.query("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'");
    TRY_ASSIGN(const bool knows, fast.step());
    // In the row itself as long as it fits a page: a look-up in another table for each would take longer than the rest.
    TRY(session.execute(
        "ALTER TABLE doc ALTER body SET STORAGE MAIN, ALTER list_json SET STORAGE MAIN, ALTER provenance SET STORAGE "
        "MAIN"));
    if (knows && fast.integer(0) != 0) {
      TRY(session.execute(
          "ALTER TABLE doc ALTER body SET COMPRESSION lz4, ALTER list_json SET COMPRESSION lz4, ALTER provenance SET "
          "COMPRESSION lz4; ALTER TABLE history ALTER changes SET COMPRESSION lz4"));
    }
    Query known = session.query("SELECT to_regclass('search_trigrams') IS NOT NULL");
    TRY(known.step());
    if (known.integer(0) != 0) return {};
    if (const auto extension = session.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm"); !extension.ok()) {
      log::warn("the extension pg_trgm is missing: a search reads every text",
                {{"hint", "CREATE EXTENSION pg_trgm as an administrator of the database, then start again"}});
      return {};
    }
    return session.execute("CREATE INDEX search_trigrams ON search USING gin (text gin_trgm_ops)");
  }

  Result<void> tend(Session& session) const override {
    // Autovacuum would come within minutes of a load; until then the planner guesses.
    std::vector<std::string> unknown;
    {
      Query query = session.query(
          "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables WHERE schemaname = current_schema() "
          "AND "
          "last_analyze IS NULL AND last_autoanalyze IS NULL AND n_mod_since_analyze > 2000");
      for (;;) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        unknown.push_back(query.string(0));
      }
    }
    for (const std::string& table : unknown) TRY(session.execute("ANALYZE " + table));
    return {};
  }
  // The planner takes the look at a body for nearly free; it is what a scan spends its time on.
  std::vector<std::string_view> before_scan() const override {
    // All bodies in the order of the table, by several processes; not one look for each into an index.
    return {"SET LOCAL parallel_tuple_cost = 0", "SET LOCAL enable_nestloop = off"};
  }

  const char* begin_write() const override { return "BEGIN"; }
  std::string ddl(std::string_view text) const override {
    return store_sql::spell(text, {{"@id", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"},
                                   {"@serial", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"},
                                   {"@row", "BIGINT PRIMARY KEY"},
                                   {"@int", "BIGINT"},
                                   {"@real", "DOUBLE PRECISION"},
                                   {"@text", "TEXT COLLATE \"C\""},
                                   {"@blob", "BYTEA"},
                                   {"@compact", ""}});
  }
  Result<std::int64_t> schema_version(Session& session) const override {
    Query ours = session.query("SELECT to_regclass('maestro_schema') IS NOT NULL");
    TRY(ours.step());
    if (ours.integer(0) == 0) {
      Query other = session.query(
          "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
          "WHERE n.nspname = current_schema() AND c.relkind = 'r'");
      TRY(other.step());
      if (other.integer(0) != 0) return invalid("The database is not empty and not a Maestro database");
      return std::int64_t{0};
    }
    Query query = session.query("SELECT version FROM maestro_schema");
    TRY_ASSIGN(const bool row, query.step());
    return row ? query.integer(0) : 0;
  }
  std::string stamp(std::int64_t version) const override {
    return fmt::format(
        "CREATE TABLE IF NOT EXISTS maestro_schema (one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one), version BIGINT "
        "NOT "
        "NULL); INSERT INTO maestro_schema (version) VALUES ({0}) ON CONFLICT (one) DO UPDATE SET version = {0}",
        version);
  }
  Result<std::set<std::string>> columns(Session& session, const std::string& table) const override {
    std::set<std::string> out;
    Query query = session.query(
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name "
        "= "
        "?");
    query.bind(table);
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) return out;
      out.insert(query.string(0));
    }
  }
  Result<std::map<std::string, std::string>> indexes(Session& session, const std::string& table) const override {
    std::map<std::string, std::string> out;
    // The text stands in the comment, which is written after the index is whole; one that was damaged later has none.
    Query query = session.query(
        "SELECT i.relname::text, CASE WHEN x.indisvalid THEN coalesce(obj_description(i.oid, 'pg_class'), '') ELSE '' "
        "END FROM pg_index x "
        "JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid "
        "JOIN pg_namespace n ON n.oid = t.relnamespace "
        "WHERE n.nspname = current_schema() AND t.relname = ? AND NOT x.indisprimary");
    query.bind(table);
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) return out;
      out.emplace(query.string(0), query.string(1));
    }
  }
  Result<void> create_index(Session& session, const Index& index) const override {
    std::string columns;
    for (const std::string& column : index.columns)
      columns +=
          fmt::format("{}{}{}", columns.empty() ? "" : ", ", column, column.starts_with("c_") ? " NULLS FIRST" : "");
    TRY(session.execute(fmt::format("DROP INDEX IF EXISTS \"{}\"", index.name)));
    TRY(session.execute(fmt::format("CREATE {}INDEX {} \"{}\" ON \"{}\" ({}){}", index.unique ? "UNIQUE " : "",
                                    session.in_transaction() ? "" : "CONCURRENTLY", index.name, index.table, columns,
                                    index.where)));
    return session.execute(fmt::format("COMMENT ON INDEX \"{}\" IS {}", index.name, quoted(index.sql)));
  }
  Result<void> check_storage(Session& session, std::vector<std::string>& out) const override {
    TRY_ASSIGN(const auto invalid, invalid_indexes(session));
    for (const std::string& name : invalid) out.push_back(fmt::format("index {} is not valid", name));
    return {};
  }
  Result<void> mend_storage(Session& session) const override {
    TRY_ASSIGN(const auto invalid, invalid_indexes(session));
    for (const std::string& name : invalid) TRY(session.execute(fmt::format("REINDEX INDEX \"{}\"", name)));
    return {};
  }

  Result<std::vector<StoredTable>> tables(Session& session) const override {
    std::vector<StoredTable> out;
    Query query = session.query(
        "SELECT c.relname::text, a.attname::text, a.atttypid::regtype::text, a.attidentity <> '' FROM pg_class c JOIN "
        "pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid WHERE n.nspname = "
        "current_schema() AND c.relkind = 'r' AND c.relname <> 'maestro_schema' AND a.attnum > 0 AND NOT "
        "a.attisdropped AND a.attgenerated = '' ORDER BY c.relname, a.attnum");
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      if (out.empty() || out.back().name != query.text(0)) out.push_back({.name = query.string(0)});
      const std::string_view type = query.text(2);
      const auto kind = type == "bigint"             ? Statement::Kind::kInteger
                        : type == "double precision" ? Statement::Kind::kReal
                        : type == "text"             ? Statement::Kind::kText
                        : type == "bytea"            ? Statement::Kind::kBlob
                                                     : Statement::Kind::kNull;
      if (kind == Statement::Kind::kNull)
        return internal(
            fmt::format("Column {} of table {} has a type that copies do not know", query.text(1), query.text(0)));
      out.back().columns.push_back({query.string(1), kind});
      if (query.integer(3) != 0) out.back().numbered = true;
    }
    for (StoredTable& table : out) {
      if (!table.numbered) continue;
      Query name = session.query(Sql(fmt::format("SELECT pg_get_serial_sequence('\"{}\"', 'id')", table.name)));
      TRY(name.step());
      Query last = session.query(
          Sql(fmt::format("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}", name.text(0))));
      TRY(last.step());
      table.last = last.integer(0);
    }
    return out;
  }
  Result<void> number_after(Session& session, const std::string& table, std::int64_t last) const override {
    return session.execute(fmt::format("SELECT setval(pg_get_serial_sequence('\"{}\"', 'id'), {}, {})", table,
                                       std::max<std::int64_t>(last, 1), last > 0));
  }
  Result<void> fill_search(Session&) const override { return {}; }  // the index keeps itself

 private:
  static Result<std::vector<std::string>> invalid_indexes(Session& session) {
    std::vector<std::string> out;
    Query query = session.query(
        "SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = "
        "i.relnamespace WHERE n.nspname = current_schema() AND NOT x.indisvalid ORDER BY 1");
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) return out;
      out.push_back(query.string(0));
    }
  }
};

}  // namespace

const store_sql::Dialect& postgres_dialect() {
  static const PostgresDialect dialect;
  return dialect;
}

const store_sql::Dialect& Connection::dialect() const { return postgres_dialect(); }

}  // namespace maestro::store_postgres
