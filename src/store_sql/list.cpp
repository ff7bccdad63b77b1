#include "store_sql/list.h"

#include "store_sql/ports.h"
#include "store_sql/store.h"

namespace maestro::store_sql {
namespace {

constexpr std::int64_t kProbe = 2000;       // an equality is counted up to here when plans are weighed
constexpr std::size_t kKeep = 4000;         // matches that a count notes for the page that follows
constexpr int kDistinct = 1000;             // a text test is tried on so many distinct values, rather than on the rows
constexpr std::int64_t kFewSought = 500;    // an index finds so many faster than a look at every document
constexpr std::int64_t kFewVisible = 2000;  // the index by access set finds those faster, too
constexpr std::size_t kMaxUnsure = 2000;    // bodies that are asked beside the columns in memory
constexpr double kMatch = 0.3;              // a match taken from memory and sorted by a text, in entries of an index
constexpr double kMatchByNumber = 0.1;      // same, sorted by a number or a time
constexpr double kMarkedStep = 0.1;         // a column of an entry on a walk that is told what matches
constexpr std::int64_t kSample = 97;        // one document of so many is looked at for an estimate
constexpr double kLookup = 6;               // a row of the table instead of an entry of an index, in entries
constexpr double kProbed = 3;               // one of many places of an index
constexpr double kSent = 3;                 // an entry that is sent here to be looked at
constexpr double kMoreSent = 30;            // entries that are sent beside those that are likely to do
constexpr double kMargin = 1.4;             // of what is likely to do, because matches are not spread evenly
constexpr double kSorted = 3;               // a row that goes through a sorter

/// Lengths of pages that clients ask for: of others there would be too many statements to keep.
bool is_usual(std::size_t limit) {
  return limit == 10 || limit == 20 || limit == 25 || limit == 50 || limit == 100 || limit == 200;
}

}  // namespace

Query List::query(const Sql& sql, bool often) {
  if (plans_ != nullptr) {
    Sql explain(dialect_.explain());
    Query plan = db_.query(explain.add(sql));
    for (auto row = plan.step(); row.ok() && *row; row = plan.step())
      plans_->push_back(plan.string(dialect_.plan_column()));
  }
  return often ? db_.often(sql) : db_.query(sql);
}

Result<void> List::read_counts() {
  seen_.reset();
  if (!roles_) {
    if (view_) {
      all_ = visible_ = view_->count(spec_.active);
      return {};
    }
    Query query = db_.query("SELECT active, CAST(sum(n) AS BIGINT) FROM cnt WHERE kind = ? GROUP BY active");
    query.bind(table_.kind);
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      if (!spec_.active || *spec_.active == (query.integer(0) != 0)) all_ += query.integer(1);
    }
    visible_ = all_;
    return {};
  }
  if (view_) {
    seen_ = view_->visible(readers_bytes(spec_.viewer.readers), *roles_, spec_.viewer.role, spec_.active);
  } else {
    TRY_ASSIGN(seen_, read_visible(db_, table_, *roles_, spec_.viewer.role, spec_.active));
  }
  all_ = seen_->all;
  visible_ = seen_->visible;
  if (visible_ == all_) roles_ = nullptr;  // sees everything there is: nothing to test
  return {};
}

void List::hand_over(Session& db) const {
  Scan& scan = db.scan();
  scan = {};
  scan.roles = roles_.get();
  scan.role = spec_.viewer.role;
  scan.matchers = filter_.matchers;
}

