#include "store_sql/memory.h"

#include <cmath>
#include <cstring>

#include "base/log.h"
#include "base/text.h"

namespace maestro::store_sql {

using store::Condition;
using store::Filter;
using Op = store::Condition::Op;

namespace {

constexpr std::int64_t kInline = 20'000;       // so many rows are read at once, more in the background
constexpr std::size_t kMaxSeenSets = 2 << 20;  // in what viewers see of a kind
constexpr std::size_t kMaxSeen = 1000;         // viewers

bool satisfies(Op op, int order) {
  return op == Op::kLess ? order < 0 : op == Op::kLessEq ? order <= 0 : op == Op::kGreater ? order > 0 : order >= 0;
}

int sign(const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; }

/// One loop an operator, so that each is a few instructions for several values.
template <typename T>
void compare(Op op, const std::vector<T>& values, T bound, Mask& mask) {
  const auto each = [&](const auto& test) {
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = test(values[i], bound) ? 1 : 0;
  };
  if (op == Op::kLess)
    each(std::less<>());
  else if (op == Op::kLessEq)
    each(std::less_equal<>());
  else if (op == Op::kGreater)
    each(std::greater<>());
  else
    each(std::greater_equal<>());
}

/// A test of one text as the matcher of documents makes it.
class TextTest {
 public:
  explicit TextTest(const Condition& condition) : condition_(condition) {
    Filter filter;
    filter.kind = Filter::Kind::kLeaf;
    filter.leaf = condition;
    matcher_ = store::Matcher::compile(filter);
  }
  bool operator()(std::string_view text) const {
    if (!is_comparison(condition_.op)) return matcher_->matches_text(text);
    const json::Value& wanted = condition_.values[0];
    return wanted.is_string() && satisfies(condition_.op, sign(text, std::string_view(wanted.get_string())));
  }

