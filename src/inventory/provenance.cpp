#include "inventory/provenance.h"

#include <set>

namespace maestro::inventory {
namespace {

using json::Object;
using model::Field;

bool is_server_kept(const model::Entity& entity, std::string_view path) {
  if (path == "checksum") return true;  // a mark for the original's discovery, no fact about the thing
  const Field* field = model::find_field(entity, path.substr(0, path.find('.')));
  return field != nullptr && field->origin == model::Origin::kServer;
}

// A field that sources fill member by member: an object with members or open, or an untyped bag like `metas`.
bool is_split(const model::Entity& entity, std::string_view name, const json::Value& value) {
  if (!value.is_object()) return false;
  const Field* field = model::find_field(entity, name);
  return field == nullptr || field->type == model::Type::kAny || field->open || !field->members.empty();
}

/// The granules of a body: path and value.
std::vector<std::pair<std::string, const json::Value*>> granules(const model::Entity& entity, const Object& body) {
  std::vector<std::pair<std::string, const json::Value*>> out;
  for (const auto& member : body) {
    if (is_split(entity, member.key(), member.value())) {
      for (const auto& inner : member.value().get_object())
        out.emplace_back(std::string(member.key()) + "." + std::string(inner.key()), &inner.value());
    } else {
      out.emplace_back(std::string(member.key()), &member.value());
    }
  }
  return out;
}

// A member name may itself hold dots (labels from outside), so granule paths are taken apart at the first dot only.
const json::Value* find_granule(const Object& body, std::string_view path) {
  const auto dot = path.find('.');
  const json::Value* value = body.if_contains(path.substr(0, dot));
  if (value == nullptr || dot == std::string_view::npos) return value;
  const Object* inner = value->if_object();
  return inner == nullptr ? nullptr : inner->if_contains(path.substr(dot + 1));
}

void set_granule(Object& body, std::string_view path, const json::Value& value) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) {
    body.insert_or_assign(path, value);
    return;
  }
  json::Value& outer = body[path.substr(0, dot)];
  if (!outer.is_object()) outer.emplace_object();
  outer.get_object().insert_or_assign(path.substr(dot + 1), value);
}

void erase_granule(Object& body, std::string_view path) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) {
    body.erase(path);
    return;
  }
  json::Value* outer = body.if_contains(path.substr(0, dot));
  if (outer == nullptr || !outer->is_object()) return;
  outer->get_object().erase(path.substr(dot + 1));
  if (outer->get_object().empty()) body.erase(path.substr(0, dot));
}

Object& section(Object& provenance, const char* name) {
  json::Value& value = provenance[name];
  if (!value.is_object()) value.emplace_object();
  return value.get_object();
}

std::set<std::string> owned_by(const Object& provenance, const std::string& connection) {
  std::set<std::string> out;
  const json::Value* all = provenance.if_contains("c");
  if (all == nullptr || !all->is_object()) return out;
  const json::Value* list = all->get_object().if_contains(connection);
  if (list == nullptr || !list->is_array()) return out;
  for (const auto& path : list->get_array())
    if (path.is_string()) out.insert(std::string(path.get_string()));
  return out;
}

void set_owned(Object& provenance, const std::string& connection, const std::set<std::string>& paths) {
  Object& all = section(provenance, "c");
  if (paths.empty()) {
    all.erase(connection);
  } else {
    json::Array list;
    for (const auto& path : paths) list.emplace_back(path);
    all.insert_or_assign(connection, std::move(list));
  }
  if (all.empty()) provenance.erase("c");
}

std::vector<std::string> connections_of(const Object& provenance) {
  std::vector<std::string> out;
  if (const json::Value* all = provenance.if_contains("c"); all != nullptr && all->is_object())
    for (const auto& member : all->get_object()) out.emplace_back(member.key());
  return out;
}

bool covers(std::span<const std::string> keep, const std::string& path) {
  return std::any_of(keep.begin(), keep.end(), [&](const std::string& kept) {
    return path == kept || (path.size() > kept.size() && path[kept.size()] == '.' && path.starts_with(kept));
  });
}

void add_change(json::Array& out, std::string path, const json::Value* before, const json::Value* after) {
  Object change{{"path", std::move(path)}};
  if (before != nullptr) change["old"] = *before;
  if (after != nullptr) change["new"] = *after;
  out.emplace_back(std::move(change));
}

}  // namespace

