#include "store_sqlite/connection.h"

#include "base/log.h"

namespace maestro::store_sqlite {
namespace {

constexpr std::size_t kMaxStatements = 256;
constexpr int kBusyMs = 10000;
constexpr int kProgressSteps = 2000;  // of the virtual machine between two looks at the context: some 20 us

int look_at_context(void* context) { return static_cast<const Context*>(context)->stopped() ? 1 : 0; }

}  // namespace

Error stopped_error() { return unavailable("The request was canceled or took too long"); }

Sql& Sql::add(std::string_view piece) {
  text += piece;
  return *this;
}

Sql& Sql::add(const Sql& other) {
  text += other.text;
  binds.insert(binds.end(), other.binds.begin(), other.binds.end());
  blobs.insert(blobs.end(), other.blobs.begin(), other.blobs.end());
  return *this;
}

Sql& Sql::bind(Value value, bool blob) {
  binds.push_back(std::move(value));
  blobs.push_back(blob);
  return *this;
}

Query::Query(Query&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      cached_(std::exchange(other.cached_, nullptr)),
      error_(other.error_),
      next_(other.next_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  if (cached_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  cached_->busy = false;
}

void Query::bind_one(std::nullptr_t) { check(sqlite3_bind_null(statement_, next_++)); }
void Query::bind_one(std::int64_t value) { check(sqlite3_bind_int64(statement_, next_++, value)); }
void Query::bind_one(double value) { check(sqlite3_bind_double(statement_, next_++, value)); }
void Query::bind_one(std::string_view value) {
  check(sqlite3_bind_text64(statement_, next_++, value.data() == nullptr ? "" : value.data(), value.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Query::bind_one(Blob value) {
  check(sqlite3_bind_blob64(statement_, next_++, value.bytes.data() == nullptr ? "" : value.bytes.data(),
                            value.bytes.size(), SQLITE_TRANSIENT));
}
void Query::bind_one(Borrowed value) {
  check(sqlite3_bind_text64(statement_, next_++, value.text.data() == nullptr ? "" : value.text.data(),
                            value.text.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void Query::bind_one(const ObjectId& id) {
  if (!id) return bind_one(nullptr);
  check(
      sqlite3_bind_blob(statement_, next_++, id.bytes().data(), static_cast<int>(id.bytes().size()), SQLITE_TRANSIENT));
}
void Query::bind_one(const store::ColumnValue& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    bind_one(Borrowed{*text});
  else if (const auto* real = std::get_if<double>(&value))
    bind_one(*real);
  else if (const auto* number = std::get_if<std::int64_t>(&value))
    bind_one(*number);
  else
    bind_one(nullptr);
}
void Query::bind_all(const Sql& sql) {
  next_ = 1;
  for (std::size_t i = 0; i < sql.binds.size(); ++i) {
    const Value& value = sql.binds[i];
    if (const auto* text = std::get_if<std::string>(&value)) {
      if (sql.blobs[i])
        bind_one(Blob{*text});
      else
        bind_one(*text);
    } else if (const auto* real = std::get_if<double>(&value)) {
      bind_one(*real);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      bind_one(*number);
    } else {
      bind_one(nullptr);
    }
  }
}

Result<bool> Query::step() {
  if (error_ == SQLITE_OK) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    error_ = code;
  }
  return connection_->error(error_);
}

Result<void> Query::run() {
  for (;;) {
    TRY_ASSIGN(const bool row, step());
    if (!row) return {};
  }
}

void Query::reset() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
  next_ = 1;
}

std::string_view Query::text(int column) const {
  // The order matters: the pointer first, then the size of that representation.
  if (sqlite3_column_type(statement_, column) == SQLITE_BLOB) {
    const void* data = sqlite3_column_blob(statement_, column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  const unsigned char* data = sqlite3_column_text(statement_, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

ObjectId Query::object_id(int column) const {
  const std::string_view bytes = text(column);
  return bytes.size() == 12 ? ObjectId::from_bytes(bytes.data()) : ObjectId();
}

Value Query::value(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_FLOAT:
      return real(column);
    case SQLITE_NULL:
      return {};
    default:
      return string(column);
  }
}

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

Query Connection::query(std::string_view sql) {
  Query::Cached* cached = nullptr;
  if (const auto found = cache_.find(sql); found != cache_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    cached = &*found->second;
    if (!cached->busy) {
      cached->busy = true;
      return {*this, cached->statement, cached, SQLITE_OK};
    }
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      cached == nullptr ? SQLITE_PREPARE_PERSISTENT : 0, &statement, nullptr);
  if (code != SQLITE_OK) {
    log::error("a statement did not compile", {{"reason", sqlite3_errmsg(db_)}});
    return {*this, nullptr, nullptr, code};
  }
  if (cached != nullptr) return {*this, statement, nullptr, SQLITE_OK};  // the cached one is running further up
  order_.push_front({std::string(sql), statement, true});
  cache_.emplace(order_.front().sql, order_.begin());
  cached = &order_.front();
  trim();
  return {*this, statement, cached, SQLITE_OK};
}

Query Connection::query(const Sql& sql) {
  Query query = this->query(std::string_view(sql.text));
  query.bind_all(sql);
  return query;
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
  watched_ = context;
  // The handler only reads; the API has no const.
  sqlite3_progress_handler(db_, context == nullptr ? 0 : kProgressSteps, context == nullptr ? nullptr : look_at_context,
                           const_cast<Context*>(context));
}

Error Connection::error(int code) const {
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      return stopped_error();
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