 private:
  const Condition& condition_;
  std::shared_ptr<const store::Matcher> matcher_;
};

}  // namespace

Result<Standing> standing(Session& session, std::int64_t kind) {
  Query query = session.query(
      "SELECT (SELECT value FROM counter WHERE name = 'rev'), (SELECT value FROM counter WHERE name = 'epoch'), "
      "(SELECT max(id) FROM acl_set), (SELECT odd FROM kind WHERE id = ?), "
      "(SELECT coalesce(max(value), 0) FROM counter WHERE name = 'expired')");
  query.bind(kind);
  TRY(query.step());
  return Standing{.rev = query.integer(0),
                  .epoch = query.integer(1),
                  .expired = query.integer(4),
                  .top_set = query.integer(2),
                  .odd = query.integer(3)};
}

// ---- texts --------------------------------------------------------------------------------------------------------

void MemoryTable::Dictionary::set(std::size_t slot, const std::optional<std::string_view>& text) {
  if (!text) {
    of[slot] = 0;
    return;
  }
  const auto [known, fresh] = codes.try_emplace(std::string(*text), static_cast<std::uint32_t>(values.size()));
  if (fresh) values.emplace_back(*text);
  of[slot] = known->second;
}

void MemoryTable::Texts::set(std::size_t slot, const std::optional<std::string_view>& text) {
  capitals.erase(slot);
  start[slot] = 0;
  if (!text) return;
  const std::string folded = text::lower(*text);
  if (folded != *text) capitals.emplace(slot, *text);
  start[slot] = lower.size();
  order.emplace_back(lower.size(), static_cast<std::uint32_t>(slot));
  lower += folded;
  lower += '\0';
  if (order.size() > 1000 && order.size() > start.size() + start.size() / 2) compact();
}

std::optional<std::string_view> MemoryTable::Texts::get(std::size_t slot) const {
  if (start[slot] == 0) return std::nullopt;
  if (!capitals.empty())
    if (const auto known = capitals.find(slot); known != capitals.end()) return std::string_view(known->second);
  return std::string_view(lower.c_str() + start[slot]);
}

void MemoryTable::Texts::compact() {
  Texts fresh;
  fresh.start.resize(start.size());
  for (std::size_t slot = 0; slot < start.size(); ++slot) {
    if (start[slot] == 0) continue;
    fresh.start[slot] = fresh.lower.size();
    fresh.order.emplace_back(fresh.lower.size(), static_cast<std::uint32_t>(slot));
    fresh.lower += lower.c_str() + start[slot];
    fresh.lower += '\0';
  }
  fresh.capitals = std::move(capitals);
  *this = std::move(fresh);
}

// ---- one kind -----------------------------------------------------------------------------------------------------

MemoryTable::MemoryTable(const Table& table) : table_(table) {
  for (const store::Column& column : store::columns(*table.entity)) {
    if (column.kind != store::Column::Kind::kText)
      columns_.emplace_back(std::vector<double>());
    else if (column.index == model::Index::kEq)
      columns_.emplace_back(Dictionary());
    else
      columns_.emplace_back(Texts());
  }
}

void MemoryTable::resize(std::size_t size) {
  ids_.resize(size);
  created_.resize(size);
  updated_.resize(size);
  acl_.resize(size);
  active_.resize(size);
  for (Column& column : columns_) {
    if (auto* dictionary = std::get_if<Dictionary>(&column))
      dictionary->of.resize(size);
    else if (auto* texts = std::get_if<Texts>(&column))
      texts->start.resize(size);
    else
      std::get<std::vector<double>>(column).resize(size, std::nan(""));
  }
}

Result<void> MemoryTable::pull(Session& session, std::int64_t version) {
  std::string names = "n.id, n.active, n.acl, n.created, n.updated, n.odd";
  for (const std::string& column : table_.columns) names += ", n." + column;
  Sql sql(fmt::format("SELECT {} FROM \"{}\" n", names, table_.name));
  if (version >= 0) {
    sql.add(" WHERE n.id IN (SELECT id FROM doc WHERE kind = ? AND rev > ?)").bind(table_.kind).bind(version);
  }
  sql.add(" ORDER BY n.id");
  Query rows = session.stream(sql);
  for (;;) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) return {};
    const std::int64_t id = rows.integer(0);
    std::size_t slot = ids_.size();
    const bool fresh = ids_.empty() || id > ids_.back();
    if (!fresh) {
      const auto known = std::lower_bound(ids_.begin(), ids_.end(), id);
      if (*known != id) return internal("A document has taken a number below that of an older one");
      slot = static_cast<std::size_t>(known - ids_.begin());
    } else {
      resize(slot + 1);
      ids_[slot] = id;
    }
    const unsigned char active = rows.integer(1) != 0 ? 1 : 0;
    const auto set = static_cast<std::int32_t>(rows.integer(2));
    if (fresh || active_[slot] != active || acl_[slot] != set) {
      if (!fresh) count_one(acl_[slot], active_[slot] != 0, -1);
      count_one(set, active != 0, +1);
    }
    active_[slot] = active;
    acl_[slot] = set;
    created_[slot] = rows.integer(3);
    updated_[slot] = rows.integer(4);
    if (const std::int64_t odd = rows.integer(5); odd != 0)
      odd_[slot] = odd;
    else if (!odd_.empty())
      odd_.erase(slot);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const int at = static_cast<int>(i) + 6;
      const bool null = rows.null(at);
      const auto text = [&] { return null ? std::nullopt : std::optional(rows.text(at)); };
      if (auto* dictionary = std::get_if<Dictionary>(&columns_[i]))
        dictionary->set(slot, text());
      else if (auto* texts = std::get_if<Texts>(&columns_[i]))
        texts->set(slot, text());
      else
        std::get<std::vector<double>>(columns_[i])[slot] = null ? std::nan("") : rows.real(at);
    }
  }
}

void MemoryTable::count_one(std::int32_t set, bool active, int by) {
  const auto [known, fresh] = place_of_set_.try_emplace(set, set_counts_.size());
  if (fresh) set_counts_.push_back({set, {}});
  set_counts_[known->second].n[active ? 1 : 0] += by;
  counts_[active ? 1 : 0] += by;
  seen_.clear();  // nobody reads meanwhile
  seen_sets_ = 0;
}

std::int64_t MemoryTable::count(const std::optional<bool>& active) const {
  return active ? counts_[*active ? 1 : 0] : counts_[0] + counts_[1];
}

