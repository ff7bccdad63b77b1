#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "store_sql/ports.h"
#include "store_sql/search.h"

namespace maestro::store_sql {

using store::Document;

namespace {

Result<std::optional<Document>> one(const Table& table, Query& query) {
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<Document>();
  return std::optional(read_document(table, query));
}

Result<std::vector<Document>> all(const Table& table, Query& query) {
  std::vector<Document> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.push_back(read_document(table, query));
  }
}

Result<std::optional<Document>> find_in(Session& db, const Table& table, const ObjectId& id) {
  Query query = db.query(table.by_id_sql);
  query.bind(id);
  return one(table, query);
}

Error changed_meanwhile() { return conflict("The document was changed by somebody else in the meantime"); }

std::optional<Document> noted(Work& work, std::optional<Document> document) {
  if (document) work.know(document->row, document->rev);
  return document;
}

/// Behind the columns that read_document() takes.
constexpr int kStampAt = 11;

/// Whom accounts stand for.
bool is_person(const Table& table) { return std::string_view(table.entity->name) == "users"; }

Error unknown_entity() { return internal("The entity is not declared"); }

std::string provenance_text(const Document& document) {
  return document.provenance.empty() ? std::string() : json::write(document.provenance);
}

constexpr const char* kInsertHistory =
    "INSERT INTO history (row, oid, kind, at, verb, actor, actor_name, run, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
    "?)";

Result<void> write_history(Work& work, const Table& table, const Document& document, const store::Change& change) {
  if (change.verb.empty()) return {};
  const Actor& actor = work.context().actor;
  return work.db.query(kInsertHistory)
      .bind(document.row, document.id, table.kind, work.now(), change.verb, Blob{owner_bytes(actor.author())},
            actor.name, actor.run, json::write(json::Value(change.changes)))
      .run_later();
}

/// Remembers that some row of this kind has values that its columns do not speak for.
Result<void> note_odd(Work& work, const Table& table, std::int64_t odd) {
  if (odd == 0) return {};
  return work.db.query("UPDATE kind SET odd = odd | ?1 WHERE id = ?2 AND (odd & ?1) <> ?1")
      .bind(odd, table.kind)
      .run_later();
}

void count_facet(Work& work, const Table& table, std::size_t column, bool active, const store::ColumnValue& value,
                 int by) {
  if (const auto* text = std::get_if<std::string>(&value)) work.facets[{&table, column, active, *text}] += by;
}

/// Writes those columns of the narrow row that differ: an index is touched only when its columns are named.
Result<bool> update_narrow(Work& work, const Table& table, const Document& before, const Document& after) {
  Sql sql;
  const auto set = [&](std::string_view column, Value value, bool blob = false) {
    sql.add(sql.empty() ? "" : ", ").add(column).add(" = ?").bind(std::move(value), blob);
  };
  if (before.active != after.active) set("active", std::int64_t{after.active});
  if (before.created != after.created) set("created", to_ms(after.created));
  if (before.updated != after.updated) set("updated", to_ms(after.updated));
  if (before.access != after.access) set("acl", after.access);
  if (!(before.owner == after.owner)) set("owner", owner_bytes(after.owner), true);
  if (before.key != after.key) set("key", after.key);
  const auto old_values = column_values(before), values = column_values(after);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const store::ColumnValue& value = values[i];
    if (value == old_values[i]) continue;
    if (const auto* text = std::get_if<std::string>(&value))
      set(table.columns[i], *text);
    else if (const auto* real = std::get_if<double>(&value))
      set(table.columns[i], *real);
    else if (const auto* number = std::get_if<std::int64_t>(&value))
      set(table.columns[i], *number);
    else
      set(table.columns[i], {});
  }
  for (const std::size_t column : table.facets) {
    if (values[column] == old_values[column] && before.active == after.active) continue;
    count_facet(work, table, column, before.active, old_values[column], -1);
    count_facet(work, table, column, after.active, values[column], +1);
  }
  const std::int64_t odd = odd_of(after);
  if (odd != odd_of(before)) {
    set("odd", odd);
    TRY(note_odd(work, table, odd));
  }
  if (sql.empty()) return false;
  Sql update(fmt::format("UPDATE \"{}\" SET ", table.name));
  update.add(sql).add(" WHERE id = ?").bind(after.row);
  TRY(work.db.often(update).run_later());
  return true;
}

}  // namespace

Result<std::optional<Document>> SqlDocuments::find(const Context& context, const model::Entity& entity,
                                                   const ObjectId& id) {
  const Table* table = core_.table(entity);
  if (table == nullptr) return unknown_entity();
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  if (!context.identity) return find_in(*db, *table, id);
  Query query = db->query(table->by_id_stamped_sql);
  query.bind(id);
  TRY_ASSIGN(auto found, one(*table, query));
  if (found) context.identity->meet(query.integer(kStampAt));
  return found;
}

