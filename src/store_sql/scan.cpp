// Lists whose filter or order asks the bodies of documents: every visible one is read.
#include <atomic>
#include <future>
#include <thread>

#include "store_sql/list.h"

namespace maestro::store_sql {
namespace {

constexpr std::int64_t kScannedAlone = 1000;  // rows that one connection reads; more are for several
constexpr unsigned kScanners = 4;             // connections at most
constexpr std::int64_t kStretches = 64;       // the parts that they take, one after the other

/// What a path without a column sorts by: numbers below texts, nothing below both.
Value sort_value(const json::Object& body, std::string_view path) {
  const json::Value* value = json::find(body, path);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  if (value->is_number()) return value->to_number<double>();
  return json::scalar_text(*value);
}

}  // namespace

/// The first ones in the order of the list, of entries that come in any order.
class List::Firsts {
 public:
  Firsts(std::size_t most, bool descending) : most_(most), descending_(descending) {}

  bool wanted() const { return most_ > 0; }
  void add(Entry entry) {
    const auto before = [this](const Entry& a, const Entry& b) { return comes_before(a, b); };
    if (best_.size() == most_) {
      if (!wanted() || !comes_before(entry, best_.front())) return;
      std::pop_heap(best_.begin(), best_.end(), before);
      best_.pop_back();
    }
    best_.push_back(std::move(entry));
    std::push_heap(best_.begin(), best_.end(), before);
  }
  void add(Firsts other) {
    for (Entry& entry : other.best_) add(std::move(entry));
  }
  /// In order, without the first `skipped`.
  std::vector<Entry> page(std::size_t skipped) && {
    std::sort_heap(best_.begin(), best_.end(), [this](const Entry& a, const Entry& b) { return comes_before(a, b); });
    best_.erase(best_.begin(), best_.begin() + static_cast<std::ptrdiff_t>(std::min(best_.size(), skipped)));
    return std::move(best_);
  }

 private:
  bool comes_before(const Entry& a, const Entry& b) const {
    const auto left = std::tie(a.key, a.row), right = std::tie(b.key, b.row);
    return descending_ ? right < left : left < right;
  }