std::shared_ptr<const Visible> MemoryTable::visible(const std::string& viewer, const std::vector<unsigned char>& roles,
                                                    int role, const std::optional<bool>& active) const {
  const std::string key = fmt::format("{} {} {}", role, active ? static_cast<int>(*active) : 2, viewer);
  {
    const std::scoped_lock lock(seen_mutex_);
    if (const auto known = seen_.find(key); known != seen_.end()) return known->second;
  }
  auto out = std::make_shared<Visible>();
  for (const SetCount& each : set_counts_) {
    const std::int64_t n = active ? each.n[*active ? 1 : 0] : each.n[0] + each.n[1];
    out->all += n;
    const auto set = static_cast<std::size_t>(each.set);
    if (n == 0 || set >= roles.size() || roles[set] < role) continue;
    out->visible += n;
    out->sets.push_back(each.set);
  }
  std::sort(out->sets.begin(), out->sets.end());
  const std::scoped_lock lock(seen_mutex_);
  if (seen_.size() >= kMaxSeen || seen_sets_ > kMaxSeenSets) {
    seen_.clear();
    seen_sets_ = 0;
  }
  seen_sets_ += out->sets.size();
  seen_.insert_or_assign(key, out);
  return out;
}

void MemoryTable::keep_active(Mask& mask, bool active) const {
  const unsigned char wanted = active ? 1 : 0;
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] &= static_cast<unsigned char>(active_[i] == wanted);
}

void MemoryTable::keep_visible(Mask& mask, const std::vector<unsigned char>& roles, int role) const {
  std::vector<unsigned char> sees(roles.size());
  for (std::size_t i = 0; i < roles.size(); ++i) sees[i] = roles[i] >= role ? 1 : 0;
  const auto size = static_cast<std::uint32_t>(sees.size());
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const auto set = static_cast<std::uint32_t>(acl_[i]);
    mask[i] = static_cast<unsigned char>(mask[i] & (set < size ? sees[set] : 0));
  }
}

/// Finds the needle in the whole text at once, and the document by where it stands.
void MemoryTable::find_literal(const Texts& texts, const store::Literal& literal, Mask& mask) const {
  std::fill(mask.begin(), mask.end(), 0);
  const char* const begin = texts.lower.data();
  const char* const end = begin + texts.lower.size();
  const std::string_view needle = literal.longest_run();
  const bool wild = literal.has_wildcard();
  auto entry = texts.order.begin();
  for (const char* at = begin; at < end;) {
    const void* hit = ::memmem(at, static_cast<std::size_t>(end - at), needle.data(), needle.size());
    if (hit == nullptr) return;
    const auto offset = static_cast<std::uint64_t>(static_cast<const char*>(hit) - begin);
    // Hits come in ascending order, a few documents further each time.
    const auto behind = [](std::uint64_t value, const auto& each) { return value < each.first; };
    std::ptrdiff_t step = 1;
    for (; texts.order.end() - entry > step && (entry + step)->first <= offset; step *= 2) entry += step;
    entry = std::upper_bound(entry, entry + std::min(step + 1, texts.order.end() - entry), offset, behind) - 1;
    const auto& [start, slot] = *entry;
    const std::string_view text(begin + start);
    if (texts.start[slot] == start && (wild ? literal.found_in(text) : !literal.at_start || offset == start))
      mask[slot] = 1;
    at = begin + start + text.size() + 1;  // on to the next document: this one has answered
  }
}