Result<void> List::prepare() {
  const bool tested = !spec_.viewer.everything && spec_.entity->access != model::Access::kNone;
  if (tested) {
    TRY_ASSIGN(roles_, core_.sets.roles(db_, spec_.viewer.readers, now_.top_set));
    // A role of 0 would be held by everybody, also in sets that do not name the viewer.
    if (spec_.viewer.role <= 0) return internal("A list needs a role of at least 1");
  }
  filter_ = compile_filter(dialect_, table_, spec_.filter, now_.odd,
                           [this](const std::string& column) { return values_of(column); });
  TRY(read_counts());
  hand_over(db_);
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

/// `bodies`: the rows' bodies are read for the order, too.
Result<List::Driver> List::choose_driver(bool bodies) {
  const Access test = roles_ ? Access::kTest : Access::kAll;
  Driver best{nullptr, test, static_cast<double>(all_) * kLookup, false};
  if (spec_.active && !filter_.reads_bodies && !bodies) {
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
  if (roles_) {
    const double found = static_cast<double>(visible_) * 1.3 + static_cast<double>(seen_->sets.size()) * kProbed;
    weigh(table_.acl_index(), Access::kGather, found);
  }
  if (!spec_.active) return best;
  for (const Seek& seek : filter_.seeks) {
    TRY_ASSIGN(const std::int64_t n, count_seek(seek, kProbe));
    weigh(*seek.index, test, static_cast<double>(n));
  }
  return best;
}

/// How many rows an equality alone finds: exact where values are counted, else counted up to `most`.
Result<std::int64_t> List::count_seek(const Seek& seek, std::int64_t most) {
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
  Sql probe(fmt::format("SELECT count(*) FROM (SELECT 1 FROM \"{}\" n{} WHERE n.active = ? AND ", table_.name,
                        dialect_.by_index(seek.index)));
  probe.bind(std::int64_t{*spec_.active}).add(seek.condition).add(" LIMIT ?) x").bind(most);
  Query rows = query(probe);
  TRY(rows.step());
  const std::int64_t n = rows.integer(0);
  return n < most ? n : std::max(n, all_ / 4);
}

Result<std::int64_t> List::count_with(const Driver& driver, bool keep) {
  // One equality on a counted column, and a viewer who sees everything: the answer is there already.
  const auto& seeks = filter_.seeks;
  if (!roles_ && spec_.active && seeks.size() == 1 && !seeks[0].field.empty() &&
      seeks[0].condition.text == filter_.where.text)
    return count_seek(seeks[0], kProbe);
  Scan& scan = db_.scan();
  keep = keep && dialect_.has_functions();
  scan.keep = keep ? kKeep + 1 : 0;
  scan.kept.clear();
  Query rows = query(head(driver, Sql(keep ? "count(*), keep(n.id)" : "count(*)")));
  TRY(rows.step());
  if (keep && scan.kept.size() <= kKeep) kept_ = scan.kept;
  return rows.integer(0);
}

Sql List::head(const Driver& driver, const Sql& what) const {
  Sql sql("SELECT ");
  sql.add(what).add(fmt::format(" FROM \"{}\" n", table_.name));
  if (driver.kept) return sql.add(dialect_.by_index(nullptr)).add(" WHERE ").add(dialect_.any_of("n.id", *kept_));
  sql.add(dialect_.by_index(driver.index)).add(" WHERE TRUE");
  if (spec_.active) sql.add(" AND n.active = ?").bind(std::int64_t{*spec_.active});
  if (driver.marked) return dialect_.has_functions() ? sql.add(" AND marked(n.id)") : sql;
  if (driver.access == Access::kTest)
    sql.add(" AND ").add(dialect_.sees("n.acl", *roles_, spec_.viewer.role, seen_->sets));
  if (driver.access == Access::kGather) sql.add(" AND ").add(dialect_.any_of("n.acl", seen_->sets));
  if (!filter_.where.empty()) sql.add(" AND ").add(filter_.where);
  return sql;
}

Result<void> List::stand() {
  TRY_ASSIGN(now_, standing(db_, table_.kind));
  if (context_.identity) context_.identity->meet(now_.identity);
  return {};
}

Result<bool> List::look_into_memory() {
  TRY(stand());
  TRY_ASSIGN(view_, core_.memory.view(db_, now_, table_));
  return !view_.outdated;
}

/// What few documents a viewer sees, an index finds: faster where the engine is in this process, or where memory would
/// look for a pattern in the texts of all.
bool List::asks_memory_for_few() const { return !dialect_.has_functions() && filter_.exact; }

/// Finds every match by the columns in memory; false when they do not know, or an index is faster.
Result<bool> List::match_in_memory() {
  if (!view_ || filter_.reads_bodies || (roles_ && visible_ <= kFewVisible && !asks_memory_for_few())) return false;
  if (spec_.active) {
    for (const Seek& seek : filter_.seeks) {
      TRY_ASSIGN(const std::int64_t n, count_seek(seek, kFewSought + 1));
      if (n <= kFewSought) return false;
    }
  }
  auto answer = view_->evaluate(spec_.filter);
  if (!answer || answer->unsure.size() > kMaxUnsure) return false;
  mask_ = std::move(answer->mask);
  if (!answer->unsure.empty()) {
    const auto matcher = store::Matcher::compile(spec_.filter);
    for (const std::size_t slot : answer->unsure) {
      Query query = db_.query(table_.by_row_sql);
      query.bind(view_->row(slot));
      TRY_ASSIGN(const bool row, query.step());
      mask_[slot] = row && matcher->matches(read_document(table_, query)) ? 1 : 0;
    }
  }
  if (roles_)
    view_->keep_visible(mask_, readers_bytes(spec_.viewer.readers), *roles_, spec_.viewer.role, spec_.active);
  else if (spec_.active)
    view_->keep_active(mask_, *spec_.active);
  matches_ = MemoryTable::count(mask_);
  return true;
}

/// The first ones in order among the matches in memory.
std::vector<List::Entry> List::page_from_memory(const Order& order, std::size_t want) const {
  const std::size_t keep = want + (cursor_ ? 0 : spec_.offset);
  std::optional<std::pair<Value, std::int64_t>> behind;
  if (cursor_) behind.emplace(cursor_->key, cursor_row_);
  std::vector<std::size_t> best = view_->first(mask_, spec_.sort, order.descending, behind, keep);
  const std::size_t skipped = std::min(best.size(), cursor_ ? 0 : spec_.offset);
  std::vector<Entry> out;
  for (std::size_t i = skipped; i < best.size(); ++i) {
    const std::size_t slot = best[i];
    out.push_back({view_->row(slot), view_->acl(slot), view_->active(slot), view_->key(slot, spec_.sort)});
  }
  return out;
}

Result<std::int64_t> List::total() {
  if (filter_.never || visible_ == 0) return std::int64_t{0};
  if (filter_.exact && filter_.where.empty()) return visible_;
  TRY_ASSIGN(const bool known, match_in_memory());
  if (known) return matches_;
  TRY_ASSIGN(const Driver driver, choose_driver());
  std::int64_t total = 0;
  if (!filter_.exact)
    TRY(sift(driver, {}, 0, total));
  else if (filter_.reads_bodies)
    TRY(scan(driver, {}, 0, total));
  else
    return count_with(driver, false);
  return total;
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
  order.nulls = column.starts_with("c_");
  order.key_sql = Sql(order.key);
  order.blob = column == "oid";
  order.index = spec_.active ? table_.sort_index(column) : nullptr;
  if (const store::Column* declared = store::find_column(*table_.entity, spec_.sort))
    order.least = declared->kind == store::Column::Kind::kText ? "''" : dialect_.least_number();
  return order;
}

/// What lies behind the cursor, in at most two stretches: NULLs come first going up and last going down, and one
/// comparison that spans both would not be a range of the index.
std::vector<Sql> List::segments(const Order& order) const {
  if (!cursor_) return {Sql()};
  std::vector<Sql> out;
  const bool null = std::holds_alternative<std::monostate>(cursor_->key);
  const std::string_view beyond = order.descending ? "<" : ">";
  if (null) {
    out.emplace_back(fmt::format("{} IS NULL AND n.id {} ?", order.key, beyond)).bind(cursor_row_);
    if (!order.descending) out.emplace_back(fmt::format("{} >= {}", order.key, order.least));
    return out;
  }
  out.emplace_back(fmt::format("({}, n.id) {} (?, ?)", order.key, beyond))
      .bind(cursor_->key, order.blob)
      .bind(cursor_row_);
  if (order.descending && !order.least.empty()) out.emplace_back(order.key + " IS NULL");
  return out;
}

Result<std::vector<List::Entry>> List::walk(const Driver& driver, const Order& order, std::size_t want) {
  std::vector<Entry> entries;
  const std::size_t offset = cursor_ ? 0 : spec_.offset;
  // Not the walk in order: the rows are found by other means, and sorted then.
  const bool few = driver.index != order.index || driver.kept;
  // An engine that cannot ask for marks sends what comes in order, and the marks are looked at here.
  const bool here = driver.marked && !dialect_.has_functions();
  std::size_t skipped = here ? 0 : offset;
  for (const Sql& segment : segments(order)) {
    if (entries.size() >= want) break;
    Sql sql = head(driver, Sql(fmt::format("n.id, n.acl, n.active, {} AS k", order.key)));
    if (!segment.empty()) sql.add(" AND ").add(segment);
    // NULL is below everything, also where an engine would rather have it above.
    const std::string by =
        fmt::format(" ORDER BY {0} {1}{2}, {3} {1} LIMIT ", few ? "k" : order.key, order.descending ? "DESC" : "ASC",
                    !order.nulls       ? ""
                    : order.descending ? " NULLS LAST"
                                       : " NULLS FIRST",
                    few ? "id" : "n.id");
    sql.text = few ? dialect_.few(sql.text, by) : sql.text + by;
    Scan& scan = db_.scan();
    // The first page of everything: with its length in the text, an engine needs no other plan the next time.
    const bool plain = is_usual(spec_.limit) && !few && !driver.marked && driver.access == Access::kAll &&
                       filter_.where.empty() && segment.empty() && offset == 0;
    if (plain) {
      sql.add(std::to_string(want));
    } else {
      sql.add("? OFFSET ?").bind(here ? scan.looks : static_cast<std::int64_t>(want - entries.size()));
      sql.bind(here ? std::int64_t{0} : static_cast<std::int64_t>(offset));
    }
    Query rows = query(sql, plain);
    while (entries.size() < want) {
      TRY_ASSIGN(const bool row, rows.step());
      if (!row) break;
      if (here) {
        --scan.looks;
        if (!scan.is_marked(rows.integer(0)) || skipped++ < offset) continue;
      }
      entries.push_back({rows.integer(0), rows.integer(1), rows.integer(2) != 0, rows.value(3)});
    }
    if (here && entries.size() < want && scan.looks == 0) {
      scan.gave_up = true;
      return stopped_error();
    }
  }
  return entries;
}

bool List::needs_sifting() const { return !dialect_.has_functions() && (!filter_.exact || order().key.empty()); }

/// What memory has found, in order: by memory, too, or by a walk along the index that is told which rows match.
/// nullopt: neither can, or the engine tests the entries of an index faster than it sends them.
Result<std::optional<store::ListPage>> List::page_of_matches(const Order& order, std::size_t want) {
  using Page = std::optional<store::ListPage>;
  if (!view_->sorts_by(spec_.sort)) return Page();
  const store::Column* column = store::find_column(*table_.entity, spec_.sort);
  const bool by_text = column != nullptr && column->kind == store::Column::Kind::kText;
  const double sorted = static_cast<double>(matches_) * (by_text ? kMatch : kMatchByNumber);
  const double steps = static_cast<double>(want + (cursor_ ? 0 : spec_.offset)) * static_cast<double>(all_) /
                       static_cast<double>(matches_);
  const bool asks = dialect_.has_functions();
  if (!asks && order.index != nullptr && filter_.exact && covers(*order.index) && steps < sorted) return Page();
  const double step = order.index == nullptr ? 0 : kMarkedStep * static_cast<double>(order.index->columns.size());
  const double sent = steps * kMargin + kMoreSent;
  const double walked = asks ? steps * step : sent * kSent;
  if (order.index != nullptr && walked < sorted) {
    // Where the matches come late in the order (all web servers are named "web-..."), the walk would be long: it ends
    // when it has cost what was expected and what sorting costs, or what was sent has been looked at.
    const double looks = asks ? (walked + sorted) / step : sent;
    db_.scan().mark([this](std::int64_t row) { return view_->is_marked(mask_, row); },
                    static_cast<std::int64_t>(looks));
    auto entries = walk({.index = order.index, .rows = steps, .marked = true}, order, want);
    if (!entries.ok() && !db_.scan().gave_up) return std::move(entries).error();
    if (entries.ok()) {
      TRY_ASSIGN(auto page, finish(std::move(*entries), matches_));
      return Page(std::move(page));
    }
  }
  TRY_ASSIGN(auto page, finish(page_from_memory(order, want), matches_));
  return Page(std::move(page));
}

Result<store::ListPage> List::page() {
  TRY(prepare());
  const std::size_t want = spec_.limit + 1;  // one more tells whether there is a next page
  const Order order = this->order();
  if (filter_.never || visible_ == 0) return store::ListPage{};
  const bool filtered = !filter_.exact || !filter_.where.empty();
  bool known = false;
  if (filtered || (roles_ && visible_ <= kFewVisible && asks_memory_for_few())) {
    TRY_ASSIGN(known, match_in_memory());
  }
  if (known && (matches_ == 0 || spec_.limit == 0)) return finish({}, matches_);
  if (known) {
    TRY_ASSIGN(auto page, page_of_matches(order, want));
    if (page) return std::move(*page);
  }
  TRY_ASSIGN(const Driver driver, choose_driver(order.key.empty()));
  if (needs_sifting()) {
    std::int64_t total = 0;
    TRY_ASSIGN(auto entries, sift(driver, order, want, total));
    return finish(std::move(entries), total);
  }
  if (filter_.reads_bodies && spec_.count != store::Count::kExact && order.index != nullptr)
    return uncounted(order, want);
  if (filter_.reads_bodies || order.key.empty()) {
    std::int64_t total = 0;
    TRY_ASSIGN(auto entries, scan(driver, order, want, total));
    return finish(std::move(entries), total);
  }
  std::int64_t total = visible_;
  if (known) {
    total = matches_;
  } else if (filtered) {
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
  const double sorted = (!kept_ ? driver.rows : 0) + static_cast<double>(total) * (kLookup + kSorted);
  if (order.index == nullptr || chosen.rows > sorted) {
    chosen = driver;
    chosen.kept = kept_.has_value();
  }
  TRY_ASSIGN(auto entries, walk(chosen, order, want));
  return finish(std::move(entries), total);
}

/// A page without its exact total: the walk over bodies ends as soon as the page is full.
Result<store::ListPage> List::uncounted(const Order& order, std::size_t want) {
  const Driver driver{order.index, roles_ ? Access::kTest : Access::kAll, 0, false};
  TRY_ASSIGN(auto entries, walk(driver, order, want));
  const bool whole = entries.size() < want && !cursor_ && spec_.offset == 0;
  std::int64_t total = whole ? static_cast<std::int64_t>(entries.size()) : -1;
  if (!whole && spec_.count == store::Count::kEstimate) {
    Sql sample = head(driver, Sql("count(*)"));
    Query query = this->query(sample.add(" AND n.id % ? = 0").bind(kSample));
    TRY(query.step());
    total = std::max(query.integer(0) * kSample, static_cast<std::int64_t>(entries.size()));
  }
  TRY_ASSIGN(auto page, finish(std::move(entries), total));
  page.exact = whole;
  return page;
}

Result<store::ListPage> List::finish(std::vector<Entry> entries, std::int64_t total) {
  store::ListPage page;
  page.total = total;
  const bool more = entries.size() > spec_.limit;
  if (more) entries.resize(spec_.limit);
  const bool backward = cursor_ && cursor_->backward;
  if (backward) std::reverse(entries.begin(), entries.end());
  page.items.reserve(entries.size());
  std::vector<std::int64_t> rows;
  for (const Entry& entry : entries) rows.push_back(entry.row);
  std::unordered_map<std::int64_t, std::pair<ObjectId, std::string>> texts;
  if (!rows.empty()) {
    Sql sql("SELECT id, oid, list_json FROM doc WHERE ");
    Query found = db_.often(sql.add(dialect_.any_of("id", rows)));
    for (;;) {
      TRY_ASSIGN(const bool row, found.step());
      if (!row) break;
      texts.emplace(found.integer(0), std::pair(found.object_id(1), found.string(2)));
    }
  }
  for (const Entry& entry : entries) {
    const auto text = texts.find(entry.row);
    if (text == texts.end()) return internal("A document has no body");
    page.items.push_back({text->second.first, entry.access, entry.active, std::move(text->second.second)});
  }
  if (entries.empty()) return page;
  if (fingerprint_.empty()) fingerprint_ = list_fingerprint(spec_);
  const bool after = backward || more;
  const bool before = backward ? more : (cursor_ || spec_.offset > 0);
  if (after) page.next = write_cursor({false, entries.back().key, page.items.back().id}, fingerprint_);
  if (before) page.previous = write_cursor({true, entries.front().key, page.items.front().id}, fingerprint_);
  return page;
}

Result<store::ListPage> SqlDocuments::list(const Context& context, const store::ListSpec& spec) {
  return ask_list(core_, context, spec, [](List& list) { return list.page(); });
}

Result<std::int64_t> SqlDocuments::count(const Context& context, const store::ListSpec& spec) {
  return ask_list(core_, context, spec, [](List& list) { return list.count(); });
}

Result<std::vector<std::string>> explain(store::Store& store, const Context& context, const store::ListSpec& spec) {
  Core& core = SqlStore::of(store).core();
  const Table* table = core.table(*spec.entity);
  if (table == nullptr) return internal("The entity is not declared");
  TRY_ASSIGN(auto db, core.engine.read(context, true));
  std::vector<std::string> plans;
  List list(core, *table, context, *db, spec);
  TRY(list.stand());
  list.explain_to(&plans);
  TRY(list.page());
  return plans;
}

}  // namespace maestro::store_sql
