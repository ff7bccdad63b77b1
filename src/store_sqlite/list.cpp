#include "store_sqlite/list.h"

#include "store_sqlite/ports.h"
#include "store_sqlite/store.h"

namespace maestro::store_sqlite {
namespace {

constexpr std::int64_t kProbe = 2000;  // an equality is counted up to here when plans are weighed
constexpr std::size_t kKeep = 4000;    // matches that a count notes for the page that follows
constexpr int kDistinct = 1000;        // a text test is tried on so many distinct values, rather than on the rows
constexpr double kLookup = 6;          // a row of the table instead of an entry of an index, in entries
constexpr double kSorted = 3;          // a row that goes through a sorter

}  // namespace

Query List::query(const Sql& sql) {
  if (plans_ != nullptr) {
    Sql explain("EXPLAIN QUERY PLAN ");
    Query plan = db_.query(explain.add(sql));
    for (auto row = plan.step(); row.ok() && *row; row = plan.step()) plans_->push_back(plan.string(3));
  }
  return db_.query(sql);
}

Result<void> List::read_counts() {
  const bool tested = roles_ != nullptr;
  Query query = db_.query(tested ? "SELECT acl, active, n FROM cnt WHERE kind = ?"
                                 : "SELECT 0, active, sum(n) FROM cnt WHERE kind = ? GROUP BY active");
  query.bind(table_.kind);
  sets_ = "[";
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) break;
    if (spec_.active && *spec_.active != (query.integer(1) != 0)) continue;
    const std::int64_t n = query.integer(2);
    all_ += n;
    if (tested) {
      const auto set = static_cast<std::size_t>(query.integer(0));
      if (set >= roles_->size() || (*roles_)[set] < spec_.viewer.role) continue;
      fmt::format_to(std::back_inserter(sets_), "{}{}", sets_.size() > 1 ? "," : "", set);
    }
    visible_ += n;
  }
  sets_ += ']';
  if (tested && visible_ == all_) roles_ = nullptr;  // sees everything there is: nothing to test
  return {};
}

Result<void> List::prepare() {
  const bool tested = !spec_.viewer.everything && spec_.entity->access != model::Access::kNone;
  if (tested) {
    TRY_ASSIGN(roles_, core_.sets.roles(db_, spec_.viewer.principal));
    // A role of 0 would be held by everybody, also in sets that do not name the viewer.
    if (spec_.viewer.role <= 0) return internal("A list needs a role of at least 1");
  }
  std::int64_t odd = 0;
  {
    Query query = db_.query("SELECT odd FROM kind WHERE id = ?");
    query.bind(table_.kind);
    TRY(query.step());
    odd = query.integer(0);
  }
  filter_ = compile_filter(table_, spec_.filter, odd, [this](const std::string& column) { return values_of(column); });
  TRY(read_counts());
  Scan& scan = db_.scan();
  scan = {};
  scan.roles = roles_.get();
  scan.role = spec_.viewer.role;
  scan.matchers = filter_.matchers;
  if (spec_.cursor.empty()) return {};
  fingerprint_ = list_fingerprint(spec_);
  TRY_ASSIGN(cursor_, read_cursor(spec_.cursor, fingerprint_));
  Query query = db_.query("SELECT id FROM doc WHERE oid = ?");
  query.bind(cursor_->id);
  TRY_ASSIGN(const bool known, query.step());
  if (!known) return invalid("\"cursor\" is not a cursor of this list");
  cursor_row_ = query.integer(0);
  return {};
}

std::optional<std::vector<std::string>> List::values_of(const std::string& column) {
  std::set<std::string> values;
  for (const bool active : {true, false}) {
    if (spec_.active && *spec_.active != active) continue;
    Query query = db_.query("SELECT value FROM facet WHERE kind = ? AND field = ? AND active = ? LIMIT ?");
    query.bind(table_.kind, column, active, kDistinct + 1);
    for (;;) {
      const auto row = query.step();
      if (!row.ok()) return std::nullopt;
      if (!*row) break;
      values.insert(query.string(0));
    }
  }
  if (values.size() > static_cast<std::size_t>(kDistinct)) return std::nullopt;
  return std::vector<std::string>(values.begin(), values.end());
}

