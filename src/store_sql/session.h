// Session, Query and Dialect: what the statements of the ports need from a database engine.
//
// Statements are written once, with question marks (`?`, `?1`) for values; an engine translates marks and carries
// values. What engines spell differently is asked of the Dialect. Nothing here is thread-safe: one user at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "store/match.h"
#include "store/projection.h"
#include "store/store.h"

namespace maestro::store_sql {

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

/// A prepared statement in use, as an engine makes it. Marks count from 1, columns from 0.
class Statement {
 public:
  enum class Kind { kNull, kInteger, kReal, kText, kBlob };
  virtual ~Statement() = default;
  virtual void bind_null(int mark) = 0;
  virtual void bind_integer(int mark, std::int64_t value) = 0;
  virtual void bind_real(int mark, double value) = 0;
  /// `borrowed`: the bytes stay until the statement ends.
  virtual void bind_text(int mark, std::string_view text, bool borrowed) = 0;
  virtual void bind_blob(int mark, std::string_view bytes) = 0;
  /// True while there is a row. An error of an earlier bind shows here.
  virtual Result<bool> step() = 0;
  virtual void reset() = 0;
  /// Runs a statement that returns nothing, at the latest before the next one that returns something or the end of the
  /// transaction, where its error then shows.
  virtual Result<void> run_later() = 0;
  virtual Kind kind(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  /// Text or blob; valid until the next step.
  virtual std::string_view text(int column) const = 0;
};

class Query {
 public:
  explicit Query(std::unique_ptr<Statement> statement) : statement_(std::move(statement)) {}

  /// Binds the arguments to the question marks in order, from the first.
  template <typename... Args>
  Query& bind(const Args&... args) {
    next_ = 1;
    (bind_one(args), ...);
    return *this;
  }
  void bind_one(std::nullptr_t) { statement_->bind_null(next_++); }
  void bind_one(std::int64_t value) { statement_->bind_integer(next_++, value); }
  void bind_one(int value) { bind_one(static_cast<std::int64_t>(value)); }
  void bind_one(bool value) { bind_one(static_cast<std::int64_t>(value)); }
  void bind_one(double value) { statement_->bind_real(next_++, value); }
  void bind_one(std::string_view value) { statement_->bind_text(next_++, value, false); }
  void bind_one(const std::string& value) { bind_one(std::string_view(value)); }
  void bind_one(const char* value) { bind_one(std::string_view(value)); }
  void bind_one(Blob value) { statement_->bind_blob(next_++, value.bytes); }
  void bind_one(Borrowed value) { statement_->bind_text(next_++, value.text, true); }
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

  Result<bool> step() { return statement_->step(); }
  /// Runs to the end.
  Result<void> run();
  /// As run(), without waiting where an engine is far away; see Statement.
  Result<void> run_later() { return statement_->run_later(); }
  /// To be bound and stepped again.
  void reset();

  std::int64_t integer(int column) const { return statement_->integer(column); }
  int small(int column) const { return static_cast<int>(integer(column)); }
  double real(int column) const { return statement_->real(column); }
  std::string_view text(int column) const { return statement_->text(column); }
  std::string string(int column) const { return std::string(text(column)); }
  bool null(int column) const { return statement_->kind(column) == Statement::Kind::kNull; }
  ObjectId object_id(int column) const;
  Time time(int column) const { return from_ms(integer(column)); }
  std::optional<Time> maybe_time(int column) const { return null(column) ? std::nullopt : std::optional(time(column)); }
  Value value(int column) const;

 private:
  std::unique_ptr<Statement> statement_;
  int next_ = 1;
};

/// What the functions that SQLite calls back look at while a list runs; set before the statement runs.
struct Scan {
  const std::vector<unsigned char>* roles = nullptr;  ///< role of the viewer by set id
  int role = 0;
  std::function<bool(std::int64_t row)> is_marked;  ///< what marked() answers
  std::int64_t looks = -1;  ///< how often it answers before it gives up the statement; negative: always
  bool gave_up = false;
  std::vector<std::shared_ptr<const store::Matcher>> matchers;
  std::size_t keep = 0;  ///< rows that keep() collects at most
  std::vector<std::int64_t> kept;
  std::int64_t parsed_row = 0;  ///< row whose body was parsed last
  store::Document parsed;

  /// Before a statement that asks marked().
  void mark(std::function<bool(std::int64_t row)> marks, std::int64_t most_looks) {
    is_marked = std::move(marks);
    looks = most_looks;
    gave_up = false;
  }
};

class Dialect;

/// One connection to the database.
class Session {
 public:
  virtual ~Session() = default;
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A statement that runs often: kept prepared.
  Query query(std::string_view sql) { return Query(prepare(sql, true)); }
  /// A statement made for this call.
  Query query(const Sql& sql);
  /// A statement whose text comes again and again: kept prepared.
  Query often(const Sql& sql);
  /// A statement of a great many rows: they are read one by one, not gathered first.
  virtual Query stream(const Sql& sql) { return query(sql); }
  /// Runs statements that return nothing; not kept.
  virtual Result<void> execute(const std::string& sql) = 0;
  /// Rows that the last finished statement wrote.
  virtual int changes() const = 0;
  virtual bool in_transaction() const = 0;
  virtual const Dialect& dialect() const = 0;
  /// While set, statements stop when the context does. Null ends it.
  virtual void watch(const Context* context) = 0;
  Scan& scan() { return scan_; }

 protected:
  virtual std::unique_ptr<Statement> prepare(std::string_view sql, bool keep) = 0;

