#include "discovery/reconcile.h"

#include "base/crypto.h"
#include "inventory/provenance.h"

namespace maestro::discovery {
namespace {

using provider::Item;
using store::Document;
using store::Sighting;

bool is_server_kept(const model::Entity& entity, std::string_view name) {
  if (name == "_id" || name == "active" || name == "created_at" || name == "updated_at") return true;
  const model::Field* field = model::find_field(entity, name);
  return field != nullptr && field->origin == model::Origin::kServer;
}

/// The connection's owner as documents show it: {name?, email, _id, refs}.
json::Object owner_object(const Document& connection) {
  json::Object out;
  const json::Value* source = connection.body.if_contains("owner_user");
  if (source == nullptr || !source->is_object()) source = connection.body.if_contains("owner");
  if (source != nullptr && source->is_object()) {
    for (const char* name : {"name", "email", "_id", "refs"})
      if (const json::Value* value = source->get_object().if_contains(name); value != nullptr && !value->is_null())
        out[name] = *value;
  }
  if (!out.contains("_id") && connection.owner.id) {
    out["_id"] = connection.owner.id.hex();
    out["refs"] = principal_refs(connection.owner.kind);
  }
  return out;
}

/// True when a change says more than which connection looked: the same machine seen through another datacenter entry.
bool is_substantial(const json::Array& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const json::Value& change) {
    const std::string_view path = json::text_or(change.get_object(), "path");
    return path != "datacenters._id" && path != "datacenters.name";
  });
}

}  // namespace

std::string row_key(const provider::Resource& resource, std::string_view item_key) {
  return resource.id + "|" + std::string(item_key);
}

std::string display_name(const Document& document, std::string_view fallback) {
  std::string name(json::text_or(document.body, "name"));
  return name.empty() ? std::string(fallback) : name;
}

Result<bool> write_accountant(store::Transaction& tx, store::Store& store, Document& document, const ObjectId& also) {
  if (model::find_field(*document.entity, "accountant") == nullptr) return false;
  TRY_ASSIGN(const auto seers, store.ledger().seers(tx, document.row));
  std::set<std::string> ids;
  for (const store::Seer& seer : seers) ids.insert(seer.connection.hex());
  if (also) ids.insert(also.hex());
  json::Array list;
  for (const std::string& id : ids) list.emplace_back(id);
  const json::Value* stored = document.body.if_contains("accountant");
  const json::Value wanted(std::move(list));
  if (stored != nullptr && json::equal(*stored, wanted)) return false;
  document.body["accountant"] = wanted;
  return true;
}

Reconciler::Reading Reconciler::read(const Item& item, Links::Found links) const {
  Reading out{.item = item,
              .key = row_key(scene_.resource, item.key),
              .fields = {},
              .keep = item.keep,
              .active = json::bool_or(item.fields, "active", true),
              .created = {},
              .hash = {}};
  for (const auto& member : item.fields)
    if (!is_server_kept(scene_.entity, member.key())) out.fields[member.key()] = member.value();
  for (const auto& member : links.fields) out.fields[member.key()] = member.value();
  out.keep.insert(out.keep.end(), links.keep.begin(), links.keep.end());
  out.created = parse_iso(json::text_or(item.fields, "created_at"));
  // A reading with gaps must not pass for the whole one next time.
  if (item.keep.empty()) out.hash = item.links.empty() ? item.hash : crypto::sha256(item.hash + links.signature);
  return out;
}

void Reconciler::expect(std::span<const Item> items) {
  std::vector<store::RowId> rows;
  for (const Item& item : items) {
    const auto at = scene_.known.find(item.key);
    // Whether one with links has changed shows only when they are resolved.
    if (at == scene_.known.end() || !item.links.empty()) continue;
    if (at->second.hash != item.hash || !item.keep.empty()) rows.push_back(at->second.row);
  }
  if (rows.size() > 1) scene_.store.documents().expect_rows(tx_, scene_.entity, std::move(rows));
}

Result<void> Reconciler::take(const Item& item) {
  ++result_.counts.seen;
  const auto at = scene_.known.find(item.key);
  const Sighting* sighting = at == scene_.known.end() ? nullptr : &at->second;
  Links::Found links;
  if (!item.links.empty()) {
    TRY_ASSIGN(links, scene_.links.resolve(tx_, item));
  }
  if (sighting != nullptr && !sighting->hash.empty() && item.keep.empty() &&
      sighting->hash == (item.links.empty() ? item.hash : crypto::sha256(item.hash + links.signature))) {
    ++result_.counts.unchanged;
    return {};
  }
  const Reading reading = read(item, std::move(links));
  TRY_ASSIGN(auto row, find_row(reading, sighting));
  bool adopted = false;
  if (!row) {
    TRY_ASSIGN(row, find_adoptable(reading));
    adopted = row.has_value();
  }
  if (row) return change(reading, *row, adopted, sighting);
  if (reading.active) return create(reading);
  ++result_.counts.unchanged;  // something that was over before it was ever seen here
  return {};
}

Result<std::optional<Document>> Reconciler::find_row(const Reading& reading, const Sighting* sighting) {
  if (sighting != nullptr) {
    TRY_ASSIGN(auto row, scene_.store.documents().find_row(tx_, sighting->row));
    // Of another owner after the connection changed hands: such a row must not be touched.
    if (row && row->owner == scene_.connection.owner && row->entity == &scene_.entity && row->key == reading.key)
      return row;
  }
  return scene_.store.documents().find_key(tx_, scene_.entity, scene_.connection.owner, reading.key);
}