Result<std::optional<Document>> SqlDocuments::find(store::Transaction& transaction, const model::Entity& entity,
                                                   const ObjectId& id) {
  const Table* table = core_.table(entity);
  if (table == nullptr) return unknown_entity();
  Work& work = Work::of(transaction);
  TRY_ASSIGN(auto found, find_in(work.db, *table, id));
  return noted(work, std::move(found));
}

void SqlDocuments::expect_rows(store::Transaction& transaction, const model::Entity& entity,
                               std::vector<store::RowId> rows) {
  if (const Table* table = core_.table(entity)) Work::of(transaction).ahead.expect(*table, std::move(rows));
}

Result<std::optional<Document>> SqlDocuments::find_row(store::Transaction& transaction, store::RowId row) {
  Work& work = Work::of(transaction);
  Session& db = work.db;
  TRY_ASSIGN(auto read, work.ahead.document(db, row));
  if (read) return noted(work, std::move(read));
  const Table* table = nullptr;
  {
    Query query = db.query("SELECT kind FROM doc WHERE id = ?");
    query.bind(row);
    TRY_ASSIGN(const bool found, query.step());
    if (found) table = core_.table(query.integer(0));
  }
  if (table == nullptr) return std::optional<Document>();
  Query query = db.query(table->by_row_sql);
  query.bind(row);
  TRY_ASSIGN(auto found, one(*table, query));
  return noted(work, std::move(found));
}

Result<std::optional<Document>> SqlDocuments::find_key(store::Transaction& transaction, const model::Entity& entity,
                                                       const Principal& owner, std::string_view key) {
  const Table* table = core_.table(entity);
  if (table == nullptr) return unknown_entity();
  if (key.empty()) return std::optional<Document>();
  // "key <> ''" is what lets the partial index serve.
  Work& work = Work::of(transaction);
  Query query = work.db.query(table->select_sql + " WHERE n.owner = ? AND n.key = ? AND n.key <> ''");
  query.bind(Blob{owner_bytes(owner)}, key);
  TRY_ASSIGN(auto found, one(*table, query));
  return noted(work, std::move(found));
}

Result<std::vector<Document>> SqlDocuments::find_value(store::Transaction& transaction, const model::Entity& entity,
                                                       const std::optional<Principal>& owner, std::string_view path,
                                                       std::string_view value, bool any_case, std::size_t limit) {
  const Table* table = core_.table(entity);
  if (table == nullptr) return unknown_entity();
  const std::string_view column = table->column_of(path);
  if (column.empty() || store::find_column(entity, path) == nullptr)
    return internal(fmt::format("{} has no index on {}", entity.name, path));
  Sql sql(table->select_sql);
  sql.add(any_case ? " WHERE n.active = 1 AND lower(n." : " WHERE n.active = 1 AND n.")
      .add(column)
      .add(any_case ? ") = ?" : " = ?")
      .bind(any_case ? text::lower(value) : std::string(value));
  if (owner) sql.add(" AND n.owner = ?").bind(owner_bytes(*owner), true);
  sql.add(" ORDER BY n.id LIMIT ?").bind(static_cast<std::int64_t>(limit));
  Query query = Work::of(transaction).db.query(sql);
  return all(*table, query);
}

Result<std::vector<Document>> SqlDocuments::unseen(store::Transaction& transaction, const model::Entity& entity,
                                                   const Principal& owner, std::string_view key_prefix,
                                                   std::size_t limit) {
  const Table* table = core_.table(entity);
  if (table == nullptr) return unknown_entity();
  // Text sorts by bytes, and no character has greater ones than U+10FFFF: all with the prefix lie between the two.
  const std::string last = std::string(key_prefix) + "\xF4\x8F\xBF\xBF";
  Query query =
      Work::of(transaction)
          .db.query(table->select_sql +
                    " WHERE n.owner = ? AND n.key >= ? AND n.key < ? AND n.key <> '' AND n.active = 1"
                    " AND NOT EXISTS (SELECT 1 FROM sighting WHERE sighting.row = n.id) ORDER BY n.key LIMIT ?");
  query.bind(Blob{owner_bytes(owner)}, key_prefix, last, static_cast<std::int64_t>(limit));
  return all(*table, query);
}

