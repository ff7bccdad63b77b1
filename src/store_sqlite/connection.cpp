#include "store_sqlite/connection.h"

#include "base/log.h"

namespace maestro::store_sqlite {
namespace {

constexpr std::size_t kMaxStatements = 256;
constexpr int kBusyMs = 10000;
constexpr int kProgressSteps = 2000;  // of the virtual machine between two looks at the context: some 20 us

int look_at_context(void* context) { return static_cast<const Context*>(context)->stopped() ? 1 : 0; }

}  // namespace

class Connection::Prepared final : public store_sql::Statement {
 public:
  /// `cached` null: finalized at the end.
  Prepared(Connection& connection, sqlite3_stmt* statement, Cached* cached, int error)
      : connection_(connection), statement_(statement), cached_(cached), error_(error) {}
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() override {
    if (statement_ == nullptr) return;
    if (cached_ == nullptr) {
      sqlite3_finalize(statement_);
      return;
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    cached_->busy = false;
  }

  void bind_null(int mark) override { check(sqlite3_bind_null(statement_, mark)); }
  void bind_integer(int mark, std::int64_t value) override { check(sqlite3_bind_int64(statement_, mark, value)); }
  void bind_real(int mark, double value) override { check(sqlite3_bind_double(statement_, mark, value)); }
  void bind_text(int mark, std::string_view text, bool borrowed) override {
    check(sqlite3_bind_text64(statement_, mark, text.data() == nullptr ? "" : text.data(), text.size(),
                              borrowed ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  void bind_blob(int mark, std::string_view bytes) override {
    check(sqlite3_bind_blob64(statement_, mark, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                              SQLITE_TRANSIENT));
  }

  Result<bool> step() override {
    if (error_ == SQLITE_OK) {
      const int code = sqlite3_step(statement_);
      if (code == SQLITE_ROW) return true;
      if (code == SQLITE_DONE) return false;
      error_ = code;
    }
    return connection_.error(error_);
  }
  void reset() override {
    if (statement_ != nullptr) sqlite3_reset(statement_);
  }

  Result<void> run_later() override {
    TRY(step());
    return {};
  }

  Kind kind(int column) const override {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_INTEGER:
        return Kind::kInteger;
      case SQLITE_FLOAT:
        return Kind::kReal;
      case SQLITE_NULL:
        return Kind::kNull;
      case SQLITE_BLOB:
        return Kind::kBlob;
      default:
        return Kind::kText;
    }
  }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  double real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view text(int column) const override {
    // The order matters: the pointer first, then the size of that representation.
    const void* data = sqlite3_column_type(statement_, column) == SQLITE_BLOB
                           ? sqlite3_column_blob(statement_, column)
                           : static_cast<const void*>(sqlite3_column_text(statement_, column));
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  void check(int code) {
    if (code != SQLITE_OK && error_ == SQLITE_OK) error_ = code;
  }

  Connection& connection_;
  sqlite3_stmt* statement_;
  Cached* cached_;
  int error_;
};

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode, int cache_kib) {
  // Its memory statistics, which nobody reads, cost a lock of the whole process for every allocation.
  static const int kConfigured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)kConfigured;
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::kWrite ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) return connection->error(code);
  sqlite3_busy_timeout(db, kBusyMs);
  connection->add_functions();
  TRY(
      connection->execute(fmt::format("PRAGMA cache_size=-{}; PRAGMA temp_store=MEMORY; PRAGMA synchronous=NORMAL;"
                                      "PRAGMA foreign_keys=OFF; PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF",
                                      cache_kib)));
  if (mode == Mode::kRead) TRY(connection->execute("PRAGMA query_only=ON"));
  return connection;
}

Connection::~Connection() {
  for (auto& cached : order_) sqlite3_finalize(cached.statement);
  sqlite3_close(db_);
}

std::unique_ptr<store_sql::Statement> Connection::prepare(std::string_view sql, bool /*keep*/) {
  Cached* cached = nullptr;
  if (const auto found = cache_.find(sql); found != cache_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    cached = &*found->second;
    if (!cached->busy) {
      cached->busy = true;
      return std::make_unique<Prepared>(*this, cached->statement, cached, SQLITE_OK);
    }
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      cached == nullptr ? SQLITE_PREPARE_PERSISTENT : 0, &statement, nullptr);
  if (code != SQLITE_OK) {
    log::error("a statement did not compile", {{"reason", sqlite3_errmsg(db_)}});
    return std::make_unique<Prepared>(*this, nullptr, nullptr, code);
  }
  // When the cached one is running further up, this one is for this time only.
  if (cached != nullptr) return std::make_unique<Prepared>(*this, statement, nullptr, SQLITE_OK);
  order_.push_front({std::string(sql), statement, true});
  cache_.emplace(order_.front().sql, order_.begin());
  cached = &order_.front();
  trim();
  return std::make_unique<Prepared>(*this, statement, cached, SQLITE_OK);
}

void Connection::trim() {
  for (auto last = order_.end(); order_.size() > kMaxStatements && last != order_.begin();) {
    --last;
    if (last->busy) continue;
    cache_.erase(last->sql);
    sqlite3_finalize(last->statement);
    last = order_.erase(last);
  }
}

Result<void> Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

void Connection::watch(const Context* context) {
  // The handler only reads; the API has no const.
  sqlite3_progress_handler(db_, context == nullptr ? 0 : kProgressSteps, context == nullptr ? nullptr : look_at_context,
                           const_cast<Context*>(context));
}

Error Connection::error(int code) const {
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      return store_sql::stopped_error();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable("The database is busy");
    case SQLITE_FULL:
      return unavailable("The disk that holds the database is full");
    case SQLITE_READONLY:
      return unavailable("The database cannot be written: the file or its disk is read-only");
    case SQLITE_CANTOPEN:
      return unavailable("The database file cannot be opened");
    case SQLITE_IOERR:
      return unavailable("The disk that holds the database fails to read or write");
    case SQLITE_NOMEM:
      return unavailable("Not enough memory for the database");
    case SQLITE_CONSTRAINT:
      return conflict("Another document has this identity already");
    case SQLITE_CORRUPT:
      log::error("the database file is damaged");
      return internal("The database file is damaged");
    case SQLITE_NOTADB:
      return internal("The file is not a database");
    default:
      break;
  }
  log::error("database error", {{"code", code}, {"reason", db_ == nullptr ? "" : sqlite3_errmsg(db_)}});
  return internal(fmt::format("Database error {}", code));
}

}  // namespace maestro::store_sqlite
