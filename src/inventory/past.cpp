#include "inventory/past.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;

/// Where a path leads: the object that holds its last member, and that member's name.
struct Spot {
  Object* object = nullptr;
  std::string_view name;
};

/// Names of members may hold dots, so a path can be read in several ways: every one that exists is tried.
template <typename Fits>
std::optional<Spot> find_spot(Object& object, std::string_view path, const Fits& fits) {
  if (const Spot whole{&object, path}; fits(whole)) return whole;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    Value* inner = object.if_contains(path.substr(0, dot));
    if (inner == nullptr || !inner->is_object()) continue;
    if (auto found = find_spot(inner->get_object(), path.substr(dot + 1), fits)) return found;
  }
  return std::nullopt;
}

/// Where a path that is not there belongs: below every object that is on its way.
Spot deepest_spot(Object& object, std::string_view path) {
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    Value* inner = object.if_contains(path.substr(0, dot));
    if (inner != nullptr && inner->is_object()) return deepest_spot(inner->get_object(), path.substr(dot + 1));
  }
  return {&object, path};
}

/// Puts `old` where the path holds `now`; nullptr stands for nothing.
bool put_back(Object& body, std::string_view path, const Value* now, const Value* old) {
  std::optional<Spot> spot;
  if (now == nullptr) {
    spot = deepest_spot(body, path);
  } else {
    spot = find_spot(body, path, [&](const Spot& each) {
      const Value* held = each.object->if_contains(each.name);
      return held != nullptr && json::equal(*held, *now);
    });
  }
  const bool fits = spot && (now != nullptr || !spot->object->contains(spot->name));
  if (!spot) spot = deepest_spot(body, path);
  if (old != nullptr)
    spot->object->insert_or_assign(spot->name, *old);
  else
    spot->object->erase(spot->name);
  return fits;
}

std::vector<store::RoleEntry> roles_of(const Value* wire) {
  std::vector<store::RoleEntry> out;
  if (wire == nullptr || !wire->is_array()) return out;
  for (const Value& one : wire->get_array())
    if (one.is_object()) out.push_back({.principal = {}, .role = 0, .wire = one.get_object()});
  return out;
}

bool undo_change(const Object& change, Past& past) {
  store::Document& document = past.document;
  const std::string_view path = json::text_or(change, "path");
  const Value* old = change.if_contains("old");
  const Value* now = change.if_contains("new");
  if (path == "active") {
    const bool fits = now != nullptr && now->is_bool() && now->get_bool() == document.active;
    document.active = old == nullptr || !old->is_bool() || old->get_bool();
    return fits;
  }
  if (path == "created_at") {
    const auto time = old != nullptr && old->is_string() ? parse_iso(old->get_string()) : std::nullopt;
    if (time) document.created = *time;
    return time.has_value();
  }
  if (!path.empty() && path == model::access_field(*document.entity)) {
    past.access.entries = roles_of(old);
    past.access.wire = old == nullptr ? "[]" : json::write(*old);
    return true;
  }
  return put_back(document.body, path, now, old);
}

/// Neither a grant nor what a peer has told is a change of the document itself: they leave `updated_at` alone.
bool is_grant(const store::HistoryRow& row) { return row.verb == "grant" || row.verb == kTold; }

}  // namespace

bool undo(const store::HistoryRow& row, Past& past) {
  if (row.verb == kTold) return true;  // what somebody else has seen: nothing changed here
  const Value changes = json::parse_trusted(row.changes);
  bool fits = true;
  // Backwards: should one path be told twice, the first telling is where it began.
  const json::Array& all = changes.get_array();
  for (auto change = all.rbegin(); change != all.rend(); ++change)
    if (change->is_object()) fits = undo_change(change->get_object(), past) && fits;
  return fits;
}

Rewind::Rewind(store::Document today, const store::AccessSet& access, Time instant)
    : past_{std::move(today), access, true}, instant_(instant) {}

bool Rewind::take(const store::HistoryRow& row) {
  any_ = true;
  if (row.at > instant_ && !passed_) {
    if (row.verb == "create") {
      existed_ = false;
      return false;
    }
    past_.exact = undo(row, past_) && past_.exact;
    undone_ = undone_ || !is_grant(row);
    return true;
  }
  passed_ = true;
  if (is_grant(row) && is_stale()) return true;
  changed_ = row.at;
  return false;
}

std::optional<Past> Rewind::finish() && {
  // Without a record of its making, its own date is all there is.
  if (!existed_ || (!any_ && past_.document.created > instant_)) return std::nullopt;
  if (is_stale()) past_.document.updated = changed_.value_or(past_.document.created);
  return std::move(past_);
}

}  // namespace maestro::inventory