Result<void> SqlDocuments::insert(store::Transaction& transaction, Document& document, const store::Change& change) {
  Work& work = Work::of(transaction);
  const Table* table = document.entity == nullptr ? nullptr : core_.table(*document.entity);
  if (table == nullptr) return unknown_entity();
  if (!document.id) document.id = ObjectId::generate();
  TRY_ASSIGN(document.rev, work.next_rev());
  const std::string list = store::list_text(document), body = json::write(document.body);
  TRY_ASSIGN(document.row, work.next_row());
  TRY(work.db.query("INSERT INTO doc (id, kind, oid, rev, list_json, provenance, body) VALUES (?, ?, ?, ?, ?, ?, ?)")
          .bind(document.row, table->kind, document.id, document.rev, Borrowed{list}, provenance_text(document),
                Borrowed{body})
          .run_later());
  const std::int64_t odd = odd_of(document);
  {
    const auto values = column_values(document);
    Query query = work.db.query(table->insert_sql);
    query.bind(document.row, document.id, document.active, document.created, document.updated, document.access,
               Blob{owner_bytes(document.owner)}, Borrowed{document.key}, odd);
    for (const store::ColumnValue& value : values) query.bind_one(value);
    TRY(query.run_later());
    for (const std::size_t column : table->facets)
      count_facet(work, *table, column, document.active, values[column], +1);
  }
  TRY(note_odd(work, *table, odd));
  TRY(add_to_search(work.db, *table, document));
  work.know(document.row, document.rev);
  ++work.counts[{table->kind, document.access, document.active}];
  TRY(write_history(work, *table, document, change));
  return core_.observer == nullptr ? Result<void>() : core_.observer->written(work, nullptr, document, change);
}

Result<void> SqlDocuments::update(store::Transaction& transaction, const Document& before, Document& after,
                                  const store::Change& change) {
  Work& work = Work::of(transaction);
  const Table* table = before.entity == nullptr ? nullptr : core_.table(*before.entity);
  if (table == nullptr) return unknown_entity();
  after.row = before.row;
  after.id = before.id;
  after.entity = before.entity;
  TRY_ASSIGN(after.rev, work.next_rev());
  // Only texts that differ are made; NULL keeps the stored one.
  const bool same_body = before.body == after.body;
  const bool same_list =
      same_body && before.updated == after.updated && before.created == after.created && before.active == after.active;
  std::optional<std::string> body, list, provenance;
  if (!same_body) body = json::write(after.body);
  if (!same_list) list = store::list_text(after);
  if (before.provenance != after.provenance) provenance = provenance_text(after);
  const auto known = work.known_rev(before.row);
  if (known && *known != before.rev) return changed_meanwhile();
  Query update = work.db.query(
      "UPDATE doc SET rev = ?, list_json = coalesce(?, list_json), provenance = coalesce(?, provenance), "
      "body = coalesce(?, body) WHERE id = ? AND rev = ?");
  update.bind(after.rev, list, provenance, body, before.row, before.rev);
  if (known) {
    // There is one writer at a time: the row is still as this transaction has read it.
    TRY(update.run_later());
  } else {
    TRY(update.run());
    if (work.db.changes() != 1) return changed_meanwhile();
  }
  work.know(after.row, after.rev);
  work.ahead.forget_document(after.row);
  work.identity = work.identity || is_person(*table);
  TRY(update_narrow(work, *table, before, after));
  TRY(update_search(work.db, *table, before, after));
  if (before.active != after.active || before.access != after.access) {
    --work.counts[{table->kind, before.access, before.active}];
    ++work.counts[{table->kind, after.access, after.active}];
  }
  TRY(write_history(work, *table, after, change));
  return core_.observer == nullptr ? Result<void>() : core_.observer->written(work, &before, after, change);
}

Result<void> SqlDocuments::note(store::Transaction& transaction, const Document& document,
                                const store::Change& change) {
  const Table* table = document.entity == nullptr ? nullptr : core_.table(*document.entity);
  if (table == nullptr) return unknown_entity();
  return write_history(Work::of(transaction), *table, document, change);
}

Result<void> SqlDocuments::record(store::Transaction& transaction, const store::HistoryRow& row) {
  Work& work = Work::of(transaction);
  const model::Entity* entity = model::find_entity(row.entity);
  const Table* table = entity == nullptr ? nullptr : core_.table(*entity);
  if (table == nullptr) return unknown_entity();
  return work.db.query(kInsertHistory)
      .bind(row.row, row.document, table->kind, row.at, row.verb, Blob{owner_bytes(row.actor)}, row.actor_name, row.run,
            row.changes)
      .run_later();
}

