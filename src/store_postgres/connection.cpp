#include "store_postgres/connection.h"

#include <poll.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/log.h"

namespace maestro::store_postgres {

using store_sql::Statement;

namespace {

constexpr std::size_t kMaxPrepared = 300;
constexpr int kMaxPending = 500;  // their answers must fit into the sockets' buffers
constexpr int kLookMs = 50;       // between two looks at the context while the server works

// Types of results, as pg_type numbers them.
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kFloat4 = 700, kFloat8 = 701;

std::uint64_t big_endian(const char* bytes, int size) {
  std::uint64_t out = 0;
  for (int i = 0; i < size; ++i) out = out << 8 | static_cast<unsigned char>(bytes[i]);
  return out;
}

/// `?` and `?N` to `$N`. The statements hold no question mark in quotes.
std::pair<std::string, int> number_marks(std::string_view sql) {
  std::string out;
  out.reserve(sql.size() + 32);
  int highest = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '?') {
      out += sql[i];
      continue;
    }
    int mark = highest + 1;
    const auto [end, error] = std::from_chars(sql.data() + i + 1, sql.data() + sql.size(), mark);
    if (error == std::errc()) i = static_cast<std::size_t>(end - sql.data()) - 1;
    highest = std::max(highest, mark);
    out += fmt::format("${}", mark);
  }
  return {out, highest};
}

}  // namespace

class Connection::Prepared final : public Statement {
 public:
  Prepared(Connection& connection, const Known& known, bool stream)
      : connection_(connection), known_(known), stream_(stream), values_(static_cast<std::size_t>(known.marks)) {}
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() override {
    if (stream_ && running_) connection_.drain();
  }

  void bind_null(int mark) override { put(mark, {}); }
  void bind_integer(int mark, std::int64_t value) override { put(mark, {std::to_string(value), false, true}); }
  void bind_real(int mark, double value) override { put(mark, {fmt::format("{}", value), false, true}); }
  void bind_text(int mark, std::string_view text, bool borrowed) override {
    if (text.find('\0') != std::string_view::npos) bad_text_ = true;
    // The protocol wants a terminated text; only a copy is sure to be.
    (void)borrowed;
    put(mark, {std::string(text), false, true});
  }
  void bind_blob(int mark, std::string_view bytes) override { put(mark, {std::string(bytes), true, true}); }

  Result<bool> step() override {
    if (!running_) {
      TRY(start());
    } else {
      ++row_;
    }
    if (!stream_) return row_ < rows_;
    TRY_ASSIGN(answer_, connection_.next_answer());
    row_ = 0;
    if (answer_ && PQresultStatus(answer_.get()) == PGRES_SINGLE_TUPLE) return true;
    running_ = false;
    std::optional<Error> wrong;
    if (answer_ && PQresultStatus(answer_.get()) != PGRES_TUPLES_OK) wrong = connection_.error(answer_.get());
    while (answer_) {
      TRY_ASSIGN(answer_, connection_.next_answer());
    }
    if (wrong) return *wrong;
    return false;
  }

  void reset() override {
    if (stream_ && running_) connection_.drain();
    running_ = false;
    answer_.reset();
    bad_text_ = false;
  }

  Result<void> run_later() override {
    if (known_.name.empty()) {
      TRY(step());
      return {};
    }
    if (connection_.pending_ >= kMaxPending) TRY(connection_.settle());
    if (connection_.pending_ == 0 && PQenterPipelineMode(connection_.connection_) == 0) return connection_.lost();
    TRY(send());
    ++connection_.pending_;
    // Keeps the socket busy while the next statement is made; what does not fit goes with a later one.
    return PQflush(connection_.connection_) < 0 ? Result<void>(connection_.lost()) : Result<void>();
  }

