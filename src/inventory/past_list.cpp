#include "inventory/inventory.h"
#include "inventory/past.h"
#include "store/match.h"
#include "store/projection.h"

namespace maestro::inventory {
namespace {

using store::Condition;
using store::Document;
using store::Filter;

constexpr std::size_t kRows = 200;     // of history at a time
constexpr std::size_t kMost = 20'000;  // of history for one document
constexpr int kTries = 5;

Filter updated_at(Condition::Op op, Time instant) {
  Filter leaf;
  leaf.kind = Filter::Kind::kLeaf;
  leaf.leaf = {"updated_at", op, {json::Value(to_iso(instant))}};
  return leaf;
}

Error too_much(std::string message) { return {.code = Code::kInvalid, .message = std::move(message)}; }

/// One document on its way back. kConflict when it changed in the meantime.
Result<std::optional<Past>> rewind(store::Store& store, const Context& context, const Document& today, Time instant) {
  Rewind back(today, *store.documents().access(today.access), instant);
  store::Documents::HistorySpec spec{.row = today.row, .limit = kRows};
  bool more = true;
  for (std::size_t looked = 0; more;) {
    TRY_ASSIGN(const auto rows, store.documents().history(context, spec));
    for (const store::HistoryRow& row : rows) {
      more = back.take(row);
      if (!more) break;
    }
    more = more && rows.size() == kRows;
    looked += rows.size();
    if (more && looked >= kMost) return too_much("The document has changed too often since then");
    if (!rows.empty()) spec.before = rows.back().id;
  }
  TRY_ASSIGN(const auto again, store.documents().find(context, *today.entity, today.id));
  if (!again || again->rev != today.rev) return conflict("The document is changing too fast to be looked back at");
  return std::move(back).finish();
}

/// A document that somebody changes right now is read again.
Result<std::optional<Past>> find_past(store::Store& store, const Context& context, const model::Entity& entity,
                                      const ObjectId& id, Time instant) {
  for (int i = 1;; ++i) {
    TRY_ASSIGN(const auto today, store.documents().find(context, entity, id));
    if (!today) return std::optional<Past>();
    auto past = rewind(store, context, *today, instant);
    if (past.ok() || past.error().code != Code::kConflict || i == kTries) return past;
  }
}

struct Entry {
  Time updated{};
  store::ListItem item;
};

}  // namespace

Result<Past> Inventory::get_as_of(const Context& context, const model::Entity& entity, const ObjectId& id,
                                  Time instant) {
  TRY(get(context, entity, id));
  TRY_ASSIGN(auto past, find_past(store_, context, entity, id, instant));
  if (!past) return not_there();
  return std::move(*past);
}

Result<store::ListPage> Inventory::list_as_of(const Context& context, const store::ListSpec& spec, Time instant) {
  const std::size_t wanted = spec.offset + spec.limit;
  if (wanted > kMaxPastDepth)
    return too_much(fmt::format("As of an earlier time only the first {} documents can be listed", kMaxPastDepth));
  // What has not changed since is today as it was then: its list is read as ever. A grant is no change.
  store::ListSpec still = spec;
  still.offset = 0;
  still.limit = std::max<std::size_t>(wanted, 1);
  still.cursor.clear();
  still.sort = "updated_at";
  still.count = store::Count::kExact;
  still.filter = {};
  still.filter.children = {spec.filter, updated_at(Condition::Op::kLessEq, instant)};
  TRY_ASSIGN(const store::ListPage unchanged, store_.documents().list(context, still));

  // The rest goes its way back, whether it fits the filter today or not.
  store::ListSpec moved = still;
  moved.filter = {};
  moved.filter.children = {updated_at(Condition::Op::kGreater, instant)};
  moved.active = std::nullopt;
  moved.limit = kMaxPastChanged + 1;
  moved.count = store::Count::kNone;
  TRY_ASSIGN(const store::ListPage changed, store_.documents().list(context, moved));
  if (changed.items.size() > kMaxPastChanged) {
    return too_much(fmt::format(
        "More than {} of these documents have changed since then: choose a later time, or ask for one document",
        kMaxPastChanged));
  }
  const auto matcher = store::Matcher::compile(spec.filter);
  std::vector<Entry> entries;
  std::set<ObjectId> taken;
  for (const store::ListItem& item : changed.items) {
    TRY_ASSIGN(const auto past, find_past(store_, context, *spec.entity, item.id, instant));
    taken.insert(item.id);
    if (!past || (spec.active && past->document.active != *spec.active) || !matcher->matches(past->document)) continue;
    entries.push_back(
        {past->document.updated, {item.id, item.access, past->document.active, store::list_text(past->document)}});
  }
  store::ListPage page;
  page.total = unchanged.total + static_cast<std::int64_t>(entries.size());
  for (const store::ListItem& item : unchanged.items) {
    if (taken.contains(item.id)) continue;  // it changed between the two readings
    const json::Value text = json::parse_trusted(item.text);
    entries.push_back({parse_iso(json::text_or(text.get_object(), "updated_at")).value_or(Time{}), item});
  }
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    return spec.descending ? b.updated < a.updated : a.updated < b.updated;
  });
  for (std::size_t i = spec.offset; i < entries.size() && i < wanted; ++i)
    page.items.push_back(std::move(entries[i].item));
  return page;
}

}  // namespace maestro::inventory
