#include "store_postgres/depot.h"

#include <thread>

#include "base/text.h"
#include "store_postgres/engine.h"
#include "store_postgres/store.h"
#include "store_sql/copy.h"

namespace maestro::store_postgres {

using store_sql::Progress;
using store_sql::Query;
using store_sql::Session;
using store_sql::StoredTable;

namespace {

constexpr auto kOthersWait = std::chrono::seconds(5);  // for the server to notice that a killed process is gone
constexpr std::size_t kPiece = 256UL * 1024;

void put_number(std::string& out, std::uint64_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

void put_bytes(std::string& out, std::string_view bytes) {
  put_number(out, bytes.size(), 4);
  out += bytes;
}

/// PostgreSQL stores neither zero characters nor what is no UTF-8: U+FFFD stands for them.
std::string storable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = 1;
    while (size <= 4 && at + size <= text.size() && !text::is_utf8(text.substr(at, size))) ++size;
    const bool good = size <= 4 && at + size <= text.size() && text[at] != '\0';
    out += good ? text.substr(at, size) : std::string_view("\xEF\xBF\xBD");
    at += good ? size : 1;
  }
  return out;
}

/// One row in the binary form of COPY.
void put_row(std::string& out, const StoredTable& table, const Query& row) {
  using Kind = store_sql::Statement::Kind;
  put_number(out, table.columns.size(), 2);
  int at = 0;
  for (const store_sql::StoredColumn& column : table.columns) {
    if (row.null(at)) {
      put_number(out, 0xffffffff, 4);
    } else if (column.kind == Kind::kInteger) {
      put_number(out, 8, 4);
      put_number(out, static_cast<std::uint64_t>(row.integer(at)), 8);
    } else if (column.kind == Kind::kReal) {
      put_number(out, 8, 4);
      put_number(out, std::bit_cast<std::uint64_t>(row.real(at)), 8);
    } else if (column.kind == Kind::kBlob) {
      put_bytes(out, row.text(at));
    } else if (const std::string_view text = row.text(at);
               text.find('\0') == std::string_view::npos && text::is_utf8(text)) {
      put_bytes(out, text);
    } else {
      put_bytes(out, storable(text));
    }
    ++at;
  }
}

class CopyLoader final : public store_sql::Loader {
 public:
  explicit CopyLoader(Connection& connection) : connection_(connection) {}
  Session& session() override { return connection_; }
  Result<void> load(const StoredTable& table, Query& rows, const std::function<void()>& each) override {
    bool begun = false;
    return connection_.copy_in(
        fmt::format("COPY \"{}\" ({}) FROM STDIN (FORMAT binary)", table.name, table.column_list()),
        [&](std::string& piece) -> Result<bool> {
          if (!begun) piece.append("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
          begun = true;
          while (piece.size() < kPiece) {
            TRY_ASSIGN(const bool row, rows.step());
            if (!row) {
              put_number(piece, 0xffff, 2);
              return false;
            }
            put_row(piece, table, rows);
            each();
          }
          return true;
        });
  }

 private:
  Connection& connection_;
};

/// Refuses while other Maestro processes have the database open.
Result<void> expect_nobody_else(Connection& connection) {
  const auto until = std::chrono::steady_clock::now() + kOthersWait;
  for (;;) {
    std::int64_t others = 0;
    {
      Query query = connection.query(
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'maestro' "
          "AND pid <> pg_backend_pid()");
      TRY(query.step());
      others = query.integer(0);
    }
    if (others == 0) return {};
    if (std::chrono::steady_clock::now() > until)
      return conflict("The database is already in use by another Maestro process");
    std::this_thread::sleep_for(Millis(100));
  }
}

class DatabaseDepot final : public store_sql::Depot {
 public:
  explicit DatabaseDepot(std::string url) : url_(std::move(url)) {}

  Result<std::unique_ptr<Session>> read() override {
    TRY_ASSIGN(auto connection, connect());
    TRY(connection->execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    // The first statement fixes the instant.
    TRY_ASSIGN([[maybe_unused]] const auto schema, connection->dialect().schema_version(*connection));
    return std::unique_ptr<Session>(std::move(connection));
  }

  Result<void> hold(Hold hold, const Body& body) override {
    TRY_ASSIGN(const auto connection, connect());
    TRY(lock_schema(*connection));
    if (hold == Hold::kSchema) {
      TRY(connection->execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    } else {
      TRY(connection->execute("SELECT pg_advisory_lock(7809, 2)"));
    }
    TRY_ASSIGN(const auto schema, connection->dialect().schema_version(*connection));
    if (schema == 0) return nothing_there();
    return body(*connection);
  }

  Result<void> replace(Session& source, bool filled_too, const Progress& progress) override {
    TRY_ASSIGN(const auto connection, connect());
    TRY(lock_schema(*connection));
    TRY(expect_nobody_else(*connection));
    TRY_ASSIGN(const auto state, store_sql::state_of(*connection));
    if (!state.empty && !filled_too) return conflict(fmt::format("The database {} holds documents", shown(url_)));
    TRY(connection->execute("BEGIN; SELECT pg_advisory_xact_lock(7809, 2)"));
    TRY(drop_tables(*connection, state));
    CopyLoader loader(*connection);
    TRY(store_sql::copy_rows(source, loader, progress));
    progress("committing", 0);
    TRY(connection->execute("COMMIT"));
    // The planner knows nothing of the new tables yet.
    (void)connection->execute("ANALYZE");
    return {};
  }

 private:
  Result<std::unique_ptr<Connection>> connect() const {
    const Context context;
    return Connection::open(url_, context);
  }

  Error nothing_there() const { return not_found(fmt::format("There is no Maestro database in {}", shown(url_))); }

  /// All tables: also those of a newer program, which this one does not know.
  static Result<void> drop_tables(Connection& connection, const store_sql::State& state) {
    if (state.schema == 0) return {};
    std::string names;
    {
      Query query = connection.query(
          "SELECT format('%I', c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
          "n.nspname = current_schema() AND c.relkind = 'r'");
      for (;;) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", query.text(0));
      }
    }
    return connection.execute("DROP TABLE " + names);
  }

  const std::string url_;
};

}  // namespace

std::unique_ptr<store_sql::Depot> open_depot(const std::string& url) { return std::make_unique<DatabaseDepot>(url); }

}  // namespace maestro::store_postgres