  Kind kind(int column) const override {
    if (PQgetisnull(answer_.get(), row_, column) != 0) return Kind::kNull;
    switch (PQftype(answer_.get(), column)) {
      case kBool:
      case kInt2:
      case kInt4:
      case kInt8:
        return Kind::kInteger;
      case kFloat4:
      case kFloat8:
        return Kind::kReal;
      case kBytea:
        return Kind::kBlob;
      default:
        return Kind::kText;
    }
  }
  std::int64_t integer(int column) const override {
    if (kind(column) == Kind::kReal) return static_cast<std::int64_t>(real(column));
    if (kind(column) != Kind::kInteger) return 0;
    const int size = PQgetlength(answer_.get(), row_, column);
    const std::uint64_t bits = big_endian(PQgetvalue(answer_.get(), row_, column), size);
    if (size == 8) return static_cast<std::int64_t>(bits);
    if (size == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
    if (size == 2) return static_cast<std::int16_t>(static_cast<std::uint16_t>(bits));
    return static_cast<std::int64_t>(bits);
  }
  double real(int column) const override {
    if (kind(column) == Kind::kInteger) return static_cast<double>(integer(column));
    if (kind(column) != Kind::kReal) return 0;
    const int size = PQgetlength(answer_.get(), row_, column);
    const std::uint64_t bits = big_endian(PQgetvalue(answer_.get(), row_, column), size);
    if (size == 4) {
      const auto narrow = static_cast<std::uint32_t>(bits);
      float out = 0;
      std::memcpy(&out, &narrow, sizeof out);
      return out;
    }
    double out = 0;
    std::memcpy(&out, &bits, sizeof out);
    return out;
  }
  std::string_view text(int column) const override {
    if (PQgetisnull(answer_.get(), row_, column) != 0) return {};
    return {PQgetvalue(answer_.get(), row_, column),
            static_cast<std::size_t>(PQgetlength(answer_.get(), row_, column))};
  }

 private:
  struct Bound {
    std::string bytes;
    bool binary = false;
    bool present = false;
  };

  void put(int mark, Bound bound) {
    if (mark >= 1 && mark <= known_.marks) values_[static_cast<std::size_t>(mark) - 1] = std::move(bound);
  }

  Result<void> send() {
    if (bad_text_) return invalid("A text holds a zero character, which cannot be stored");
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
    for (const Bound& bound : values_) {
      values.push_back(bound.present ? bound.bytes.data() : nullptr);
      lengths.push_back(static_cast<int>(bound.bytes.size()));
      formats.push_back(bound.binary ? 1 : 0);
    }
    PGconn* const c = connection_.connection_;
    const int sent = known_.name.empty() ? PQsendQueryParams(c, known_.sql.c_str(), known_.marks, nullptr,
                                                             values.data(), lengths.data(), formats.data(), 1)
                                         : PQsendQueryPrepared(c, known_.name.c_str(), known_.marks, values.data(),
                                                               lengths.data(), formats.data(), 1);
    if (sent == 0) return connection_.lost();
    return {};
  }

  Result<void> start() {
    if (!stream_ && connection_.pending_ > 0 && !connection_.late_) {
      // With what is pending: one wait for all.
      TRY(send());
      auto answer = connection_.finish_pipeline();
      if (!answer.ok()) return std::move(answer).error();
      if (!*answer) return connection_.lost();
      take(std::move(answer).value());
      return {};
    }
    TRY(connection_.settle());
    if (stream_ && connection_.in_transaction()) TRY(connection_.execute("SAVEPOINT stream"));
    TRY(send());
    PGconn* const c = connection_.connection_;
    running_ = true;
    row_ = 0;
    if (stream_) {
      PQsetSingleRowMode(c);
      return {};
    }
    auto answer = connection_.finish_command();
    if (!answer.ok()) {
      running_ = false;
      return std::move(answer).error();
    }
    take(std::move(answer).value());
    return {};
  }

  void take(Answer answer) {
    answer_ = std::move(answer);
    running_ = true;
    row_ = 0;
    rows_ = PQntuples(answer_.get());
    connection_.changes_ = std::atoi(PQcmdTuples(answer_.get()));
  }

  Connection& connection_;
  const Known known_;
  bool stream_;
  std::vector<Bound> values_;
  Answer answer_{nullptr, &PQclear};
  bool running_ = false;
  bool bad_text_ = false;
  int row_ = 0, rows_ = 0;
};

Connection::~Connection() { PQfinish(connection_); }

Result<std::unique_ptr<Connection>> Connection::open(const std::string& url, const Context& context) {
  const std::array<const char*, 6> keys = {"dbname",  "application_name", "client_encoding",
                                           "options", "connect_timeout",  nullptr};
  const std::array<const char*, 6> values = {
      url.c_str(), "maestro",
      "UTF8",      "-c timezone=UTC -c jit=off -c client_min_messages=warning -c standard_conforming_strings=on",
      "10",        nullptr};
  PGconn* raw = PQconnectStartParams(keys.data(), values.data(), 1);
  if (raw == nullptr) return unavailable("Not enough memory for a database connection");
  std::unique_ptr<Connection> connection(new Connection(raw));
  const auto failed = [&]() -> Error {
    log::error("no connection to PostgreSQL", {{"reason", PQerrorMessage(raw)}});
    const char* host = PQhost(raw);
    return unavailable(fmt::format("PostgreSQL at {} cannot be reached or refuses the sign-in",
                                   host == nullptr || *host == '\0' ? "the default socket" : host));
  };
  if (PQstatus(raw) == CONNECTION_BAD) return failed();
  const auto begun = std::chrono::steady_clock::now();
  for (PostgresPollingStatusType state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
    if (state == PGRES_POLLING_FAILED) return failed();
    if (context.stopped()) return store_sql::stopped_error();
    if (std::chrono::steady_clock::now() - begun > std::chrono::seconds(10)) return failed();
    pollfd wait{PQsocket(raw), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    (void)::poll(&wait, 1, kLookMs);
    if (wait.revents != 0) state = PQconnectPoll(raw);
  }
  if (PQsetnonblocking(raw, 1) != 0) return failed();
  return connection;
}

bool Connection::in_transaction() const {
  if (ended_) return false;
  const auto state = PQtransactionStatus(connection_);
  return state == PQTRANS_INTRANS || state == PQTRANS_INERROR || state == PQTRANS_ACTIVE;
}

bool Connection::broken_transaction() const { return PQtransactionStatus(connection_) == PQTRANS_INERROR; }

bool Connection::alive() const {
  if (PQstatus(connection_) != CONNECTION_OK) return false;
  pollfd look{PQsocket(connection_), POLLIN, 0};
  if (::poll(&look, 1, 0) <= 0) return true;
  return PQconsumeInput(connection_) != 0 && PQstatus(connection_) == CONNECTION_OK;
}

Result<Connection::Answer> Connection::next_answer() {
  bool canceled = false;
  for (int unsent = PQflush(connection_); unsent != 0 || PQisBusy(connection_) != 0;) {
    if (unsent < 0) return lost();
    if (!canceled && watched_ != nullptr && watched_->stopped()) {
      canceled = true;
      std::array<char, 256> words{};
      const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(connection_), &PQfreeCancel);
      if (cancel) (void)PQcancel(cancel.get(), words.data(), static_cast<int>(words.size()));
    }
    pollfd wait{PQsocket(connection_), static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0};
    if (wait.fd < 0) return lost();
    (void)::poll(&wait, 1, watched_ == nullptr || canceled ? 1000 : kLookMs);
    if ((wait.revents & (POLLIN | POLLERR | POLLHUP)) != 0 && PQconsumeInput(connection_) == 0) return lost();
    if (unsent > 0) unsent = PQflush(connection_);
  }
  return Answer(PQgetResult(connection_), &PQclear);
}

Result<Connection::Answer> Connection::finish_command() {
  Answer last(nullptr, &PQclear);
  std::optional<Error> wrong;
  for (;;) {
    TRY_ASSIGN(Answer answer, next_answer());
    if (!answer) break;
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
      if (!wrong) wrong = error(answer.get());
      continue;
    }
    last = std::move(answer);
  }
  if (wrong) return *wrong;
  if (!last) return lost();
  return last;
}

