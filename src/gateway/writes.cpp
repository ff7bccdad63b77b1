// Batches: each item is created, changed or refused for itself; its history tells who did it.
#include "gateway/gateway.h"
#include "gateway/item.h"
#include "inventory/provenance.h"

namespace maestro::gateway {
namespace {

using json::Array;
using json::Object;
using json::Value;
using store::Document;

constexpr std::size_t kChunk = 200;  ///< items of one transaction

const model::Entity& connections() {
  static const model::Entity& entity = *model::find_entity("connections");
  return entity;
}

/// What only the server itself makes: with an account, a credential or members behind it.
bool can_be_made(const model::Entity& entity) {
  return entity.access == model::Access::kRoles && std::string_view(entity.name) != "connections";
}

class Writer {
 public:
  Writer(store::Store& store, store::Transaction& tx, const model::Entity& entity, std::size_t max_document)
      : store_(store), tx_(tx), entity_(entity), max_document_(max_document) {}

  Result<ItemResult> write(const Item& item) {
    if (entity_.access == model::Access::kNone)
      return invalid(fmt::format("{} belong to nobody and cannot be written here", entity_.collection));
    TRY_ASSIGN(const auto stored, find(item));
    if (stored) return change(item, *stored);
    return create(item);
  }

 private:
  Result<std::optional<Document>> find(const Item& item) {
    if (item.id) return store_.documents().find(tx_, entity_, *item.id);
    if (item.unique_id.empty() || std::string_view(entity_.identity) != "unique_id") return std::optional<Document>();
    // The provider's id is unique for an owner, not over all of them.
    const auto owner = owner_of(item);
    if (!owner) return std::optional<Document>();
    TRY_ASSIGN(auto same, store_.documents().find_value(tx_, entity_, *owner, "unique_id", item.unique_id, false, 1));
    return same.empty() ? std::optional<Document>() : std::optional(std::move(same.front()));
  }

  static std::optional<Principal> owner_of(const Item& item) {
    const auto owns = [](const Principal& one) {
      return one.kind == Principal::Kind::kUser || one.kind == Principal::Kind::kTeam;
    };
    if (item.owner && owns(*item.owner)) return item.owner;
    for (const int least : {store::kAdmin, store::kRead})
      for (const store::RoleEntry& entry : item.roles)
        if (entry.role >= least && owns(entry.principal)) return entry.principal;
    return std::nullopt;
  }

  /// Somebody whom the item names may write the document.
  bool names_a_writer(const Item& item, const Document& stored) {
    const auto access = store_.documents().access(tx_, stored.access);
    const auto writes = [&](const Principal& one) {
      return one.kind != Principal::Kind::kNobody && (one == stored.owner || access->role_of(one) >= store::kWrite);
    };
    return (item.owner && writes(*item.owner)) ||
           std::any_of(item.roles.begin(), item.roles.end(),
                       [&](const store::RoleEntry& entry) { return writes(entry.principal); });
  }

  Result<ItemResult> change(const Item& item, const Document& stored) {
    const bool kept = is_bookkeeping(item, entity_);
    if (!kept && !names_a_writer(item, stored)) return forbidden("names no owner or role that may write this document");
    Document after = stored;
    TRY(fill(item, after));
    if (item.active) after.active = *item.active;
    const bool discovered = tx_.context().actor.principal.kind == Principal::Kind::kConnection;
    if (discovered && item.created) after.created = *item.created;
    TRY(check_size(after));
    ItemResult result{.kind = ItemResult::Kind::kUnchanged, .id = stored.id};
    const bool same =
        json::equal(stored.body, after.body) && stored.active == after.active && stored.created == after.created;
    if (same) {
      // Only who stands behind the values may have changed.
      if (!json::equal(stored.provenance, after.provenance)) TRY(store_.documents().update(tx_, stored, after, {}));
      return result;
    }
    Array changes = without_noise(inventory::describe_changes(stored, after));
    const bool retired = stored.active && !after.active, revived = !stored.active && after.active;
    const std::string verb = changes.empty() ? "" : retired ? "retire" : revived ? "revive" : "update";
    after.updated = tx_.now();
    TRY(store_.documents().update(tx_, stored, after, {.verb = verb, .changes = std::move(changes)}));
    // Our own discovery remembers what it read, not what the row is now: it has to look again.
    if (entity_.identity[0] != '\0') TRY(store_.ledger().forget_hash(tx_, stored.row));
    result.kind = ItemResult::Kind::kUpdated;
    return result;
  }

