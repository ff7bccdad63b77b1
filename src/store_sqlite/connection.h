// Connection and Query: the raw SQLite C API behind RAII, with a statement cache. Not thread-safe: one user at a time.
#pragma once

#include <sqlite3.h>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "store/match.h"
#include "store/projection.h"

namespace maestro::store_sqlite {

/// A value to bind where the SQL text is made at run time.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

/// Text that outlives the run of the query that it is bound to: not copied.
struct Borrowed {
  std::string_view text;
};

/// SQL text and what goes into its question marks, grown piece by piece. Only declared names ever enter the text.
struct Sql {
  std::string text;
  std::vector<Value> binds;
  std::vector<bool> blobs;  ///< parallel to binds: the string is a blob

  Sql() = default;
  explicit Sql(std::string_view start) : text(start) {}
  Sql& add(std::string_view piece);
  Sql& add(const Sql& other);
  Sql& bind(Value value, bool blob = false);
  bool empty() const { return text.empty(); }
};

class Connection;

/// A prepared statement in use; gives itself back to the connection's cache. An error of prepare or bind shows at
/// step().
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  /// Binds the arguments to the question marks in order, from the first.
  template <typename... Args>
  Query& bind(const Args&... args) {
    next_ = 1;
    (bind_one(args), ...);
    return *this;
  }
  void bind_one(std::nullptr_t);
  void bind_one(std::int64_t value);
  void bind_one(int value) { bind_one(static_cast<std::int64_t>(value)); }
  void bind_one(bool value) { bind_one(static_cast<std::int64_t>(value)); }
  void bind_one(double value);
  void bind_one(std::string_view value);
  void bind_one(const std::string& value) { bind_one(std::string_view(value)); }
  void bind_one(const char* value) { bind_one(std::string_view(value)); }
  void bind_one(Blob value);
  void bind_one(Borrowed value);
  /// The nil id is NULL.
  void bind_one(const ObjectId& id);
  void bind_one(Time time) { bind_one(to_ms(time)); }
  /// Borrows a text.
  void bind_one(const store::ColumnValue& value);
  template <typename T>
  void bind_one(const std::optional<T>& value) {
    if (value)
      bind_one(*value);
    else
      bind_one(nullptr);
  }
  void bind_all(const Sql& sql);

  /// True while there is a row.
  Result<bool> step();
  /// Runs to the end.
  Result<void> run();
  /// To be bound and stepped again.
  void reset();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  int small(int column) const { return sqlite3_column_int(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  /// Text or blob; valid until the next step.
  std::string_view text(int column) const;
  std::string string(int column) const { return std::string(text(column)); }
  bool null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  ObjectId object_id(int column) const;
  Time time(int column) const { return from_ms(integer(column)); }
  std::optional<Time> maybe_time(int column) const { return null(column) ? std::nullopt : std::optional(time(column)); }
  Value value(int column) const;

 private:
  friend class Connection;
  struct Cached;
  Query(Connection& connection, sqlite3_stmt* statement, Cached* cached, int error)
      : connection_(&connection), statement_(statement), cached_(cached), error_(error) {}
  void check(int code) {
    if (code != SQLITE_OK && error_ == SQLITE_OK) error_ = code;
  }

  Connection* connection_;
  sqlite3_stmt* statement_ = nullptr;
  Cached* cached_ = nullptr;  ///< null: finalized at the end
  int error_ = SQLITE_OK;
  int next_ = 1;
};

/// What the user functions of a running list look at; set before the statement runs.
struct Scan {
  const std::vector<unsigned char>* roles = nullptr;  ///< role of the viewer by set id
  int role = 0;
  std::vector<std::shared_ptr<const store::Matcher>> matchers;
  std::size_t keep = 0;  ///< rows that keep() collects at most
  std::vector<std::int64_t> kept;
  std::int64_t parsed_row = 0;  ///< row whose body was parsed last
  store::Document parsed;
};

class Connection {
 public:
  enum class Mode { kRead, kWrite };
  /// Opens `path`; words of an error name the file only.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode, int cache_kib);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// A statement for `sql`, from the cache when it is there.
  Query query(std::string_view sql);
  Query query(const Sql& sql);
  /// Runs statements that return nothing; not cached.
  Result<void> execute(const std::string& sql);
  std::int64_t last_row() const { return sqlite3_last_insert_rowid(db_); }
  int changes() const { return sqlite3_changes(db_); }
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  sqlite3* raw() { return db_; }
  Scan& scan() { return scan_; }

  /// While set, statements stop when the context does. Null ends it.
  void watch(const Context* context);
  /// The error for a result code, in words without SQL.
  Error error(int code) const;

 private:
  friend class Query;
  explicit Connection(sqlite3* db) : db_(db) {}
  void add_functions();
  void trim();

  sqlite3* db_;
  Scan scan_;
  const Context* watched_ = nullptr;
  std::list<Query::Cached> order_;  ///< newest use first
  std::unordered_map<std::string_view, std::list<Query::Cached>::iterator> cache_;
};

struct Query::Cached {
  std::string sql;
  sqlite3_stmt* statement = nullptr;
  bool busy = false;
};

/// A statement in the file that is cut off by a stop of the watched context comes back as this.
Error stopped_error();

}  // namespace maestro::store_sqlite