bool MemoryTable::leaf(const Condition& condition, std::int64_t& odd, Mask& mask) const {
  const auto& path = condition.path;
  if (condition.op == Op::kNever || (condition.op != Op::kAbsent && condition.values.empty())) {
    std::fill(mask.begin(), mask.end(), 0);
    return true;
  }
  if (path == "created_at" || path == "updated_at") {
    if (!is_comparison(condition.op) || !store::is_canonical(path, condition.values[0])) return false;
    const std::int64_t bound = to_ms(*parse_iso(std::string_view(condition.values[0].get_string())));
    const auto& times = path == "created_at" ? created_ : updated_;
    compare(condition.op, times, bound, mask);
    return true;
  }
  const auto& declared = store::columns(*table_.entity);
  const auto found =
      std::find_if(declared.begin(), declared.end(), [&](const auto& each) { return each.path == path; });
  if (found == declared.end()) return false;
  const auto at = static_cast<std::size_t>(found - declared.begin());
  odd |= not_bit(at) | other_type_bit(at);
  const bool absent = condition.op == Op::kAbsent;
  if (const auto* dictionary = std::get_if<Dictionary>(&columns_[at])) {
    const TextTest test(condition);
    std::vector<unsigned char> answers(dictionary->values.size());
    answers[0] = absent ? 1 : 0;
    for (std::size_t i = 1; i < answers.size() && !absent; ++i) answers[i] = test(dictionary->values[i]) ? 1 : 0;
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = answers[dictionary->of[i]];
    return true;
  }
  if (const auto* texts = std::get_if<Texts>(&columns_[at])) {
    if (absent) {
      for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = texts->start[i] == 0 ? 1 : 0;
      return true;
    }
    if (const auto literal = store::literal_of(condition)) {
      find_literal(*texts, *literal, mask);
      return true;
    }
    const TextTest test(condition);
    for (std::size_t i = 0; i < mask.size(); ++i) {
      const auto text = texts->get(i);
      mask[i] = text && test(*text) ? 1 : 0;
    }
    return true;
  }
  const auto& numbers = std::get<std::vector<double>>(columns_[at]);
  if (absent) {
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = std::isnan(numbers[i]) ? 1 : 0;
    return true;
  }
  if (is_comparison(condition.op)) {
    if (!condition.values[0].is_number()) {
      std::fill(mask.begin(), mask.end(), 0);
      return true;
    }
    const double bound = condition.values[0].to_number<double>();
    compare(condition.op, numbers, bound, mask);  // what is no number compares with nothing
    return true;
  }
  if (condition.op != Op::kEq) return false;
  std::fill(mask.begin(), mask.end(), 0);
  for (const json::Value& value : condition.values) {
    if (!value.is_number()) continue;
    const double wanted = value.to_number<double>();
    for (std::size_t i = 0; i < mask.size(); ++i)
      mask[i] = static_cast<unsigned char>(mask[i] | (numbers[i] == wanted ? 1 : 0));
  }
  return true;
}

bool MemoryTable::tree(const Filter& filter, std::int64_t& odd, Mask& mask) const {
  if (filter.kind == Filter::Kind::kLeaf) return leaf(filter.leaf, odd, mask);
  if (filter.kind == Filter::Kind::kElement) return false;
  const bool all = filter.kind == Filter::Kind::kAll;
  std::fill(mask.begin(), mask.end(), all ? 1 : 0);
  Mask part(mask.size());
  for (const Filter& child : filter.children) {
    if (!tree(child, odd, part)) return false;
    if (all)
      for (std::size_t i = 0; i < mask.size(); ++i) mask[i] &= part[i];
    else
      for (std::size_t i = 0; i < mask.size(); ++i) mask[i] |= part[i];
  }
  if (filter.kind == Filter::Kind::kNot)
    for (unsigned char& each : mask) each ^= 1;
  return true;
}

std::optional<MemoryTable::Answer> MemoryTable::evaluate(const Filter& filter) const {
  Answer answer;
  answer.mask.resize(size(), 1);
  std::int64_t odd = 0;
  if (!tree(filter, odd, answer.mask)) return std::nullopt;
  for (const auto& [slot, bits] : odd_)
    if ((bits & odd) != 0) answer.unsure.push_back(slot);
  return answer;
}

template <typename Use>
bool MemoryTable::with_keys(std::string_view path, const Use& use) const {
  const auto times = [&](const std::vector<std::int64_t>& values) {
    use([&values](std::size_t slot) { return std::optional(values[slot]); });
    return true;
  };
  if (path == "created_at") return times(created_);
  if (path == "updated_at") return times(updated_);
  const auto& declared = store::columns(*table_.entity);
  for (std::size_t i = 0; i < declared.size(); ++i) {
    if (declared[i].path != path) continue;
    if (const auto* dictionary = std::get_if<Dictionary>(&columns_[i])) {
      use([dictionary](std::size_t slot) {
        const std::uint32_t code = dictionary->of[slot];
        return code == 0 ? std::nullopt : std::optional(std::string_view(dictionary->values[code]));
      });
    } else if (const auto* texts = std::get_if<Texts>(&columns_[i])) {
      use([texts](std::size_t slot) { return texts->get(slot); });
    } else {
      const auto* numbers = &std::get<std::vector<double>>(columns_[i]);
      use([numbers](std::size_t slot) {
        const double number = (*numbers)[slot];
        return std::isnan(number) ? std::nullopt : std::optional(number);
      });
    }
    return true;
  }
  return false;
}

