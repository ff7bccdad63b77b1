// Updates of many: what the original's discovery retired vanished resources with, and its audit service renamed copies.
#include "gateway/excerpt.h"
#include "gateway/gateway.h"
#include "gateway/item.h"
#include "inventory/provenance.h"
#include "store/match.h"

namespace maestro::gateway {
namespace {

using json::Array;
using json::Object;
using json::Value;
using store::Document;

constexpr std::size_t kPage = 5'000;
constexpr std::size_t kBatch = 200;
constexpr std::string_view kPositional = ".$.";

/// One member of the body: where it goes.
struct Target {
  std::string array = {};   ///< "applications" of "applications.$.name"; empty for a plain path
  std::string member = {};  ///< "name"; or the whole plain path
  ObjectId pinned = {};     ///< which element: the query's "applications._id"
  Value value = {};
};

/// Names that are copies of another document's: they may be set without naming an owner.
bool is_copy(const Target& target, const Query& query) {
  if (!target.array.empty()) return target.member == "name" || target.member == "family" || target.member == "email";
  if (target.member == "datacenters.name") return query.names("datacenters._id");
  if (target.member == "dc") return query.names("dc_id");
  return (target.member == "owner_user.name" || target.member == "owner_user.email") && query.names("owner_user._id");
}

bool names_owner(const Query& query) {
  return query.holder.has_value() || query.names("owner._id") || query.names("owner_user._id");
}

Result<std::vector<Target>> read_targets(const Object& body, const Object& query) {
  std::vector<Target> out;
  for (const auto& member : body) {
    const std::string path(member.key());
    Target target{.value = member.value()};
    const auto at = path.find(kPositional);
    if (path.empty() || path.starts_with('$') || path.find('\0') != std::string::npos)
      return invalid("body: " + excerpt(path) + " is no path");
    if (at == std::string::npos) {
      if (path.find('$') != std::string::npos) return invalid("body: " + excerpt(path) + " is not supported");
      target.member = path;
      const bool copied = path == "owner_user.name" || path == "owner_user.email";
      if (path != "active" && !copied && is_protected(path))
        return invalid("body: " + excerpt(path) + " cannot be set here");
      if (path == "active" && !member.value().is_bool()) return invalid("body: active must be a boolean");
    } else {
      target.array = path.substr(0, at);
      target.member = path.substr(at + kPositional.size());
      const Value* pin = query.if_contains(target.array + "._id");
      const auto id = pin != nullptr && pin->is_string() ? ObjectId::parse(pin->get_string()) : std::nullopt;
      if (!id) return invalid(fmt::format("body: {} needs {}._id in the query", excerpt(path), excerpt(target.array)));
      if (target.member.empty() || target.member.find('$') != std::string::npos || target.member == "_id")
        return invalid("body: " + excerpt(path) + " is not supported");
      const bool access = target.array == "roles" || target.array == "members";
      if (access && target.member != "name" && target.member != "email")
        return invalid("body: " + excerpt(path) + " cannot be set here");
      if (!access && is_protected(target.array))
        return invalid("body: " + excerpt(target.array) + " cannot be set here");
      target.pinned = *id;
    }
    out.push_back(std::move(target));
  }
  if (out.empty()) return invalid("body must have at least one member");
  return out;
}

bool is_pinned(const Object& element, const Target& target) {
  return ObjectId::parse(json::text_or(element, "_id")) == target.pinned;
}

Result<void> apply(store::Transaction& tx, store::Store& store, const Target& target, Document& document) {
  if (target.array.empty()) {
    if (target.member == "active")
      document.active = target.value.get_bool();
    else
      json::set(document.body, target.member, target.value);
    return {};
  }
  if (target.array == model::access_field(*document.entity)) {
    std::vector<store::RoleEntry> entries = store.documents().access(tx, document.access)->entries;
    for (store::RoleEntry& entry : entries)
      if (is_pinned(entry.wire, target)) entry.wire[target.member] = target.value;
    TRY_ASSIGN(document.access, store.documents().intern(tx, entries));
    return {};
  }
  const Value* known = json::find(document.body, target.array);
  if (known == nullptr || !known->is_array()) return {};
  Array list = known->get_array();
  for (Value& element : list)
    if (element.is_object() && is_pinned(element.get_object(), target))
      json::set(element.get_object(), target.member, target.value);
  json::set(document.body, target.array, std::move(list));
  return {};
}

/// False when it was like that already.
Result<bool> keep(store::Transaction& tx, store::Store& store, const Document& before, Document after) {
  const bool same = json::equal(before.body, after.body) && before.active == after.active;
  if (same && before.access == after.access) return false;
  Array changes = without_noise(inventory::describe_changes(before, after));
  const bool retired = before.active && !after.active, revived = !before.active && after.active;
  const std::string verb = changes.empty() ? "" : retired ? "retire" : revived ? "revive" : "update";
  if (!changes.empty()) after.updated = tx.now();
  TRY(store.documents().update(tx, before, after, {.verb = verb, .changes = std::move(changes)}));
  if (before.entity->identity[0] != '\0') TRY(store.ledger().forget_hash(tx, before.row));
  return true;
}

}  // namespace

Result<std::vector<ObjectId>> Gateway::matching(const Context& context, const model::Entity& entity,
                                                const Query& query) {
  store::ListSpec spec{.entity = &entity, .filter = query.filter, .active = std::nullopt, .sort = "_id"};
  TRY_ASSIGN(spec.viewer, viewer(context, entity, query.holder));
  spec.descending = false;
  spec.limit = kPage;
  spec.count = store::Count::kNone;
  std::vector<ObjectId> out;
  do {
    if (context.stopped()) return unavailable("The update took too long: ask for less at once");
    TRY_ASSIGN(const auto page, parts_.store.documents().list(context, spec));
    for (const store::ListItem& item : page.items) out.push_back(item.id);
    spec.cursor = page.next;
  } while (!spec.cursor.empty());
  return out;
}

Result<Gateway::Synced> Gateway::sync(const Context& context, const model::Entity& entity, const Object& sent,
                                      const Object& body) {
  TRY_ASSIGN(Query query, read_query(sent, entity));
  if (query.holder) query.holder->role = std::max(query.holder->role, store::kWrite);
  TRY_ASSIGN(const std::vector<Target> targets, read_targets(body, sent));
  if (entity.access == model::Access::kNone)
    return invalid(fmt::format("{} belong to nobody and cannot be written here", entity.collection));
  const bool copies =
      std::all_of(targets.begin(), targets.end(), [&](const Target& target) { return is_copy(target, query); });
  if (!copies && !names_owner(query)) return invalid("query must name the owner (roles._id, owner._id)");
  TRY_ASSIGN(const std::vector<ObjectId> ids, matching(context, entity, query));
  TRY_ASSIGN(const store::Viewer who, viewer(context, entity, query.holder));
  const auto matcher = store::Matcher::compile(query.filter);
  Synced out;
  for (std::size_t begin = 0; begin < ids.size(); begin += kBatch) {
    const std::size_t end = std::min(ids.size(), begin + kBatch);
    Synced part;
    TRY(parts_.store.write(context, store::Store::Priority::kBulk, [&](store::Transaction& tx) -> Result<void> {
      part = {};
      for (std::size_t i = begin; i < end; ++i) {
        TRY_ASSIGN(const auto before, parts_.store.documents().find(tx, entity, ids[i]));
        // It may have changed since it was found.
        if (!before || !matcher->matches(*before)) continue;
        const auto access = parts_.store.documents().access(tx, before->access);
        if (!who.everything && access->role_of(who.readers.front()) < who.role) continue;
        ++part.matched;
        Document after = *before;
        for (const Target& target : targets) TRY(apply(tx, parts_.store, target, after));
        TRY_ASSIGN(const bool changed, keep(tx, parts_.store, *before, std::move(after)));
        part.modified += changed ? 1U : 0U;
      }
      return {};
    }));
    out.matched += part.matched;
    out.modified += part.modified;
  }
  return out;
}

}  // namespace maestro::gateway