  std::size_t most_;
  bool descending_;
  std::vector<Entry> best_;  ///< a heap with the last one on top
};

List::Firsts List::firsts(const Order& order, std::size_t want) const {
  return {want == 0 ? 0 : want + (cursor_ ? 0 : spec_.offset), order.descending};
}

/// Behind the cursor, in the order of the list?
bool List::beyond(const Entry& entry, const Order& order) const {
  if (!cursor_) return true;
  const auto here = std::tie(entry.key, entry.row), there = std::tie(cursor_->key, cursor_row_);
  return order.descending ? here < there : there < here;
}

/// Numbers of rows, from the first to before the last.
struct List::Stretch {
  std::int64_t first = 0, last = 0;
};

Result<std::vector<List::Stretch>> List::stretches() {
  Query query =
      db_.query(fmt::format("SELECT (SELECT min(id) FROM \"{0}\"), (SELECT max(id) + 1 FROM \"{0}\")", table_.name));
  TRY(query.step());
  const std::int64_t begin = query.integer(0), rows = query.integer(1) - begin;
  std::vector<Stretch> out;
  for (std::int64_t i = 0; i < kStretches; ++i)
    out.push_back({begin + rows * i / kStretches, begin + rows * (i + 1) / kStretches});
  return out;
}

/// More connections for a walk over the whole table, at this list's snapshot. Whatever fails about them is no failure
/// of the list.
std::vector<Lease> List::beside(const Driver& driver) {
  std::vector<Lease> out;
  if (driver.index != nullptr || all_ <= kScannedAlone) return out;
  while (out.size() + 1 < std::min(kScanners, std::thread::hardware_concurrency())) {
    auto lease = core_.engine.read_beside(context_);
    if (!lease.ok() || !*lease) break;
    const auto standing = store_sql::standing(***lease, table_.kind);
    if (!standing.ok() || *standing != now_) break;  // a write came in between
    hand_over(***lease);
    out.push_back(std::move(**lease));
  }
  return out;
}

/// Tests and sorts everything, inside the engine's statements and on several connections at once.
Result<std::vector<List::Entry>> List::scan(const Driver& driver, const Order& order, std::size_t want,
                                            std::int64_t& total) {
  struct Part {
    Firsts firsts;
    std::int64_t total = 0;
  };
  Sql what("n.id, n.acl, n.active, ");
  what.add(want == 0 ? Sql("NULL") : order.key_sql);
  const Sql whole = head(driver, what);
  view_ = {};  // not asked: writers may bring it up to date meanwhile
  std::vector<Lease> leases = plans_ == nullptr ? beside(driver) : std::vector<Lease>();

  const auto take = [&](Query& rows, Part& part) -> Result<void> {
    for (;;) {
      TRY_ASSIGN(const bool row, rows.step());
      if (!row) return {};
      ++part.total;
      if (!part.firsts.wanted()) continue;
      Entry entry{rows.integer(0), rows.integer(1), rows.integer(2) != 0, rows.value(3)};
      if (beyond(entry, order)) part.firsts.add(std::move(entry));
    }
  };
  if (leases.empty()) {
    Part part{firsts(order, want)};
    Query rows = query(whole);
    TRY(take(rows, part));
    total = part.total;
    return std::move(part.firsts).page(cursor_ ? 0 : spec_.offset);
  }

  TRY_ASSIGN(const std::vector<Stretch> stretches, this->stretches());
  std::atomic<std::size_t> next = 0;
  const auto work = [&](Session& db) -> Result<Part> {
    Part part{firsts(order, want)};
    Sql sql = whole;
    sql.add(" AND n.id >= ? AND n.id < ?").bind(std::int64_t{0}).bind(std::int64_t{0});
    Query rows = db.query(sql);
    for (std::size_t at = next++; at < stretches.size(); at = next++) {
      sql.binds[sql.binds.size() - 2] = stretches[at].first;
      sql.binds.back() = stretches[at].last;
      rows.reset();
      rows.bind_all(sql);
      const auto done = take(rows, part);
      if (done.ok()) continue;
      next = stretches.size();  // the others may stop, too
      return done.error();
    }
    return part;
  };
  std::vector<std::future<Result<Part>>> others;  // end before the connections that they use
  try {
    for (Lease& lease : leases) others.push_back(std::async(std::launch::async, work, std::ref(*lease)));
  } catch (const std::system_error&) {
    // No more threads: what they would have read is read here.
  }
  auto sum = work(db_);
  for (auto& other : others) {
    auto part = other.get();
    if (!sum.ok()) continue;
    if (part.ok()) {
      sum->total += part->total;
      sum->firsts.add(std::move(part->firsts));
    } else {
      sum = std::move(part);
    }
  }
  if (!sum.ok()) return std::move(sum).error();
  total = sum->total;
  return std::move(sum->firsts).page(cursor_ ? 0 : spec_.offset);
}

/// Where the engine cannot test everything: reads what may match, tests it here, and keeps the first ones in order.
Result<std::vector<List::Entry>> List::sift(const Driver& driver, const Order& order, std::size_t want,
                                            std::int64_t& total, const std::string& more, const OnMatch& match) {
  view_ = {};  // as in scan()
  const bool bodies = filter_.reads_bodies || (order.key.empty() && want > 0);
  const auto& declared = store::columns(*table_.entity);
  std::vector<std::size_t> read;  // columns that stand in for the body
  Sql what("n.id, n.acl, n.active, n.oid, n.created, n.updated, ");
  what.add(order.key.empty() ? "NULL" : order.key);
  if (bodies) {
    what.add(", d.body");
  } else {
    what.add(fmt::format(", CASE WHEN (n.odd & {}) <> 0 THEN {} END", filter_.asks_body, kBody));
    for (std::size_t i = 0; i < declared.size(); ++i) {
      if (!filter_.columns.contains(table_.columns[i])) continue;
      read.push_back(i);
      what.add(", n.").add(table_.columns[i]);
    }
  }
  const int after = static_cast<int>(read.size()) + 8;
  if (!more.empty()) what.add(", ").add(more);
  Sql sql = head(driver, what);
  if (bodies) {
    const std::string from = fmt::format(" FROM \"{}\" n", table_.name);
    sql.text.replace(sql.text.find(from), from.size(), from + " JOIN doc d ON d.id = n.id");
  }
  const auto matcher = store::Matcher::compile(spec_.filter);
  Firsts firsts = this->firsts(order, want);
  store::Document document;
  document.entity = table_.entity;
  total = 0;
  const auto longest = std::max_element(matcher->required().begin(), matcher->required().end(),
                                        [](const auto& a, const auto& b) { return a.size() < b.size(); });
  if (bodies && longest != matcher->required().end()) sql.add(" AND strpos(d.body, ?) > 0").bind(*longest);
  if (bodies) {
    sql.add(" AND d.kind = ?").bind(table_.kind);
    for (const std::string_view each :
         driver.index == nullptr ? dialect_.before_scan() : std::vector<std::string_view>())
      TRY(db_.query(each).run_later());
  }
  Query rows = db_.stream(sql);
  for (;;) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) break;
    document.id = rows.object_id(3);
    document.active = rows.integer(2) != 0;
    document.created = rows.time(4);
    document.updated = rows.time(5);
    if (!rows.null(7)) {
      document.body = std::move(json::parse_trusted(rows.text(7)).as_object());
    } else {
      document.body.clear();
      for (std::size_t i = 0; i < read.size(); ++i) {
        const int at = static_cast<int>(i) + 8;
        if (rows.null(at)) continue;
        const store::Column& column = declared[read[i]];
        json::set(document.body, column.path,
                  column.kind == store::Column::Kind::kText ? json::Value(rows.text(at)) : json::Value(rows.real(at)));
      }
    }
    if (!matcher->matches(document)) continue;
    ++total;
    if (match) match(rows, after);
    if (!firsts.wanted()) continue;
    Entry entry{rows.integer(0), rows.integer(1), document.active, rows.value(6)};
    if (order.key.empty()) entry.key = sort_value(document.body, spec_.sort);
    if (beyond(entry, order)) firsts.add(std::move(entry));
  }
  return std::move(firsts).page(cursor_ ? 0 : spec_.offset);
}

}  // namespace maestro::store_sql