bool List::covers(const Index& index) const {
  return std::all_of(filter_.columns.begin(), filter_.columns.end(),
                     [&](const auto& column) { return index.covers(column); });
}

Result<List::Driver> List::choose_driver() {
  const Access test = roles_ ? Access::kTest : Access::kAll;
  Driver best{nullptr, test, static_cast<double>(all_) * kLookup, false};
  if (spec_.active && !filter_.reads_bodies) {
    for (const Index& index : table_.indexes) {
      if (index.columns[0] != "active" || !covers(index)) continue;
      best = {&index, test, static_cast<double>(all_), false};
      break;
    }
  }
  const auto weigh = [&](const Index& index, Access access, double rows) {
    const double cost = rows * (covers(index) ? 1 : kLookup);
    if (cost < best.rows) best = {&index, access, cost, false};
  };
  if (roles_) weigh(table_.acl_index(), Access::kGather, static_cast<double>(visible_) * 1.3);
  if (!spec_.active) return best;
  for (const Seek& seek : filter_.seeks) {
    TRY_ASSIGN(const std::int64_t n, count_seek(seek));
    weigh(*seek.index, test, static_cast<double>(n));
  }
  return best;
}

/// How many rows an equality alone finds: exact where values are counted, else up to some thousand.
Result<std::int64_t> List::count_seek(const Seek& seek) {
  if (!seek.field.empty()) {
    std::int64_t sum = 0;
    for (const std::string& value : seek.values) {
      Query query = db_.query("SELECT n FROM facet WHERE kind = ? AND field = ? AND active = ? AND value = ?");
      query.bind(table_.kind, seek.field, *spec_.active, value);
      TRY_ASSIGN(const bool known, query.step());
      if (known) sum += query.integer(0);
    }
    return sum;
  }
  Sql probe(fmt::format("SELECT count(*) FROM (SELECT 1 FROM \"{}\" n INDEXED BY \"{}\" WHERE n.active = ? AND ",
                        table_.name, seek.index->name));
  probe.bind(std::int64_t{*spec_.active}).add(seek.condition).add(" LIMIT ?)").bind(kProbe);
  Query rows = query(probe);
  TRY(rows.step());
  const std::int64_t n = rows.integer(0);
  return n < kProbe ? n : std::max(n, all_ / 4);
}

Result<std::int64_t> List::count_with(const Driver& driver, bool keep) {
  // One equality on a counted column, and a viewer who sees everything: the answer is there already.
  const auto& seeks = filter_.seeks;
  if (!roles_ && spec_.active && seeks.size() == 1 && !seeks[0].field.empty() &&
      seeks[0].condition.text == filter_.where.text)
    return count_seek(seeks[0]);
  Scan& scan = db_.scan();
  scan.keep = keep ? kKeep + 1 : 0;
  scan.kept.clear();
  Query rows = query(head(driver, Sql(keep ? "count(*), keep(n.id)" : "count(*)")));
  TRY(rows.step());
  if (keep && scan.kept.size() <= kKeep) kept_ = fmt::format("[{}]", fmt::join(scan.kept, ","));
  return rows.integer(0);
}

Sql List::head(const Driver& driver, const Sql& what) const {
  Sql sql("SELECT ");
  sql.add(what).add(fmt::format(" FROM \"{}\" n ", table_.name));
  if (driver.kept) return sql.add("NOT INDEXED WHERE n.id IN (SELECT value FROM json_each(?))").bind(kept_);
  sql.add(driver.index == nullptr ? "NOT INDEXED" : fmt::format("INDEXED BY \"{}\"", driver.index->name))
      .add(" WHERE 1");
  if (spec_.active) sql.add(" AND n.active = ?").bind(std::int64_t{*spec_.active});
  if (driver.access == Access::kTest) sql.add(" AND sees(n.acl)");
  if (driver.access == Access::kGather) sql.add(" AND n.acl IN (SELECT value FROM json_each(?))").bind(sets_);
  if (!filter_.where.empty()) sql.add(" AND ").add(filter_.where);
  return sql;
}

Result<std::int64_t> List::total() {
  if (filter_.never || visible_ == 0) return std::int64_t{0};
  if (filter_.where.empty()) return visible_;
  TRY_ASSIGN(const Driver driver, choose_driver());
  return count_with(driver, false);
}

