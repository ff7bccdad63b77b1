#include <fmt/format.h>
#include <libpq-fe.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "bare_store.h"

namespace maestro::bench {
namespace {

constexpr int kPending = 500;  // their answers fit into the socket's buffers
constexpr Oid kBytea = 17, kInt8 = 20, kFloat8 = 701;

std::string big_endian(std::uint64_t bits) {
  std::string out(8, '\0');
  for (int i = 7; i >= 0; --i, bits >>= 8) out[static_cast<std::size_t>(i)] = static_cast<char>(bits & 0xff);
  return out;
}

std::uint64_t from_big_endian(const char* bytes) {
  std::uint64_t out = 0;
  for (int i = 0; i < 8; ++i) out = out << 8 | static_cast<unsigned char>(bytes[i]);
  return out;
}

/// Values in the server's binary form.
struct Parameters {
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  std::vector<std::string> numbers;

  explicit Parameters(const Row& row) {
    numbers.reserve(row.size());  // they stay where they are
    for (const Cell& cell : row) {
      if (const auto* number = std::get_if<std::int64_t>(&cell))
        add(numbers.emplace_back(big_endian(static_cast<std::uint64_t>(*number))));
      else if (const auto* real = std::get_if<double>(&cell))
        add(numbers.emplace_back(big_endian(std::bit_cast<std::uint64_t>(*real))));
      else if (const auto* text = std::get_if<std::string>(&cell))
        add(*text);
      else if (const auto* blob = std::get_if<Bytes>(&cell))
        add(blob->bytes);
      else
        add_null();
    }
  }

 private:
  void add(const std::string& bytes) {
    values.push_back(bytes.data());
    lengths.push_back(static_cast<int>(bytes.size()));
    formats.push_back(1);
  }
  void add_null() {
    values.push_back(nullptr);
    lengths.push_back(0);
    formats.push_back(1);
  }
};

class Postgres final : public BareStore {
 public:
  explicit Postgres(const std::string& url) {
    const char* const keys[] = {"dbname", "application_name", "client_encoding", "options", nullptr};
    const char* const values[] = {url.c_str(), "bare", "UTF8",
                                  "-c timezone=UTC -c jit=off -c client_min_messages=warning", nullptr};
    connection_ = PQconnectdbParams(keys, values, 1);
    if (PQstatus(connection_) != CONNECTION_OK) fail("connect");
  }
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;
  ~Postgres() override { PQfinish(connection_); }

  Rows read(const std::string& sql) override {
    PGresult* answer = PQexecParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1);
    const auto status = PQresultStatus(answer);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(sql);
    Rows out;
    const int columns = PQnfields(answer);
    for (int i = 0; i < columns; ++i) out.columns.emplace_back(PQfname(answer, i));
    for (int r = 0; r < PQntuples(answer); ++r) {
      Row& row = out.rows.emplace_back();
      for (int i = 0; i < columns; ++i) row.push_back(cell(answer, r, i));
    }
    PQclear(answer);
    return out;
  }

  void prepare(const std::vector<Write>& writes) override {
    for (const Write& write : writes) {
      if (names_.contains(write.sql)) continue;
      const std::string name = fmt::format("b{}", names_.size());
      finish(PQprepare(connection_, name.c_str(), write.sql.c_str(), 0, nullptr), write.sql);
      names_.emplace(write.sql, name);
    }
  }

  void write(const std::vector<Write>& writes) override {
    if (PQenterPipelineMode(connection_) == 0) fail("pipeline");
    send("BEGIN");
    send("SET LOCAL synchronous_commit = off");
    for (const Write& each : writes) {
      const char* name = names_.at(each.sql).c_str();
      for (const Row& row : each.rows) {
        const Parameters with(row);
        if (PQsendQueryPrepared(connection_, name, static_cast<int>(row.size()), with.values.data(),
                                with.lengths.data(), with.formats.data(), 1) == 0)
          fail(each.sql);
        if (++pending_ >= kPending) settle();
      }
    }
    send("COMMIT");
    settle();
    if (PQexitPipelineMode(connection_) == 0) fail("pipeline");
  }