 private:
  Scan scan_;
};

struct Index;
struct StoredTable;
struct Table;

/// What engines spell differently. Stateless.
class Dialect {
 public:
  virtual ~Dialect() = default;

  /// The statements may call sees(), marked(), text_matches() ...: every filter can then be tested inside the engine.
  virtual bool has_functions() const = 0;
  /// After a table's name: read it by this index; nullptr = in row order.
  virtual std::string by_index(const Index* index) const = 0;
  /// The viewer holds enough of a role in the set. `roles` by set, of every set that a row may have; `sets` = those of
  /// the viewer that have rows.
  virtual Sql sees(std::string_view column, std::span<const unsigned char> roles, int role,
                   std::span<const std::int64_t> sets) const = 0;
  virtual Sql any_of(std::string_view column, std::span<const std::int64_t> values) const = 0;
  virtual Sql any_of(std::string_view column, std::span<const Value> values) const = 0;
  /// The column's text holds `needle` (ASCII case ignored), anywhere or at its start. Where has_functions() is false.
  virtual Sql holds(std::string_view column, std::string_view needle, bool at_start) const = 0;
  /// A statement that finds its rows (`k` and `id` among their columns) first and sorts them then.
  virtual std::string few(const std::string& select, const std::string& order) const = 0;
  /// After a SELECT whose row is about to be taken by one of many.
  virtual const char* skip_locked() const = 0;
  /// Below every other number.
  virtual const char* least_number() const = 0;
  virtual const char* explain() const = 0;
  virtual int plan_column() const = 0;  ///< of a row of explain(), where its words are

  // Search.
  /// FROM and WHERE of the candidates for words that must all occur (lower case), as `s`; nullopt when every word is
  /// too short. May let through too much, never too little.
  virtual std::optional<Sql> text_search(const std::vector<std::string>& words) const = 0;
  /// Keeps the engine's index of search texts in line; where the engine does that by itself, nothing.
  virtual Result<void> index_text(Session& session, std::int64_t row, const std::optional<std::string>& before,
                                  const std::string& after) const = 0;
  virtual Result<void> forget_text(Session& session, std::int64_t row, const std::string& text) const = 0;
  virtual Result<void> forget_texts(Session& session, std::int64_t kind) const = 0;
  /// The index itself, when it is not there.
  virtual Result<void> prepare_search(Session& session) const = 0;

  // Schema.
  virtual const char* begin_write() const = 0;
  /// @id, @int, @real, @text, @blob and @compact become the engine's words.
  virtual std::string ddl(std::string_view text) const = 0;
  /// 0 for an empty database; kInvalid for one that is not ours.
  virtual Result<std::int64_t> schema_version(Session& session) const = 0;
  virtual std::string stamp(std::int64_t version) const = 0;
  virtual Result<std::set<std::string>> columns(Session& session, const std::string& table) const = 0;
  /// Name and text, as create_index() left it.
  virtual Result<std::map<std::string, std::string>> indexes(Session& session, const std::string& table) const = 0;
  /// Beside running reads and writes where the engine can.
  virtual Result<void> create_index(Session& session, const Index& index) const = 0;
  /// Damage that only the engine can see; appended as words.
  virtual Result<void> check_storage(Session& session, std::vector<std::string>& out) const = 0;
  /// See Store::tend(). Outside of a transaction.
  virtual Result<void> tend(Session& session) const = 0;
  /// Statements before one that reads every body.
  virtual std::vector<std::string_view> before_scan() const = 0;
  /// Builds damaged indexes again.
  virtual Result<void> mend_storage(Session& session) const = 0;

  // Whole databases.
  /// In the order of their names; StoredTable says what is left out.
  virtual Result<std::vector<StoredTable>> tables(Session& session) const = 0;
  /// The next number of a table's rows is greater than `last`.
  virtual Result<void> number_after(Session& session, const std::string& table, std::int64_t last) const = 0;
  /// Makes the index of the search texts again from the texts, where prepare_search() made one.
  virtual Result<void> fill_search(Session& session) const = 0;
};

/// A connection on loan; gives itself back.
class Lease {
 public:
  using Return = std::function<void(std::unique_ptr<Session>)>;
  Lease(std::unique_ptr<Session> session, Return back) : session_(std::move(session)), back_(std::move(back)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (session_) back_(std::move(session_));
  }
  Session& operator*() { return *session_; }
  Session* operator->() { return session_.get(); }

 private:
  std::unique_ptr<Session> session_;
  Return back_;
};

/// The database of an installation: connections and transactions. Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual const Dialect& dialect() const = 0;
  /// `snapshot` = several statements will follow that must agree. `context` must outlive the lease.
  virtual Result<Lease> read(const Context& context, bool snapshot) = 0;
  /// One more connection for a part of a running read, in a snapshot of its own; nullopt when none is free just now.
  virtual Result<std::optional<Lease>> read_beside(const Context& context) = 0;

  using Body = std::function<Result<void>(Session&)>;
  /// One transaction around `body`, one at a time over all processes: what it counts and numbers is in the order of
  /// commits. Commits when `body` succeeds. A write inside a write of the same thread is kInternal.
  virtual Result<void> write(const Context& context, store::Store::Priority priority, const Body& body) = 0;
  /// A short transaction beside the others: for claims and leases, which no reader follows in order.
  virtual Result<void> write_aside(const Context& context, const Body& body) = 0;
};

/// A statement that is cut off by a stop of the watched context comes back as this.
Error stopped_error();

}  // namespace maestro::store_sql
