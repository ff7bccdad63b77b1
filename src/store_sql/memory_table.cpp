#include "store_sql/memory_table.h"

#include <cmath>

#include "store_sql/mask.h"

namespace maestro::store_sql {

using store::Condition;
using store::Filter;
using Op = store::Condition::Op;

namespace {

constexpr std::size_t kMaxSeenSets = 2 << 20;  // in what viewers see of a kind
constexpr std::size_t kMaxSeen = 1000;         // viewers
constexpr std::size_t kMaxMasks = 32;          // viewers whose documents are marked; a byte a document each
constexpr std::size_t kAhead = 16;             // keys that are fetched from memory before they are looked at

bool satisfies(Op op, int order) {
  return op == Op::kLess ? order < 0 : op == Op::kLessEq ? order <= 0 : op == Op::kGreater ? order > 0 : order >= 0;
}

int sign(const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; }

/// One loop an operator, so that each is a few instructions for several values.
template <typename T>
void compare(Op op, const std::vector<T>& values, T bound, Mask& mask) {
  const auto each = [&mask, all = values.data(), bound](const auto& test) {
    fill_mask(mask, [all, bound, test](std::size_t i) { return test(all[i], bound); });
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

std::string viewer_key(const std::string& viewer, int role, const std::optional<bool>& active) {
  return fmt::format("{} {} {}", role, active ? static_cast<int>(*active) : 2, viewer);
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
      texts->resize(size);
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
  masks_.clear();
}

std::int64_t MemoryTable::count(const std::optional<bool>& active) const {
  return active ? counts_[*active ? 1 : 0] : counts_[0] + counts_[1];
}

std::shared_ptr<const Visible> MemoryTable::visible(const std::string& viewer, const std::vector<unsigned char>& roles,
                                                    int role, const std::optional<bool>& active) const {
  const std::string key = viewer_key(viewer, role, active);
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
  and_mask(mask, [all = active_.data(), wanted = static_cast<unsigned char>(active)](std::size_t i) {
    return all[i] == wanted;
  });
}

void MemoryTable::keep_visible(Mask& mask, const std::string& viewer, const std::vector<unsigned char>& roles, int role,
                               const std::optional<bool>& active) const {
  const auto shown = visible_mask(viewer, roles, role, active);
  and_mask(mask, [all = shown->data()](std::size_t i) { return all[i]; });
}

void MemoryTable::mark_visible(std::vector<bool>& marks, const std::string& viewer,
                               const std::vector<unsigned char>& roles, int role,
                               const std::optional<bool>& active) const {
  each_set(*visible_mask(viewer, roles, role, active), false, [&](std::size_t slot) {
    const auto row = static_cast<std::size_t>(ids_[slot]);
    if (row >= marks.size()) marks.resize(row + row / 8 + 1024);
    marks[row] = true;
  });
}

bool MemoryTable::is_marked(const Mask& mask, std::int64_t row) const {
  const auto found = std::lower_bound(ids_.begin(), ids_.end(), row);
  return found != ids_.end() && *found == row && mask[static_cast<std::size_t>(found - ids_.begin())] != 0;
}

std::shared_ptr<const Mask> MemoryTable::visible_mask(const std::string& viewer,
                                                      const std::vector<unsigned char>& roles, int role,
                                                      const std::optional<bool>& active) const {
  const std::string key = viewer_key(viewer, role, active);
  {
    const std::scoped_lock lock(seen_mutex_);
    if (const auto known = masks_.find(key); known != masks_.end()) return known->second;
  }
  std::vector<unsigned char> sees(roles.size() + 1);
  for (std::size_t i = 0; i < roles.size(); ++i) sees[i] = roles[i] >= role ? 1 : 0;
  auto out = std::make_shared<Mask>(size());
  // The last place of the table is for sets that it does not know.
  fill_mask(*out, [sets = acl_.data(), table = sees.data(), last = static_cast<std::uint32_t>(roles.size())](
                      std::size_t i) { return table[std::min(static_cast<std::uint32_t>(sets[i]), last)]; });
  if (active) keep_active(*out, *active);
  const std::scoped_lock lock(seen_mutex_);
  if (masks_.size() >= kMaxMasks) masks_.clear();
  masks_.insert_or_assign(key, out);
  return out;
}

std::int64_t MemoryTable::count(const Mask& mask) {
  const unsigned char* const bytes = mask.data();
  const std::size_t size = mask.size();
  std::uint32_t total = 0;  // a slot is a number of 32 bits
  for (std::size_t i = 0; i < size; ++i) total += bytes[i];
  return total;
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
    if ((texts.start[slot] & ~kCapitals) == start &&
        (wild ? literal.found_in(text) : !literal.at_start || offset == start))
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
    dictionary->of.keep(answers, mask);
    return true;
  }
  if (const auto* texts = std::get_if<Texts>(&columns_[at])) {
    if (absent) {
      fill_mask(mask, [all = texts->start.data()](std::size_t i) { return all[i] == 0; });
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
    fill_mask(mask, [all = numbers.data()](std::size_t i) { return std::isnan(all[i]); });
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
    or_mask(mask,
            [all = numbers.data(), wanted = value.to_number<double>()](std::size_t i) { return all[i] == wanted; });
  }
  return true;
}

bool MemoryTable::tree(const Filter& filter, std::int64_t& odd, Mask& mask) const {
  if (filter.kind == Filter::Kind::kLeaf) return leaf(filter.leaf, odd, mask);
  if (filter.kind == Filter::Kind::kElement) return false;
  const bool all = filter.kind == Filter::Kind::kAll;
  if (filter.children.empty()) std::fill(mask.begin(), mask.end(), all ? 1 : 0);
  Mask part;
  for (const Filter& child : filter.children) {
    const bool is_first = &child == filter.children.data();
    if (!is_first) part.resize(mask.size());
    if (!tree(child, odd, is_first ? mask : part)) return false;
    if (is_first) continue;
    const auto of_part = [bytes = part.data()](std::size_t i) { return bytes[i]; };
    if (all)
      and_mask(mask, of_part);
    else
      or_mask(mask, of_part);
  }
  if (filter.kind == Filter::Kind::kNot) fill_mask(mask, [bytes = mask.data()](std::size_t i) { return bytes[i] ^ 1; });
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
  const auto no_head = [](std::size_t) { return std::uint64_t{0}; };
  const auto times = [&](const std::vector<std::int64_t>& values) {
    use([&values](std::size_t slot) { return std::optional(values[slot]); }, no_head,
        [&values](std::size_t slot, bool) { __builtin_prefetch(&values[slot]); });
    return true;
  };
  if (path == "created_at") return times(created_);
  if (path == "updated_at") return times(updated_);
  const auto& declared = store::columns(*table_.entity);
  for (std::size_t i = 0; i < declared.size(); ++i) {
    if (declared[i].path != path) continue;
    if (const auto* dictionary = std::get_if<Dictionary>(&columns_[i])) {
      use(
          [dictionary](std::size_t slot) {
            const std::uint32_t code = dictionary->of.at(slot);
            return code == 0 ? std::nullopt : std::optional(std::string_view(dictionary->values[code]));
          },
          no_head, [](std::size_t, bool) {});
    } else if (const auto* texts = std::get_if<Texts>(&columns_[i])) {
      use([texts](std::size_t slot) { return texts->get(slot); },
          [texts](std::size_t slot) { return texts->head[slot]; },
          [texts](std::size_t slot, bool is_near) {
            if (is_near) {
              __builtin_prefetch(texts->lower.data() + (texts->start[slot] & ~kCapitals));
            } else {
              __builtin_prefetch(&texts->head[slot]);
              __builtin_prefetch(&texts->start[slot]);
            }
          });
    } else {
      const auto* numbers = &std::get<std::vector<double>>(columns_[i]);
      use(
          [numbers](std::size_t slot) {
            const double number = (*numbers)[slot];
            return std::isnan(number) ? std::nullopt : std::optional(number);
          },
          no_head, [numbers](std::size_t slot, bool) { __builtin_prefetch(numbers->data() + slot); });
    }
    return true;
  }
  return false;
}

bool MemoryTable::sorts_by(std::string_view path) const {
  return with_keys(path, [](const auto&, const auto&, const auto&) {});
}

Value MemoryTable::key(std::size_t slot, std::string_view path) const {
  Value out;
  with_keys(path, [&](const auto& key_of, const auto&, const auto&) {
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
  std::vector<std::size_t> best;
  with_keys(path, [&](const auto& key_of, const auto& head_at, const auto& fetch) {
    using Key = decltype(key_of(0));
    using Bare = typename Key::value_type;
    Key edge;
    if (behind) {
      using Held = std::conditional_t<std::is_same_v<Bare, std::string_view>, std::string, Bare>;
      if (const Held* held = std::get_if<Held>(&behind->first)) edge = Bare(*held);
    }
    struct Held {
      Key key;
      std::size_t slot;
    };
    // Rows and slots have the same order.
    const auto before = [descending](const Held& a, const Held& b) {
      return descending ? b.key < a.key || (b.key == a.key && b.slot < a.slot)
                        : a.key < b.key || (a.key == b.key && a.slot < b.slot);
    };
    const auto beyond = [&](const Held& here) {
      const std::int64_t row = ids_[here.slot];
      return descending ? here.key < edge || (here.key == edge && row < behind->second)
                        : edge < here.key || (here.key == edge && behind->second < row);
    };
    std::vector<Held> heap;  // with the last one on top
    // Tells most of those that come behind all that are held, without a look at their keys.
    const auto is_late = [&](std::size_t slot) {
      if (heap.size() < keep || keep == 0) return false;
      const std::uint64_t head = head_at(slot), last = head_at(heap.front().slot);
      return descending ? head < last : last < head;
    };
    // Times grow with rows: beginning at the likely end, most of what follows is turned away by one comparison.
    std::vector<std::uint32_t> slots;
    each_set(mask, descending, [&](std::size_t slot) { slots.push_back(static_cast<std::uint32_t>(slot)); });
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (i + 2 * kAhead < slots.size()) fetch(slots[i + 2 * kAhead], false);
      if (i + kAhead < slots.size() && !is_late(slots[i + kAhead])) fetch(slots[i + kAhead], true);
      if (is_late(slots[i])) continue;
      const Held here{key_of(slots[i]), slots[i]};
      if (behind && !beyond(here)) continue;
      if (heap.size() == keep) {
        if (keep == 0 || !before(here, heap.front())) continue;
        std::pop_heap(heap.begin(), heap.end(), before);
        heap.back() = here;
      } else {
        heap.push_back(here);
      }
      std::push_heap(heap.begin(), heap.end(), before);
    }
    std::sort_heap(heap.begin(), heap.end(), before);
    for (const Held& each : heap) best.push_back(each.slot);
  });
  return best;
}

void MemoryTable::count_values(const Mask& mask, std::size_t column,
                               std::unordered_map<std::string, std::int64_t>& values, std::int64_t& missing) const {
  const auto& dictionary = std::get<Dictionary>(columns_[column]);
  std::vector<std::int64_t> counts(dictionary.values.size());
  dictionary.of.visit([&](const auto& of) { each_set(mask, false, [&](std::size_t slot) { ++counts[of[slot]]; }); });
  missing += counts[0];
  for (std::size_t code = 1; code < counts.size(); ++code)
    if (counts[code] != 0) values[dictionary.values[code]] += counts[code];
}

}  // namespace maestro::store_sql