void Connection::drain() {
  if (PQtransactionStatus(connection_) != PQTRANS_ACTIVE) return;
  std::array<char, 256> words{};
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(connection_), &PQfreeCancel);
  if (cancel) (void)PQcancel(cancel.get(), words.data(), static_cast<int>(words.size()));
  while (PGresult* rest = PQgetResult(connection_)) PQclear(rest);
  // The cancel has broken the transaction; what was seen before the stream is to be seen after it.
  if (broken_transaction()) (void)execute("ROLLBACK TO SAVEPOINT stream");
}

Result<Connection::Answer> Connection::finish_pipeline() {
  Answer last(nullptr, &PQclear);
  std::optional<Error> wrong;
  const bool synced = std::exchange(ended_, false) || PQpipelineSync(connection_) != 0;
  const int pending = std::exchange(pending_, 0);
  if (!synced) return lost();
  for (int done = 0;;) {
    TRY_ASSIGN(Answer answer, next_answer());
    if (!answer) {
      ++done;  // the end of one statement
      continue;
    }
    const auto status = PQresultStatus(answer.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      if (done == pending) last = std::move(answer);
    } else if (status != PGRES_PIPELINE_ABORTED && !wrong) {
      wrong = error(answer.get());
    }
  }
  if (PQexitPipelineMode(connection_) == 0) return lost();
  if (wrong) return *wrong;
  return last;
}

