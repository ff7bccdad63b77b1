// BareStore: a database as a plain program uses it: prepared statements on the driver, transactions, nothing between.
// What the product costs on top of its rows is measured against it. Ends the program at the first error.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace maestro::bench {

struct Bytes {
  std::string bytes;
  auto operator<=>(const Bytes&) const = default;
};
using Cell = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;
using Row = std::vector<Cell>;

struct Rows {
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

/// Runs of one statement, marks $1 .. $n in order, a row each. With a table they are its new rows.
struct Write {
  std::string sql;
  std::vector<Row> rows;
  std::string table = {};
  std::vector<std::string> columns = {};
};

class BareStore {
 public:
  virtual ~BareStore() = default;
  virtual Rows read(const std::string& sql) = 0;
  /// Prepares what is not yet prepared, so that write() only runs.
  virtual void prepare(const std::vector<Write>& writes) = 0;
  /// One transaction.
  virtual void write(const std::vector<Write>& writes) = 0;
  /// As write(), new rows by the engine's bulk command where it has one.
  virtual void copy(const std::vector<Write>& writes) { write(writes); }
  /// Whether the texts of `search` are indexed by statements of their own.
  virtual bool indexes_texts() const = 0;
  /// The server's process that works for this connection; 0 = there is none.
  virtual int backend() const = 0;
};

/// With the settings that the product's writer has; logs are copied into the file every 16,000 pages, as there.
std::unique_ptr<BareStore> open_bare_sqlite(const std::string& path, int cache_kib);
/// Transactions do not wait for the disk, as those of the product's bulk writes.
std::unique_ptr<BareStore> open_bare_postgres(const std::string& url);
/// The address of another database of the same server.
std::string with_database(const std::string& url, const std::string& name);

}  // namespace maestro::bench
