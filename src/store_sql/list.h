// List: counts and pages of documents, by the cheapest of three ways through the indexes.
#pragma once

#include "store_sql/core.h"
#include "store_sql/cursor.h"
#include "store_sql/filter.h"

namespace maestro::store_sql {

/// One list in one snapshot. `spec`, `context` and `db` must outlive it.
class List {
 public:
  List(Core& core, const Table& table, const Context& context, Session& db, const store::ListSpec& spec)
      : core_(core), dialect_(db.dialect()), table_(table), context_(context), db_(db), spec_(spec) {}
  /// Before anything else, unless look_into_memory() does it.
  Result<void> stand();
  /// Before anything else: whether the columns in memory stand at this snapshot, or are on their way. False: they are
  /// ahead of it, and a newer snapshot would find them.
  Result<bool> look_into_memory();
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
    double rows = 0;      ///< that it will look at, about
    bool kept = false;    ///< the rows that the count has found, instead of a search
    bool marked = false;  ///< the engine asks for marks instead of the filter and what the viewer sees
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

  class Firsts;
  struct Stretch;

  Result<void> prepare();
  /// What the functions of the statements look at.
  void hand_over(Session& db) const;
  Result<bool> match_in_memory();
  std::vector<Entry> page_from_memory(const Order& order, std::size_t want) const;
  Result<void> read_counts();
  std::optional<std::vector<std::string>> values_of(const std::string& column);
  bool needs_sifting() const;
  Result<Driver> choose_driver(bool bodies = false);
  Result<std::int64_t> count_seek(const Seek& seek, std::int64_t most);
  bool asks_memory_for_few() const;
  Result<std::int64_t> count_with(const Driver& driver, bool keep);
  Result<std::int64_t> total();
  Order order() const;
  Sql head(const Driver& driver, const Sql& what) const;
  bool covers(const Index& index) const;
  std::vector<Sql> segments(const Order& order) const;
  Result<std::vector<Entry>> walk(const Driver& driver, const Order& order, std::size_t want);
  Result<std::optional<store::ListPage>> page_of_matches(const Order& order, std::size_t want);
  Firsts firsts(const Order& order, std::size_t want) const;
  Result<std::vector<Stretch>> stretches();
  std::vector<Lease> beside(const Driver& driver);
  Result<std::vector<Entry>> scan(const Driver& driver, const Order& order, std::size_t want, std::int64_t& total);
  Result<store::ListPage> uncounted(const Order& order, std::size_t want);
  Result<store::ListPage> finish(std::vector<Entry> entries, std::int64_t total);
  /// `match` is called with every row that matches; the columns `more` begin at its `from`.
  using OnMatch = std::function<void(const Query& row, int from)>;
  Result<std::vector<Entry>> sift(const Driver& driver, const Order& order, std::size_t want, std::int64_t& total,
                                  const std::string& more = {}, const OnMatch& match = {});
  using Counted = std::vector<std::unordered_map<std::string, std::int64_t>>;
  Result<bool> facets_from_memory(const std::vector<std::size_t>& columns, Counted& values,
                                  std::vector<std::int64_t>& missing);
  Result<void> group(const Driver& driver, const std::vector<std::size_t>& columns, Counted& values,
                     std::vector<std::int64_t>& missing);
  Result<void> count_values(const Driver& driver, const std::vector<std::size_t>& columns, Counted& values,
                            std::vector<std::int64_t>& missing);
  bool beyond(const Entry& entry, const Order& order) const;
  /// `often`: the text comes again and again.
  Query query(const Sql& sql, bool often = false);

  Core& core_;
  const Dialect& dialect_;
  const Table& table_;
  const Context& context_;
  Session& db_;
  const store::ListSpec& spec_;
  std::vector<std::string>* plans_ = nullptr;

  CompiledFilter filter_;
  Standing now_;
  std::shared_ptr<const Roles> roles_;   ///< null: no access test
  std::int64_t all_ = 0, visible_ = 0;   ///< rows of the kind with the wanted activity; those that the viewer sees
  std::shared_ptr<const Visible> seen_;  ///< what roles_ open; null without them
  std::optional<std::vector<std::int64_t>> kept_;  ///< every match, when the count found few
  Memory::View view_;
  Mask mask_;                 ///< what matches, when match_in_memory() has found out
  std::int64_t matches_ = 0;  ///< ones in it
  std::string fingerprint_;
  std::optional<Cursor> cursor_;
  std::int64_t cursor_row_ = 0;
  std::string scratch_;
};

/// The first statement of a snapshot has met a connection that the server had cut while it lay idle: another will do.
inline bool is_cut(const Error& error, const Context& context) {
  return error.code == Code::kUnavailable && !context.stopped();
}

/// Asks a list in a snapshot where the columns in memory can answer, if that takes only a newer one.
template <typename Ask>
auto ask_list(Core& core, const Context& context, const store::ListSpec& spec, const Ask& ask)
    -> decltype(ask(std::declval<List&>())) {
  constexpr int kTries = 4, kCuts = 20;
  int cut = 0;
  const Table* table = spec.entity == nullptr ? nullptr : core.table(*spec.entity);
  if (table == nullptr) return internal("The entity is not declared");
  for (int tries = 1;; ++tries) {
    TRY_ASSIGN(auto db, core.engine.read(context, true));
    List list(core, *table, context, *db, spec);
    const auto current = list.look_into_memory();
    if (!current.ok()) {
      if (is_cut(current.error(), context) && ++cut <= kCuts) continue;
      return current.error();
    }
    if (*current || tries >= kTries) return ask(list);
  }
}

}  // namespace maestro::store_sql