Result<std::int64_t> List::count() {
  TRY(prepare());
  return total();
}

List::Order List::order() const {
  Order order;
  order.descending = spec_.descending != (cursor_ && cursor_->backward);
  const std::string column(table_.column_of(spec_.sort));
  if (column.empty()) {
    order.key_sql = Sql("sort_key(?, n.id, ");
    order.key_sql.bind(spec_.sort).add(kBody).add(")");
    return order;
  }
  order.key = "n." + column;
  order.key_sql = Sql(order.key);
  order.blob = column == "oid";
  order.index = spec_.active ? table_.sort_index(column) : nullptr;
  if (const store::Column* declared = store::find_column(*table_.entity, spec_.sort))
    order.least = declared->kind == store::Column::Kind::kText ? "''" : "-9e999";
  return order;
}

/// What lies behind the cursor, in at most two stretches: NULLs come first going up and last going down, and one
/// comparison that spans both would not be a range of the index.
std::vector<Sql> List::segments(const Order& order, const std::string& key, const std::string& id, bool ranges) const {
  if (!cursor_) return {Sql()};
  std::vector<Sql> out;
  const bool null = std::holds_alternative<std::monostate>(cursor_->key);
  const std::string_view beyond = order.descending ? "<" : ">";
  if (null) {
    out.emplace_back(fmt::format("{} IS NULL AND {} {} ?", key, id, beyond)).bind(cursor_row_);
    if (!order.descending) out.emplace_back(ranges ? fmt::format("{} >= {}", key, order.least) : key + " IS NOT NULL");
    return out;
  }
  out.emplace_back(fmt::format("({}, {}) {} (?, ?)", key, id, beyond)).bind(cursor_->key, order.blob).bind(cursor_row_);
  if (order.descending && (!ranges || !order.least.empty())) out.emplace_back(key + " IS NULL");
  return out;
}

Result<std::vector<List::Entry>> List::walk(const Driver& driver, const Order& order, std::size_t want) {
  std::vector<Entry> entries;
  const std::size_t offset = cursor_ ? 0 : spec_.offset;
  for (const Sql& segment : segments(order, order.key, "n.id", true)) {
    if (entries.size() >= want) break;
    Sql sql = head(driver, Sql("n.id, n.acl, n.active, " + order.key));
    if (!segment.empty()) sql.add(" AND ").add(segment);
    sql.add(fmt::format(" ORDER BY {0} {1}, n.id {1} LIMIT ? OFFSET ?", order.key, order.descending ? "DESC" : "ASC"));
    sql.bind(static_cast<std::int64_t>(want - entries.size())).bind(static_cast<std::int64_t>(offset));
    Query rows = query(sql);
    for (;;) {
      TRY_ASSIGN(const bool row, rows.step());
      if (!row) break;
      entries.push_back({rows.integer(0), rows.integer(1), rows.integer(2) != 0, rows.value(3)});
    }
  }
  return entries;
}

/// Sorts everything that matches: for paths without a column. Counts on the way.
Result<std::vector<List::Entry>> List::scan(const Driver& driver, const Order& order, std::size_t want,
                                            std::int64_t& total) {
  Sql what("n.id AS id, n.acl AS acl, n.active AS active, ");
  what.add(order.key_sql).add(" AS k");
  Sql sql("SELECT id, acl, active, k, ");
  std::size_t offset = cursor_ ? 0 : spec_.offset;
  std::string_view glue;
  for (const Sql& segment : segments(order, "k", "id", false)) {
    sql.add(glue).add(segment.empty() ? Sql("1") : Sql("(").add(segment).add(")"));
    glue = " OR ";
  }
  sql.add(" FROM (")
      .add(head(driver, what))
      .add(fmt::format(") ORDER BY k {0}, id {0}", order.descending ? "DESC" : "ASC"));
  Query rows = query(sql);
  std::vector<Entry> entries;
  for (total = 0;; ++total) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) return entries;
    if (entries.size() >= want || rows.integer(4) == 0) continue;
    if (offset > 0)
      --offset;
    else
      entries.push_back({rows.integer(0), rows.integer(1), rows.integer(2) != 0, rows.value(3)});
  }
}