std::vector<FieldSource> sources(const store::Document& document) {
  std::map<std::string, FieldSource> out;
  for (const std::string& connection : connections_of(document.provenance)) {
    const auto id = ObjectId::parse(connection);
    for (const std::string& path : owned_by(document.provenance, connection))
      out[path] = {.path = path, .kind = FieldSource::Kind::kDiscovery, .by = id.value_or(ObjectId()), .name = {}};
  }
  if (const json::Value* pins = document.provenance.if_contains("u"); pins != nullptr && pins->is_object()) {
    for (const auto& pin : pins->get_object()) {
      if (!pin.value().is_object()) continue;
      const Object& source = pin.value().get_object();
      const std::string path(pin.key());
      out[path] = {.path = path,
                   .kind = FieldSource::Kind::kPerson,
                   .by = ObjectId::parse(json::text_or(source, "id")).value_or(ObjectId()),
                   .name = std::string(json::text_or(source, "n")),
                   .at = from_ms(json::int_or(source, "at"))};
    }
  }
  std::vector<FieldSource> list;
  for (auto& [path, source] : out) list.push_back(std::move(source));
  return list;
}

void pin_changes(const store::Document& before, store::Document& after, const Actor& actor, Time now) {
  const auto pin = [&](const std::string& path) {
    if (is_server_kept(*after.entity, path)) return;
    section(after.provenance, "u")[path] =
        Object{{"id", actor.user.hex()}, {"n", actor.name.empty() ? actor.email : actor.name}, {"at", to_ms(now)}};
  };
  for (const auto& [path, value] : granules(*after.entity, after.body)) {
    const json::Value* old = find_granule(before.body, path);
    if (old == nullptr || !json::equal(*old, *value)) pin(path);
  }
  for (const auto& [path, value] : granules(*before.entity, before.body))
    if (find_granule(after.body, path) == nullptr) pin(path);
}

void keep_discovered(const store::Document& before, store::Document& after) {
  for (const FieldSource& source : sources(before)) {
    if (source.kind != FieldSource::Kind::kDiscovery || is_pinned(before, source.path)) continue;
    const json::Value* value = find_granule(before.body, source.path);
    if (value != nullptr && find_granule(after.body, source.path) == nullptr)
      set_granule(after.body, source.path, *value);
  }
}

bool unpin(store::Document& document, std::string_view path) {
  json::Value* pins = document.provenance.if_contains("u");
  if (pins == nullptr || !pins->is_object() || pins->get_object().erase(path) == 0) return false;
  if (pins->get_object().empty()) document.provenance.erase("u");
  return true;
}

bool is_pinned(const store::Document& document, std::string_view path) {
  const json::Value* pins = document.provenance.if_contains("u");
  if (pins == nullptr || !pins->is_object()) return false;
  const Object& all = pins->get_object();
  // A pin on a whole field also covers its members: a person replaced or removed it.
  return all.contains(path) || all.contains(path.substr(0, path.find('.')));
}

void merge_reading(store::Document& document, const Object& fields, std::span<const std::string> keep,
                   const ObjectId& connection) {
  const std::string self = connection.hex();
  const std::set<std::string> owned_before = owned_by(document.provenance, self);
  std::set<std::string> owned;
  for (const auto& [path, value] : granules(*document.entity, fields)) {
    if (covers(keep, path)) continue;
    if (!is_pinned(document, path)) set_granule(document.body, path, *value);
    owned.insert(path);
  }
  for (const std::string& path : owned_before) {
    if (owned.contains(path)) continue;
    if (covers(keep, path)) {
      owned.insert(path);
    } else if (!is_pinned(document, path)) {
      erase_granule(document.body, path);
    }
  }
  // One source a granule: what this reading states is no longer another connection's.
  for (const std::string& other : connections_of(document.provenance)) {
    if (other == self) continue;
    std::set<std::string> theirs = owned_by(document.provenance, other);
    const std::size_t before = theirs.size();
    std::erase_if(theirs, [&](const std::string& path) { return owned.contains(path); });
    if (theirs.size() != before) set_owned(document.provenance, other, theirs);
  }
  set_owned(document.provenance, self, owned);
}

void forget_connection(store::Document& document, const ObjectId& connection) {
  set_owned(document.provenance, connection.hex(), {});
}

json::Array describe_changes(const store::Document& before, const store::Document& after) {
  json::Array out;
  if (before.active != after.active) {
    const json::Value old_active = before.active;
    const json::Value new_active = after.active;
    add_change(out, "active", &old_active, &new_active);
  }
  for (const auto& difference : json::diff(before.body, after.body, 3)) {
    const std::string_view top = std::string_view(difference.path).substr(0, difference.path.find('.'));
    if (top == "accountant" || top == "process" || top == "checksum") continue;
    add_change(out, difference.path, difference.before, difference.after);
  }
  return out;
}

json::Array describe_creation(const store::Document& document) {
  json::Array out;
  for (const auto& member : document.body)
    if (!is_server_kept(*document.entity, member.key()))
      add_change(out, std::string(member.key()), nullptr, &member.value());
  return out;
}

}  // namespace maestro::inventory