  Result<ItemResult> create(const Item& item) {
    if (!can_be_made(entity_)) return invalid(fmt::format("{} cannot be made here", entity_.collection));
    Document document{};
    document.id = item.id.value_or(ObjectId::generate());
    document.entity = &entity_;
    document.active = item.active.value_or(true);
    document.created = item.created.value_or(tx_.now());
    document.updated = tx_.now();
    TRY_ASSIGN(document.owner, new_owner(item));
    std::vector<store::RoleEntry> roles = item.roles;
    if (roles.empty())
      roles.push_back({.principal = document.owner,
                       .role = store::kAdmin,
                       .wire = Object{{"_id", document.owner.id.hex()},
                                      {"refs", principal_refs(document.owner.kind)},
                                      {"role", store::kAdmin}}});
    TRY_ASSIGN(document.access, store_.documents().intern(tx_, roles));
    if (entity_.shows_owner && document.owner.id) {
      Object owner = item.owner == document.owner ? item.owner_shown : Object();
      owner["_id"] = document.owner.id.hex();
      owner["refs"] = principal_refs(document.owner.kind);
      document.body["owner"] = std::move(owner);
    }
    TRY(fill(item, document));
    TRY(check_size(document));
    TRY(store_.documents().insert(tx_, document,
                                  {.verb = "create", .changes = inventory::describe_creation(document)}));
    return ItemResult{.kind = ItemResult::Kind::kCreated,
                      .id = document.id,
                      .by_selector = item.id.has_value() || !item.unique_id.empty()};
  }

  /// Who the item says owns it, when there is such a person or team; of an event, whoever owns its schedule.
  Result<Principal> new_owner(const Item& item) {
    if (const auto owner = owner_of(item)) {
      const model::Entity* kind = model::find_entity(principal_refs(owner->kind));
      if (kind == nullptr) return *owner;
      TRY_ASSIGN(const auto found, store_.documents().find(tx_, *kind, owner->id));
      if (found && found->active) return *owner;
      return forbidden("names an owner that is not there");
    }
    for (const store::RoleEntry& entry : item.roles) {
      if (entry.principal.kind != Principal::Kind::kSchedule) continue;
      const model::Entity* schedules = model::find_entity("scheduler");
      TRY_ASSIGN(const auto found, store_.documents().find(tx_, *schedules, entry.principal.id));
      if (found) return found->owner;
    }
    return forbidden("names no owner");
  }

  /// What a reading of a connection states becomes its own; a person's word stays either way.
  Result<void> fill(const Item& item, Document& document) {
    const ObjectId connection = tx_.context().actor.principal.kind == Principal::Kind::kConnection
                                    ? tx_.context().actor.principal.id
                                    : ObjectId();
    std::vector<std::string> keep;  // a batch sets members, it does not replace documents
    for (const auto& member : document.body)
      if (!item.fields.contains(member.key())) keep.emplace_back(member.key());
    if (entity_.identity[0] != '\0') {
      inventory::merge_reading(document, item.fields, keep, connection);
      if (!connection) inventory::forget_connection(document, connection);
    } else {
      for (const auto& member : item.fields) document.body[member.key()] = member.value();
    }
    return apply_operators(item, document.body);
  }

  Result<void> check_size(const Document& document) const {
    const std::size_t size = json::write(document.body).size();
    if (size <= max_document_) return {};
    return invalid(fmt::format("is larger than {} KiB", max_document_ >> 10));
  }

  store::Store& store_;
  store::Transaction& tx_;
  const model::Entity& entity_;
  std::size_t max_document_;
};

/// An item that cannot be written leaves the others alone; a store that cannot be reached does not.
bool is_of_item(Code code) {
  return code == Code::kInvalid || code == Code::kForbidden || code == Code::kNotFound || code == Code::kConflict;
}

}  // namespace

Result<std::vector<ItemResult>> Gateway::write(const Context& context, const model::Entity& entity, const Array& sent) {
  std::vector<ItemResult> results(sent.size());
  std::vector<std::optional<Item>> items(sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    auto item = read_item(sent[i], entity);
    if (item.ok())
      items[i] = std::move(*item);
    else
      results[i].error = std::move(item).error();
  }
  const auto discoverer = [&](std::size_t i) { return items[i] ? items[i]->connection : ObjectId(); };
  for (std::size_t begin = 0; begin < sent.size();) {
    std::size_t end = begin + 1;
    while (end < sent.size() && end - begin < kChunk && discoverer(end) == discoverer(begin)) ++end;
    // What carries the mark of a connection was read by it: the connection acts.
    Context acting = context;
    if (const ObjectId id = discoverer(begin)) {
      TRY_ASSIGN(const auto connection, parts_.store.documents().find(context, connections(), id));
      if (connection && connection->active) {
        acting.actor.principal = {Principal::Kind::kConnection, id};
        acting.actor.name = std::string(json::text_or(connection->body, "name"));
      }
    }
    TRY(parts_.store.write(acting, store::Store::Priority::kBulk, [&](store::Transaction& tx) -> Result<void> {
      Writer writer(parts_.store, tx, entity, parts_.max_document);
      for (std::size_t i = begin; i < end; ++i) {
        if (!items[i]) continue;
        auto done = writer.write(*items[i]);
        if (done.ok())
          results[i] = std::move(*done);
        else if (is_of_item(done.error().code))
          results[i] = ItemResult{.error = std::move(done).error()};
        else
          return std::move(done).error();
      }
      return {};
    }));
    begin = end;
  }
  return results;
}

}  // namespace maestro::gateway