Result<store::ListPage> List::page() {
  TRY(prepare());
  const std::size_t want = spec_.limit + 1;  // one more tells whether there is a next page
  const Order order = this->order();
  if (filter_.never || visible_ == 0) return store::ListPage{};
  TRY_ASSIGN(const Driver driver, choose_driver());
  if (filter_.reads_bodies || order.key.empty()) {
    std::int64_t total = 0;
    TRY_ASSIGN(auto entries, scan(driver, order, want, total));
    return finish(std::move(entries), total);
  }
  std::int64_t total = visible_;
  if (!filter_.where.empty()) {
    TRY_ASSIGN(total, count_with(driver, true));
  }
  if (total == 0 || spec_.limit == 0 || (!cursor_ && spec_.offset >= static_cast<std::size_t>(total)))
    return finish({}, total);
  // The walk ends as soon as the page is full; how far that is follows from the exact count.
  Driver chosen{order.index, roles_ ? Access::kTest : Access::kAll, 0, false};
  if (order.index != nullptr) {
    const double hits = static_cast<double>(want + (cursor_ ? 0 : spec_.offset));
    const double steps =
        std::min(hits * static_cast<double>(all_) / static_cast<double>(total), static_cast<double>(all_));
    chosen.rows = steps * (covers(*order.index) ? 1 : kLookup);
  }
  const double sorted = (kept_.empty() ? driver.rows : 0) + static_cast<double>(total) * (kLookup + kSorted);
  if (order.index == nullptr || chosen.rows > sorted) {
    chosen = driver;
    chosen.kept = !kept_.empty();
  }
  TRY_ASSIGN(auto entries, walk(chosen, order, want));
  return finish(std::move(entries), total);
}

Result<store::ListPage> List::finish(std::vector<Entry> entries, std::int64_t total) {
  store::ListPage page;
  page.total = total;
  const bool more = entries.size() > spec_.limit;
  if (more) entries.resize(spec_.limit);
  const bool backward = cursor_ && cursor_->backward;
  if (backward) std::reverse(entries.begin(), entries.end());
  page.items.reserve(entries.size());
  for (const Entry& entry : entries) {
    Query text = db_.query("SELECT oid, list_json FROM doc WHERE id = ?");
    text.bind(entry.row);
    TRY_ASSIGN(const bool known, text.step());
    if (!known) return internal("A document has no body");
    page.items.push_back({text.object_id(0), entry.access, entry.active, text.string(1)});
  }
  if (entries.empty()) return page;
  if (fingerprint_.empty()) fingerprint_ = list_fingerprint(spec_);
  const bool after = backward || more;
  const bool before = backward ? more : (cursor_ || spec_.offset > 0);
  if (after) page.next = write_cursor({false, entries.back().key, page.items.back().id}, fingerprint_);
  if (before) page.previous = write_cursor({true, entries.front().key, page.items.front().id}, fingerprint_);
  return page;
}

Result<store::ListPage> SqliteDocuments::list(const Context& context, const store::ListSpec& spec) {
  const Table* table = spec.entity == nullptr ? nullptr : core_.table(*spec.entity);
  if (table == nullptr) return internal("The entity is not declared");
  TRY_ASSIGN(auto db, core_.pool.read(context, true));
  return List(core_, *table, *db, spec).page();
}

Result<std::int64_t> SqliteDocuments::count(const Context& context, const store::ListSpec& spec) {
  const Table* table = spec.entity == nullptr ? nullptr : core_.table(*spec.entity);
  if (table == nullptr) return internal("The entity is not declared");
  TRY_ASSIGN(auto db, core_.pool.read(context, true));
  return List(core_, *table, *db, spec).count();
}

Result<std::vector<std::string>> explain(store::Store& store, const Context& context, const store::ListSpec& spec) {
  Core& core = static_cast<SqliteStore&>(store).core();
  const Table* table = core.table(*spec.entity);
  if (table == nullptr) return internal("The entity is not declared");
  TRY_ASSIGN(auto db, core.pool.read(context, true));
  std::vector<std::string> plans;
  List list(core, *table, *db, spec);
  list.explain_to(&plans);
  TRY(list.page());
  return plans;
}

}  // namespace maestro::store_sqlite
