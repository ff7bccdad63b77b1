#include "moving/replay.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "moving/values.h"

namespace maestro::moving {
namespace {

using json::Object;
using json::Value;

/// What the original writes for itself: no change of the thing.
constexpr std::string_view kNoise[] = {"_id",        "updated_at", "created_at", "checksum",
                                       "accountant", "process",    "_links"};

const model::Entity* entity_of(std::string_view word) {
  if (const model::Entity* entity = model::find_entity(word)) return entity;
  for (const model::Entity* entity : model::entities())
    if (word == entity->route || word == entity->collection) return entity;
  return nullptr;
}

std::optional<std::size_t> index_of(std::string_view key) {
  std::size_t out = 0;
  const auto end = std::from_chars(key.data(), key.data() + key.size(), out);
  if (end.ec != std::errc() || end.ptr != key.data() + key.size() || out > 100'000) return std::nullopt;
  return out;
}

void apply(Value& value, const Value& change);

bool has_indexes(const Object& change) {
  return std::all_of(change.begin(), change.end(),
                     [](const auto& member) { return index_of(member.key()).has_value(); });
}

void apply_to_array(json::Array& array, const Object& change) {
  std::vector<bool> removed(array.size(), false);
  for (const auto& member : change) {
    const std::size_t index = *index_of(member.key());
    if (index >= array.size()) {
      if (!member.value().is_null()) array.push_back(member.value());
      removed.resize(array.size(), false);
    } else if (member.value().is_null()) {
      removed[index] = true;
    } else {
      apply(array[index], member.value());
    }
  }
  for (std::size_t i = removed.size(); i-- > 0;)
    if (removed[i]) array.erase(array.begin() + static_cast<std::ptrdiff_t>(i));
}

void apply(Value& value, const Value& change) {
  const json::Object* parts = change.if_object();
  if (parts != nullptr && value.is_object()) {
    apply_record(value.get_object(), *parts);
  } else if (parts != nullptr && value.is_array() && !parts->empty() && has_indexes(*parts)) {
    apply_to_array(value.get_array(), *parts);
  } else {
    value = change;
  }
}

bool is_noise(std::string_view path) {
  const std::string_view top = path.substr(0, path.find('.'));
  return std::find(std::begin(kNoise), std::end(kNoise), top) != std::end(kNoise);
}

}  // namespace

void apply_record(Object& body, const Object& record) {
  for (const auto& member : record) {
    if (member.value().is_null())
      body.erase(member.key());
    else if (Value* known = body.if_contains(member.key()))
      apply(*known, member.value());
    else
      body[member.key()] = member.value();
  }
}

Result<Replay> Replay::plan(const Context& context, const std::vector<Collection>& collections, const Census& census,
                            Findings* findings) {
  Replay out(collections, census);
  for (std::size_t i = 0; i < collections.size(); ++i) {
    const Collection& collection = collections[i];
    if (collection.part != Collection::Part::kAudits) continue;
    TRY(walk(context, collection, 0, [&](const Stored& stored) -> Result<void> {
      const auto tell = [&](const char* field, std::string rule, const char* done) {
        if (findings != nullptr)
          findings->add({collection.shown(), shown_id(stored.body), field, std::move(rule), done});
      };
      Entry entry{.at = {}, .place = {i, stored.offset}};
      entry.entity = entity_of(json::text_or(stored.body, "entity"));
      const auto document = read_id(stored.body.if_contains("entity_id"));
      if (entry.entity != nullptr && document && census.has(entry.entity->collection, *document)) {
        entry.document = *document;
      } else {
        entry.entity = nullptr;
        tell("entity_id", "a change of a document that is not in the dump", "left behind");
      }
      const auto id = read_id(stored.body.if_contains("_id"));
      const Value* at = stored.body.if_contains("updated_at");
      const auto time = at == nullptr ? std::nullopt : read_time(*at);
      if (!time) tell("updated_at", "no date", "replaced by when the id was made");
      entry.at = time.value_or(id ? time_of(*id) : Time());
      if (entry.entity != nullptr) ++out.states_[entry.document].left;
      out.entries_.push_back(entry);
      return {};
    }));
  }
  std::stable_sort(out.entries_.begin(), out.entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.at < b.at; });
  return out;
}

Result<std::optional<Replay::Told>> Replay::next() {
  if (at_ == entries_.size()) return std::optional<Told>();
  const Entry& entry = entries_[at_++];
  Told out{.collection = entry.place.collection, .row = {}};
  if (entry.entity == nullptr) return std::optional(std::move(out));
  if (!file_ || file_of_ != entry.place.collection) {
    TRY_ASSIGN(DumpFile file, DumpFile::open_unpacked(collections_[entry.place.collection].path));
    file_.emplace(std::move(file));
    file_of_ = entry.place.collection;
  }
  TRY_ASSIGN(const Stored record, read_at(*file_, entry.place.offset));
  State& state = states_[entry.document];
  describe(entry, record.body, state, out.row);
  if (--state.left == 0) states_.erase(entry.document);
  return std::optional(std::move(out));
}

void Replay::describe(const Entry& entry, const Object& record, State& state, store::HistoryRow& row) const {
  const Value* body = record.if_contains("body");
  if (body == nullptr || !body->is_object()) return;
  row.document = entry.document;
  row.entity = entry.entity->name;
  row.at = entry.at;
  row.actor_name = json::text_or(record, "user", kDiscoverer);
  const bool by_discovery = row.actor_name == kDiscoverer;
  const auto user = census_.user_by_mail(row.actor_name);
  if (user) row.actor = {Principal::Kind::kUser, *user};
  if (by_discovery) row.actor = {Principal::Kind::kSystem, {}};

  const bool was_active = json::bool_or(state.body, "active", true);
  const bool is_removal = body->get_object().size() == 1 && json::bool_or(body->get_object(), "removed");
  const Object before = state.body;
  if (is_removal)
    state.body["active"] = false;
  else
    apply_record(state.body, body->get_object());
  const bool is_active = json::bool_or(state.body, "active", true);

  json::Array changes;
  for (const auto& difference : json::diff(before, state.body, 3)) {
    if (is_noise(difference.path) || difference.path == "active") continue;
    Object change{{"path", difference.path}};
    if (difference.before != nullptr) change["old"] = *difference.before;
    if (difference.after != nullptr) change["new"] = *difference.after;
    changes.emplace_back(std::move(change));
  }
  if (was_active != is_active && state.begun)
    changes.emplace_back(Object{{"path", "active"}, {"old", was_active}, {"new", is_active}});
  if (changes.empty() && !is_removal) return;
  row.verb = !state.begun && !is_removal ? "create"
             : was_active == is_active   ? (is_removal ? "delete" : "update")
             : is_active                 ? (by_discovery ? "revive" : "restore")
                                         : (by_discovery ? "retire" : "delete");
  state.begun = true;
  row.changes = json::write(Value(std::move(changes)));
}

}  // namespace maestro::moving
