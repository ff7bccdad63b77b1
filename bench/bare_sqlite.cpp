#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <unordered_map>

#include "bare_store.h"

namespace maestro::bench {
namespace {

class Sqlite final : public BareStore {
 public:
  Sqlite(const std::string& path, int cache_kib) {
    must(sqlite3_open(path.c_str(), &db_), "open");
    run(
        fmt::format("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-{}; PRAGMA "
                    "temp_store=MEMORY; PRAGMA foreign_keys=OFF; PRAGMA wal_autocheckpoint=16000",
                    cache_kib));
  }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;
  ~Sqlite() override {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }

  Rows read(const std::string& sql) override {
    sqlite3_stmt* statement = nullptr;
    must(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr), sql);
    Rows out;
    const int columns = sqlite3_column_count(statement);
    for (int i = 0; i < columns; ++i) out.columns.emplace_back(sqlite3_column_name(statement, i));
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
      Row& row = out.rows.emplace_back();
      for (int i = 0; i < columns; ++i) row.push_back(cell(statement, i));
    }
    must(code, sql);
    sqlite3_finalize(statement);
    return out;
  }

  void prepare(const std::vector<Write>& writes) override {
    for (const Write& write : writes) {
      sqlite3_stmt*& statement = statements_[write.sql];
      if (statement == nullptr)
        must(sqlite3_prepare_v3(db_, write.sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), write.sql);
    }
  }

  void write(const std::vector<Write>& writes) override {
    run("BEGIN IMMEDIATE");
    for (const Write& each : writes) {
      sqlite3_stmt* statement = statements_.at(each.sql);
      for (const Row& row : each.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) bind(statement, static_cast<int>(i) + 1, row[i]);
        must(sqlite3_step(statement), each.sql);
        sqlite3_reset(statement);
      }
    }
    run("COMMIT");
  }

  bool indexes_texts() const override { return true; }
  int backend() const override { return 0; }

 private:
  void must(int code, const std::string& what) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fmt::print(stderr, "bare SQLite: {}: {}\n", what, sqlite3_errmsg(db_));
    std::exit(1);
  }
  void run(const std::string& sql) { must(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr), sql); }

  static Cell cell(sqlite3_stmt* statement, int column) {
    const auto bytes = [&](const void* data) {
      return std::string(static_cast<const char*>(data),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    };
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_INTEGER:
        return std::int64_t{sqlite3_column_int64(statement, column)};
      case SQLITE_FLOAT:
        return sqlite3_column_double(statement, column);
      case SQLITE_TEXT:
        return bytes(sqlite3_column_text(statement, column));
      case SQLITE_BLOB:
        return Bytes{bytes(sqlite3_column_blob(statement, column))};
      default:
        return std::monostate();
    }
  }

  /// The row outlives the run: nothing is copied.
  static void bind(sqlite3_stmt* statement, int mark, const Cell& cell) {
    if (const auto* number = std::get_if<std::int64_t>(&cell))
      sqlite3_bind_int64(statement, mark, *number);
    else if (const auto* real = std::get_if<double>(&cell))
      sqlite3_bind_double(statement, mark, *real);
    else if (const auto* text = std::get_if<std::string>(&cell))
      sqlite3_bind_text64(statement, mark, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    else if (const auto* blob = std::get_if<Bytes>(&cell))
      sqlite3_bind_blob64(statement, mark, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
    else
      sqlite3_bind_null(statement, mark);
  }

  sqlite3* db_ = nullptr;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
};

}  // namespace

std::unique_ptr<BareStore> open_bare_sqlite(const std::string& path, int cache_kib) {
  return std::make_unique<Sqlite>(path, cache_kib);
}

}  // namespace maestro::bench