bool MemoryTable::sorts_by(std::string_view path) const {
  return with_keys(path, [](const auto&) {});
}

Value MemoryTable::key(std::size_t slot, std::string_view path) const {
  Value out;
  with_keys(path, [&](const auto& key_of) {
    if (const auto key = key_of(slot)) {
      if constexpr (std::is_same_v<std::decay_t<decltype(*key)>, std::string_view>)
        out = std::string(*key);
      else
        out = *key;
    }
  });
  return out;
}

std::vector<std::size_t> MemoryTable::first(const Mask& mask, std::string_view path, bool descending,
                                            const std::optional<std::pair<Value, std::int64_t>>& behind,
                                            std::size_t keep) const {
  std::vector<std::size_t> best;  // a heap with the last one on top
  with_keys(path, [&](const auto& key_of) {
    using Key = decltype(key_of(0));
    using Bare = typename Key::value_type;
    Key edge;
    if (behind) {
      using Held = std::conditional_t<std::is_same_v<Bare, std::string_view>, std::string, Bare>;
      if (const Held* held = std::get_if<Held>(&behind->first)) edge = Bare(*held);
    }
    // Rows and slots have the same order.
    const auto before = [&](std::size_t a, std::size_t b) {
      const Key left = key_of(a), right = key_of(b);
      return descending ? right < left || (right == left && b < a) : left < right || (left == right && a < b);
    };
    const auto beyond = [&](std::size_t slot) {
      const Key key = key_of(slot);
      const std::int64_t row = ids_[slot];
      return descending ? key < edge || (key == edge && row < behind->second)
                        : edge < key || (key == edge && behind->second < row);
    };
    for (std::size_t slot = 0; slot < mask.size(); ++slot) {
      if (mask[slot] == 0 || (behind && !beyond(slot))) continue;
      if (best.size() == keep) {
        if (keep == 0 || !before(slot, best.front())) continue;
        std::pop_heap(best.begin(), best.end(), before);
        best.back() = slot;
      } else {
        best.push_back(slot);
      }
      std::push_heap(best.begin(), best.end(), before);
    }
    std::sort_heap(best.begin(), best.end(), before);
  });
  return best;
}

void MemoryTable::count_values(const Mask& mask, std::size_t column,
                               std::unordered_map<std::string, std::int64_t>& values, std::int64_t& missing) const {
  const auto& dictionary = std::get<Dictionary>(columns_[column]);
  std::vector<std::int64_t> counts(dictionary.values.size());
  for (std::size_t i = 0; i < mask.size(); ++i) counts[dictionary.of[i]] += mask[i];
  missing += counts[0];
  for (std::size_t code = 1; code < counts.size(); ++code)
    if (counts[code] != 0) values[dictionary.values[code]] += counts[code];
}

// ---- all kinds ----------------------------------------------------------------------------------------------------

Memory::~Memory() {
  for (std::jthread& loader : loaders_) loader.request_stop();
}

Memory::Slot& Memory::slot_of(const Table& table) {
  const std::scoped_lock lock(mutex_);
  auto& slot = slots_[&table];
  if (!slot) slot = std::make_unique<Slot>();
  return *slot;
}

void Memory::warm_up(const std::vector<Table>& tables) {
  for (const Table& table : tables) {
    Slot& slot = slot_of(table);
    const std::unique_lock lock(slot.mutex);
    if (slot.loading || slot.version >= 0) continue;
    slot.loading = true;
    load(table, slot);
  }
}

bool Memory::settled() {
  const std::scoped_lock lock(mutex_);
  return std::none_of(slots_.begin(), slots_.end(), [](const auto& each) {
    const std::shared_lock reading(each.second->mutex);
    return each.second->loading;
  });
}