Result<std::optional<Document>> Reconciler::find_adoptable(const Reading& reading) {
  const std::string_view identity = scene_.entity.identity;
  const std::string_view legacy = scene_.entity.legacy_identity;
  if (identity.empty()) return std::optional<Document>();
  std::vector<std::string> ids;
  for (std::string id : {reading.item.legacy_key, json::text_at(reading.item.fields, identity),
                         json::text_at(reading.item.fields, legacy)})
    if (!id.empty() && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
  for (const std::string_view path : {identity, legacy}) {
    if (path.empty()) continue;
    for (const std::string& id : ids) {
      TRY_ASSIGN(auto rows,
                 scene_.store.documents().find_value(tx_, scene_.entity, scene_.connection.owner, path, id, false, 20));
      Document* best = nullptr;
      for (Document& row : rows) {
        if (!row.key.empty()) continue;
        // An id that needed a qualified key means something else elsewhere: there the place has to agree.
        if (id != reading.item.key) {
          const std::string where = json::text_at(row.body, "datacenters._id");
          const std::string region = json::text_at(row.body, "datacenters.region");
          if (!where.empty() && where != json::text_or(scene_.connection.body, "dc_id")) continue;
          if (!region.empty() && region != json::text_at(reading.fields, "datacenters.region")) continue;
        }
        if (best == nullptr || row.row < best->row) best = &row;
      }
      if (best != nullptr) return std::optional<Document>(std::move(*best));
    }
  }
  return std::optional<Document>();
}

bool Reconciler::fits(const Reading& reading, const Document& document) {
  const std::size_t size = json::write(document.body).size();
  if (size <= scene_.document_bytes) return true;
  ++result_.counts.errors;
  result_.errors.push_back(fmt::format("{} is too large to be stored ({} KiB, at most {})",
                                       display_name(document, reading.item.key), size >> 10,
                                       scene_.document_bytes >> 10));
  return false;
}

Result<void> Reconciler::create(const Reading& reading) {
  const Document& connection = scene_.connection;
  Document document;
  document.id = ObjectId::generate();
  document.entity = &scene_.entity;
  document.created = reading.created.value_or(tx_.now());
  document.updated = tx_.now();
  document.owner = connection.owner;
  document.key = reading.key;
  if (scene_.entity.access != model::Access::kNone) document.access = connection.access;
  if (scene_.entity.shows_owner) document.body["owner"] = owner_object(connection);
  inventory::merge_reading(document, reading.fields, {}, connection.id);
  TRY(write_accountant(tx_, scene_.store, document, connection.id));
  if (!fits(reading, document)) return {};
  TRY(scene_.store.documents().insert(tx_, document,
                                      {.verb = "create", .changes = inventory::describe_creation(document)}));
  ++result_.counts.created;
  return see(reading, document.row, nullptr);
}

Result<void> Reconciler::change(const Reading& reading, const Document& before, bool adopted,
                                const Sighting* sighting) {
  const ObjectId& connection = scene_.connection.id;
  Document after = before;
  if (adopted) after.key = reading.key;
  inventory::merge_reading(after, reading.fields, reading.keep, connection);
  after.active = reading.active;
  if (reading.created) after.created = *reading.created;
  TRY(write_accountant(tx_, scene_.store, after, connection));
  if (!fits(reading, after)) return {};

  json::Array changes = inventory::describe_changes(before, after);
  if (after.created != before.created) {
    changes.emplace_back(
        json::Object{{"path", "created_at"}, {"old", to_iso(before.created)}, {"new", to_iso(after.created)}});
  }
  const bool told = adopted || !changes.empty();
  if (told) {
    // Others that see the row remember what they saw, not what it is now: they have to look at it again, or a value
    // that changes back would pass for unchanged there.
    TRY_ASSIGN(const auto seers, scene_.store.ledger().seers(tx_, before.row));
    if (seers.size() > (sighting == nullptr ? 0U : 1U) && is_substantial(changes)) {
      TRY(scene_.store.ledger().forget_hash(tx_, before.row));
      sighting = nullptr;
    }
    const bool revived = !before.active && after.active;
    const bool retired = before.active && !after.active;
    const char* verb = adopted ? "adopt" : revived ? "revive" : retired ? "retire" : "update";
    after.updated = tx_.now();
    TRY(scene_.store.documents().update(tx_, before, after, {.verb = verb, .changes = std::move(changes)}));
    result_.counts.adopted += adopted ? 1 : 0;
    result_.counts.revived += revived ? 1 : 0;
    result_.counts.retired += retired ? 1 : 0;
    result_.counts.updated += adopted || revived || retired ? 0 : 1;
  } else {
    // Only who stands behind the values may have changed: not worth a line of history, but worth being right.
    const bool moved = !json::equal(before.body, after.body) || !json::equal(before.provenance, after.provenance);
    if (moved) TRY(scene_.store.documents().update(tx_, before, after, {.verb = "", .changes = {}}));
    ++result_.counts.unchanged;
  }
  return see(reading, after.row, sighting);
}

Result<void> Reconciler::see(const Reading& reading, store::RowId row, const Sighting* sighting) {
  if (sighting != nullptr && sighting->row == row && sighting->hash == reading.hash) return {};
  return scene_.store.ledger().see(tx_, scene_.scope, {.key = reading.item.key, .row = row, .hash = reading.hash});
}

}  // namespace maestro::discovery