Result<store::SetId> SqlDocuments::intern(store::Transaction& transaction,
                                          const std::vector<store::RoleEntry>& entries) {
  if (entries.empty()) return store::SetId{0};
  Work& work = Work::of(transaction);
  json::Array rows, wire;
  for (const store::RoleEntry& entry : entries) {
    rows.push_back(
        json::Array{static_cast<std::int64_t>(entry.principal.kind), entry.principal.id.hex(), entry.role, entry.wire});
    wire.push_back(entry.wire);
  }
  const std::string text = json::write(json::Value(std::move(rows)));
  const std::string hash = crypto::sha256(text);
  if (const auto known = core_.sets.known(hash)) return *known;
  if (const auto known = work.interned_by_hash.find(hash); known != work.interned_by_hash.end()) return known->second;
  {
    Query query = work.db.query("SELECT id FROM acl_set WHERE hash = ?");
    query.bind(Blob{hash});
    TRY_ASSIGN(const bool known, query.step());
    if (known) {
      const store::SetId id = query.integer(0);
      work.interned_by_hash.emplace(hash, id);
      return id;
    }
  }
  auto set = std::make_shared<store::AccessSet>();
  {
    Query query = work.db.query("INSERT INTO acl_set (hash, entries) VALUES (?, ?) RETURNING id");
    query.bind(Blob{hash}, text);
    TRY_ASSIGN(set->id, inserted(query));
  }
  set->entries = entries;
  set->wire = json::write(json::Value(std::move(wire)));
  for (const store::RoleEntry& entry : entries) {
    if (entry.principal.kind == Principal::Kind::kNobody || entry.role <= 0) continue;
    TRY(work.db
            .query("INSERT INTO acl_entry (principal, acl, role) VALUES (?, ?, ?) "
                   "ON CONFLICT (principal, acl) DO UPDATE SET role = CASE WHEN acl_entry.role > excluded.role THEN "
                   "acl_entry.role ELSE excluded.role END")
            .bind(Blob{owner_bytes(entry.principal)}, set->id, entry.role)
            .run_later());
  }
  work.interned[set->id] = set;
  work.interned_by_hash.emplace(hash, set->id);
  return set->id;
}

std::shared_ptr<const store::AccessSet> SqlDocuments::access(store::SetId id) {
  static const auto kNone = std::make_shared<const store::AccessSet>(store::AccessSet{0, {}, "[]"});
  if (id == 0) return kNone;
  if (auto cached = core_.sets.cached(id)) return cached;
  const Context context;
  auto db = core_.engine.read(context, false);
  auto found = db.ok() ? core_.sets.find(**db, id) : Result<SetPtr>(std::move(db).error());
  if (found.ok()) return std::move(found).value();
  log::error("an access set cannot be read", {{"set", id}, {"reason", found.error().message}});
  return kNone;  // shows and grants nothing
}

std::shared_ptr<const store::AccessSet> SqlDocuments::access(store::Transaction& transaction, store::SetId id) {
  Work& work = Work::of(transaction);
  if (const auto found = work.interned.find(id); found != work.interned.end()) return found->second;
  if (id == 0) return access(id);
  auto found = core_.sets.find(work.db, id);
  return found.ok() ? std::move(found).value() : access(0);
}

Result<std::vector<store::HistoryRow>> SqlDocuments::history(const Context& context, const HistorySpec& spec) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Sql sql("SELECT id, row, oid, kind, at, verb, actor, actor_name, run, changes FROM history WHERE ");
  if (spec.after > 0)
    sql.add("id > ?").bind(spec.after);
  else
    sql.add("id < ?").bind(spec.before > 0 ? spec.before : INT64_MAX);
  if (spec.row) sql.add(" AND row = ?").bind(*spec.row);
  if (spec.run) {
    const auto& bytes = spec.run->bytes();
    sql.add(" AND run = ?").bind(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), true);
  }
  if (spec.actor) sql.add(" AND actor = ?").bind(owner_bytes(*spec.actor), true);
  sql.add(spec.after > 0 ? " ORDER BY id LIMIT ?" : " ORDER BY id DESC LIMIT ?")
      .bind(static_cast<std::int64_t>(spec.limit));
  Query query = db->query(sql);
  std::vector<store::HistoryRow> out;
  for (;;) {
    TRY_ASSIGN(const bool more, query.step());
    if (!more) return out;
    store::HistoryRow row;
    row.id = query.integer(0);
    row.row = query.integer(1);
    row.document = query.object_id(2);
    if (const Table* table = core_.table(query.integer(3))) row.entity = table->entity->name;
    row.at = query.time(4);
    row.verb = query.string(5);
    row.actor = owner_from(query.text(6));
    row.actor_name = query.string(7);
    row.run = query.object_id(8);
    row.changes = query.string(9);
    out.push_back(std::move(row));
  }
}

}  // namespace maestro::store_sql