  void copy(const std::vector<Write>& writes) override {
    run("BEGIN; SET LOCAL synchronous_commit = off");
    for (const Write& each : writes)
      if (!each.table.empty() && !each.rows.empty()) copy_rows(each);
    run("COMMIT");
  }

  bool indexes_texts() const override { return false; }
  int backend() const override { return PQbackendPID(connection_); }

 private:
  [[noreturn]] void fail(const std::string& what) {
    fmt::print(stderr, "bare PostgreSQL: {}: {}\n", what, PQerrorMessage(connection_));
    std::exit(1);
  }
  void finish(PGresult* answer, const std::string& what) {
    const auto status = PQresultStatus(answer);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) fail(what);
    PQclear(answer);
  }
  void run(const std::string& sql) { finish(PQexec(connection_, sql.c_str()), sql); }

  void send(const char* sql) {
    if (PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 1) == 0) fail(sql);
    ++pending_;
  }
  void settle() {
    if (PQpipelineSync(connection_) == 0) fail("sync");
    for (bool synced = false; !synced;) {
      PGresult* answer = PQgetResult(connection_);
      if (answer == nullptr) continue;  // the end of one statement
      const auto status = PQresultStatus(answer);
      synced = status == PGRES_PIPELINE_SYNC;
      if (!synced && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail("statement");
      PQclear(answer);
    }
    pending_ = 0;
  }

  void copy_rows(const Write& write) {
    std::string columns;
    for (const std::string& column : write.columns)
      columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ",", column);
    run(fmt::format("COPY \"{}\" ({}) FROM STDIN (FORMAT binary)", write.table, columns));
    std::string buffer("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    for (const Row& row : write.rows) {
      const Parameters with(row);
      buffer += static_cast<char>(row.size() >> 8);
      buffer += static_cast<char>(row.size() & 0xff);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const int length = with.values[i] == nullptr ? -1 : with.lengths[i];
        buffer += big_endian(static_cast<std::uint32_t>(length)).substr(4);
        if (length > 0) buffer.append(with.values[i], static_cast<std::size_t>(length));
      }
      if (buffer.size() > std::size_t{64} * 1024) put(buffer);
    }
    buffer += "\377\377";
    put(buffer);
    if (PQputCopyEnd(connection_, nullptr) != 1) fail(write.table);
    while (PGresult* answer = PQgetResult(connection_)) finish(answer, write.table);
  }
  void put(std::string& buffer) {
    if (PQputCopyData(connection_, buffer.data(), static_cast<int>(buffer.size())) != 1) fail("copy");
    buffer.clear();
  }

  static Cell cell(PGresult* answer, int row, int column) {
    if (PQgetisnull(answer, row, column) != 0) return std::monostate();
    const char* value = PQgetvalue(answer, row, column);
    std::string bytes(value, static_cast<std::size_t>(PQgetlength(answer, row, column)));
    switch (PQftype(answer, column)) {
      case kInt8:
        return static_cast<std::int64_t>(from_big_endian(value));
      case kFloat8:
        return std::bit_cast<double>(from_big_endian(value));
      case kBytea:
        return Bytes{std::move(bytes)};
      default:
        return bytes;
    }
  }

  PGconn* connection_ = nullptr;
  std::unordered_map<std::string, std::string> names_;
  int pending_ = 0;
};

}  // namespace

std::unique_ptr<BareStore> open_bare_postgres(const std::string& url) { return std::make_unique<Postgres>(url); }

std::string with_database(const std::string& url, const std::string& name) {
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  std::string out = fmt::format("dbname='{}'", name);
  for (const PQconninfoOption* each = options; each != nullptr && each->keyword != nullptr; ++each)
    if (each->val != nullptr && std::strcmp(each->keyword, "dbname") != 0)
      out += fmt::format(" {}='{}'", each->keyword, each->val);
  PQconninfoFree(options);
  return out;
}

}  // namespace maestro::bench