namespace {

/// Both only grow, so their sum tells any two states apart.
std::int64_t epoch_of(const Standing& now, const Table& table) {
  return now.epoch + (table.entity->kept_days > 0 ? now.expired : 0);
}

}  // namespace

Result<void> Memory::catch_up(Session& session, const Standing& now, const std::vector<Table>& tables) {
  std::int64_t least = now.rev;
  for (const Table& table : tables) {
    Slot& slot = slot_of(table);
    const std::shared_lock lock(slot.mutex);
    if (slot.epoch == epoch_of(now, table) && slot.version >= 0) least = std::min(least, slot.version);
  }
  if (least == now.rev) return {};
  std::set<std::int64_t> changed;
  {
    Query kinds =
        session.query("SELECT k.id FROM kind k WHERE EXISTS (SELECT 1 FROM doc d WHERE d.kind = k.id AND d.rev > ?)");
    kinds.bind(least);
    for (;;) {
      TRY_ASSIGN(const bool row, kinds.step());
      if (!row) break;
      changed.insert(kinds.integer(0));
    }
  }
  for (const Table& table : tables) {
    if (changed.contains(table.kind)) continue;
    Slot& slot = slot_of(table);
    const std::unique_lock lock(slot.mutex);
    if (slot.epoch == epoch_of(now, table) && slot.version >= least && slot.version < now.rev) slot.version = now.rev;
  }
  return {};
}

Result<Memory::View> Memory::view(Session& session, const Standing& now, const Table& table) {
  const std::int64_t rev = now.rev;
  Slot& slot = slot_of(table);
  View view;
  for (;;) {
    {
      std::shared_lock lock(slot.mutex);
      const bool same = slot.epoch == epoch_of(now, table);
      if (same && slot.version == rev) {
        view.table_ = slot.table.get();
        view.lock_ = std::move(lock);
        return view;
      }
      if (same && slot.version > rev) {
        view.outdated = true;
        return view;
      }
    }
    std::unique_lock lock(slot.mutex);
    if (slot.epoch > epoch_of(now, table)) {
      view.outdated = true;
      return view;
    }
    if (slot.epoch < epoch_of(now, table)) {
      slot.table.reset();
      slot.version = -1;
      slot.epoch = epoch_of(now, table);
    }
    if (slot.version >= rev) continue;
    if (slot.version < 0) {
      if (slot.loading) return view;
      Query rows = session.query("SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM cnt WHERE kind = ?");
      rows.bind(table.kind);
      TRY(rows.step());
      if (rows.integer(0) > kInline) {
        slot.loading = true;
        load(table, slot);
        return view;
      }
      slot.table = std::make_unique<MemoryTable>(table);
    }
    if (auto pulled = slot.table->pull(session, slot.version); !pulled.ok()) {
      // Half of a change would be neither state.
      slot.table.reset();
      slot.version = -1;
      return std::move(pulled).error();
    }
    slot.version = rev;
  }
}

void Memory::load(const Table& table, Slot& slot) {
  const std::scoped_lock lock(mutex_);
  loaders_.emplace_back([this, &table, &slot](const std::stop_token& stop) {
    Context context;
    context.stop = stop;
    const auto begun = std::chrono::steady_clock::now();
    auto fresh = std::make_unique<MemoryTable>(table);
    Standing then;
    const auto read = [&]() -> Result<void> {
      TRY_ASSIGN(auto session, engine_.read(context, true));
      TRY_ASSIGN(then, standing(*session, 0));
      return fresh->pull(*session, -1);
    };
    const auto done = read();
    const std::unique_lock exclusive(slot.mutex);
    slot.loading = false;
    if (!done.ok()) {
      if (!stop.stop_requested()) log::warn("columns stay out of memory", {{"reason", done.error().message}});
      return;
    }
    const std::size_t rows = fresh->size();
    slot.table = std::move(fresh);
    slot.version = then.rev;
    slot.epoch = epoch_of(then, table);
    const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun).count();
    log::info("columns are in memory", {{"entity", table.entity->name}, {"rows", rows}, {"milliseconds", took}});
  });
}

}  // namespace maestro::store_sql