Result<void> Connection::settle() {
  if (late_) return *std::exchange(late_, std::nullopt);
  if (pending_ == 0) return {};
  TRY(finish_pipeline());
  return {};
}

Result<void> Connection::begin_later(std::string_view sql) { return query(sql).run_later(); }

Result<void> Connection::end_later() {
  if (late_ || broken_transaction()) return execute("ROLLBACK");
  TRY(query("ROLLBACK").run_later());
  if (pending_ == 0) return {};
  if (PQpipelineSync(connection_) == 0 || PQflush(connection_) < 0) return lost();
  ended_ = true;
  return {};
}

std::unique_ptr<Statement> Connection::prepare(std::string_view sql, bool keep) {
  if (!keep) {
    auto [text, marks] = number_marks(sql);
    return std::make_unique<Prepared>(*this, Known{"", std::move(text), marks}, false);
  }
  const std::string key(sql);
  auto found = known_.find(key);
  if (found == known_.end()) {
    auto [text, marks] = number_marks(sql);
    if (prepared_ >= kMaxPrepared) {
      if (execute("DEALLOCATE ALL").ok()) {
        known_.clear();
        prepared_ = 0;
      }
    }
    Known known{fmt::format("m{}", prepared_++), std::move(text), marks};
    if (auto settled = settle(); !settled.ok()) late_ = std::move(settled).error();
    const bool sent = !late_ && PQsendPrepare(connection_, known.name.c_str(), known.sql.c_str(), 0, nullptr) != 0;
    // An error shows again, in its own words, when the text is sent unprepared.
    if (!sent || !finish_command().ok()) return std::make_unique<Prepared>(*this, Known{"", known.sql, marks}, false);
    found = known_.emplace(key, std::move(known)).first;
  }
  return std::make_unique<Prepared>(*this, found->second, false);
}

store_sql::Query Connection::stream(const store_sql::Sql& sql) {
  auto [text, marks] = number_marks(sql.text);
  store_sql::Query query(std::make_unique<Prepared>(*this, Known{"", std::move(text), marks}, true));
  query.bind_all(sql);
  return query;
}

Result<void> Connection::execute(const std::string& sql) {
  // A rollback goes on after an error of what was not waited for: it is what clears it.
  if (auto settled = settle(); !settled.ok() && sql != "ROLLBACK") return settled;
  if (PQsendQuery(connection_, sql.c_str()) == 0) return lost();
  TRY(finish_command());
  return {};
}

Error Connection::lost() const {
  log::error("the connection to PostgreSQL is lost", {{"reason", PQerrorMessage(connection_)}});
  return unavailable("The database server cannot be reached");
}

Error Connection::error(const PGresult* result) const {
  const char* raw = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = raw == nullptr ? "" : raw;
  if (state == "57014") return store_sql::stopped_error();
  if (state == "23505") return conflict("Another document has this identity already");
  if (state == "40001" || state == "40P01" || state == "55P03") return unavailable("The database is busy");
  if (state == "53100") return unavailable("The disk that holds the database is full");
  if (state == "25006") return unavailable("The database cannot be written: the server is read-only");
  if (state == "22021" || state == "22P05") return invalid("A text holds a character that cannot be stored");
  // Without the details, which quote rows.
  const char* words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string reason = words == nullptr ? "" : words;
  log::error("database error", {{"state", state}, {"reason", reason}});
  if (state.starts_with("08") || state.starts_with("53") || state.starts_with("57P"))
    return unavailable("The database server cannot be reached");
  if (state == "42501" || state.starts_with("28"))
    return unavailable("The database user lacks a permission that Maestro needs");
  return internal(fmt::format("Database error {}", state));
}

}  // namespace maestro::store_postgres
