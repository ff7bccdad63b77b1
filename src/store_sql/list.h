// List: counts and pages of documents, by the cheapest of three ways through the indexes.
#pragma once

#include "store_sql/core.h"
#include "store_sql/cursor.h"
#include "store_sql/filter.h"

namespace maestro::store_sql {

/// One list in one snapshot. `spec` and `db` must outlive it.
class List {
 public:
  List(Core& core, const Table& table, Session& db, const store::ListSpec& spec)
      : core_(core), dialect_(db.dialect()), table_(table), db_(db), spec_(spec) {}
  Result<std::int64_t> count();
  Result<store::ListPage> page();
  Result<std::vector<store::Facet>> facets(const std::vector<std::string>& fields, std::size_t limit);
  /// From now on the query plan of every statement is appended to `plans`.
  void explain_to(std::vector<std::string>* plans) { plans_ = plans; }

 private:
  enum class Access { kAll, kTest, kGather };  ///< no test, a test on each row, only the viewer's sets from the start
  /// What drives a statement: an index, or the table in row order.
  struct Driver {
    const Index* index = nullptr;
    Access access = Access::kAll;
    double rows = 0;    ///< that it will look at, about
    bool kept = false;  ///< the rows that the count has found, instead of a search
  };
  struct Entry {
    std::int64_t row = 0;
    store::SetId access = 0;
    bool active = true;
    Value key;
  };
  struct Order {
    std::string key;    ///< SQL of the sort key
    Sql key_sql;        ///< same, with its bindings where the key is computed
    std::string least;  ///< SQL text below every non-null key; empty where NULL cannot be
    bool blob = false;
    bool nulls = false;      ///< the key may be NULL
    bool descending = true;  ///< of the statement: the list's, turned around for a page before
    const Index* index = nullptr;
  };

  Result<void> prepare();
  Result<void> read_counts();
  std::optional<std::vector<std::string>> values_of(const std::string& column);
  bool needs_sifting() const;
  Result<Driver> choose_driver();
  Result<std::int64_t> count_seek(const Seek& seek);
  Result<std::int64_t> count_with(const Driver& driver, bool keep);
  Result<std::int64_t> total();
  Order order() const;
  Sql head(const Driver& driver, const Sql& what) const;
  bool covers(const Index& index) const;
  std::vector<Sql> segments(const Order& order, const std::string& key, const std::string& id, bool ranges) const;
  Result<std::vector<Entry>> walk(const Driver& driver, const Order& order, std::size_t want);
  Result<std::vector<Entry>> scan(const Driver& driver, const Order& order, std::size_t want, std::int64_t& total);
  Result<store::ListPage> finish(std::vector<Entry> entries, std::int64_t total);
  /// `match` is called with every row that matches; the columns `more` begin at its `from`.
  using OnMatch = std::function<void(const Query& row, int from)>;
  Result<std::vector<Entry>> sift(const Driver& driver, const Order& order, std::size_t want, std::int64_t& total,
                                  const std::string& more = {}, const OnMatch& match = {});
  using Counted = std::vector<std::unordered_map<std::string, std::int64_t>>;
  Result<void> group(const Driver& driver, const std::vector<std::size_t>& columns, Counted& values,
                     std::vector<std::int64_t>& missing);
  Result<void> count_values(const Driver& driver, const std::vector<std::size_t>& columns, Counted& values,
                            std::vector<std::int64_t>& missing);
  bool beyond(const Entry& entry, const Order& order) const;
  Query query(const Sql& sql);

  Core& core_;
  const Dialect& dialect_;
  const Table& table_;
  Session& db_;
  const store::ListSpec& spec_;
  std::vector<std::string>* plans_ = nullptr;

  CompiledFilter filter_;
  std::shared_ptr<const Roles> roles_;  ///< null: no access test
  std::int64_t all_ = 0, visible_ = 0;  ///< rows of the kind with the wanted activity; those that the viewer sees
  std::vector<std::int64_t> sets_;      ///< the viewer's sets that have rows
  std::optional<std::vector<std::int64_t>> kept_;  ///< every match, when the count found few
  std::string fingerprint_;
  std::optional<Cursor> cursor_;
  std::int64_t cursor_row_ = 0;
  std::string scratch_;
};

}  // namespace maestro::store_sql
