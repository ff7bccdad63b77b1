// Connection: the raw SQLite C API as a Session, with a statement cache.
#pragma once

#include <sqlite3.h>

#include <list>
#include <unordered_map>

#include "store_sql/session.h"

namespace maestro::store_sqlite {

class Connection final : public store_sql::Session {
 public:
  enum class Mode { kRead, kWrite };
  /// Opens `path`; words of an error name the file only.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode, int cache_kib);
  ~Connection() override;

  Result<void> execute(const std::string& sql) override;
  int changes() const override { return sqlite3_changes(db_); }
  bool in_transaction() const override { return sqlite3_get_autocommit(db_) == 0; }
  const store_sql::Dialect& dialect() const override;
  void watch(const Context* context) override;
  sqlite3* raw() { return db_; }
  /// The error for a result code, in words without SQL.
  Error error(int code) const;

 protected:
  std::unique_ptr<store_sql::Statement> prepare(std::string_view sql, bool keep) override;

 private:
  struct Cached {
    std::string sql;
    sqlite3_stmt* statement = nullptr;
    bool busy = false;
  };
  class Prepared;
  explicit Connection(sqlite3* db) : db_(db) {}
  void add_functions();
  void trim();

  sqlite3* db_;
  std::list<Cached> order_;  ///< newest use first
  std::unordered_map<std::string_view, std::list<Cached>::iterator> cache_;
};

/// SQLite's spelling; lives as long as the program.
const store_sql::Dialect& sqlite_dialect();

}  // namespace maestro::store_sqlite
