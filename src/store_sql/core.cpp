#include "store_sql/core.h"

#include <cstring>

#include "base/crypto.h"

namespace maestro::store_sql {
namespace {

constexpr std::size_t kMaxSets = 50'000;
constexpr std::size_t kMaxPrincipals = 500;

store::RoleEntry entry_from(const json::Array& row) {
  store::RoleEntry entry;
  entry.principal.kind = static_cast<Principal::Kind>(row.at(0).as_int64());
  entry.principal.id = ObjectId::parse(std::string_view(row.at(1).as_string())).value_or(ObjectId());
  entry.role = static_cast<int>(row.at(2).as_int64());
  entry.wire = row.at(3).as_object();
  return entry;
}

/// No state of a database is told twice by it, also not after an older one was brought back.
std::int64_t random_stamp() {
  std::int64_t stamp = 0;
  const std::string bytes = crypto::random_bytes(sizeof stamp);
  std::memcpy(&stamp, bytes.data(), sizeof stamp);
  return stamp >> 2;  // room for what is added to it
}

}  // namespace

SetPtr AccessSets::cached(store::SetId id) {
  const std::scoped_lock lock(mutex_);
  const auto found = sets_.find(id);
  return found == sets_.end() ? nullptr : found->second;
}

Result<SetPtr> AccessSets::find(Session& connection, store::SetId id) {
  if (SetPtr known = cached(id)) return known;
  auto set = std::make_shared<store::AccessSet>();
  set->id = id;
  set->wire = "[]";
  if (id != 0) {
    Query query = connection.query("SELECT entries FROM acl_set WHERE id = ?");
    query.bind(id);
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return not_found("No such access set");
    json::Array wire;
    const json::Value entries = json::parse_trusted(query.text(0));
    for (const json::Value& entry : entries.as_array()) {
      set->entries.push_back(entry_from(entry.as_array()));
      wire.push_back(set->entries.back().wire);
    }
    set->wire = json::write(json::Value(std::move(wire)));
  }
  put(set);
  return SetPtr(set);
}

void AccessSets::put(SetPtr set) {
  const std::scoped_lock lock(mutex_);
  if (sets_.size() >= kMaxSets) sets_.clear();
  const store::SetId id = set->id;
  sets_[id] = std::move(set);
}

Result<std::shared_ptr<const Roles>> AccessSets::roles(Session& connection, const Principal& principal,
                                                       std::int64_t top_set) {
  const auto top = static_cast<std::size_t>(top_set);
  const std::string key = owner_bytes(principal);
  std::shared_ptr<const Roles> known;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = roles_.find(key); found != roles_.end()) known = found->second;
  }
  if (known && known->size() > top) return known;
  auto roles = known ? std::make_shared<Roles>(*known) : std::make_shared<Roles>();
  const std::size_t from = roles->size();
  roles->resize(top + 1, 0);
  Query query = connection.query("SELECT acl, role FROM acl_entry WHERE principal = ? AND acl >= ?");
  query.bind(Blob{key}, static_cast<std::int64_t>(from));
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) break;
    const auto set = static_cast<std::size_t>(query.integer(0));
    if (set < roles->size()) (*roles)[set] = static_cast<unsigned char>(std::clamp(query.small(1), 0, 255));
  }
  const std::scoped_lock lock(mutex_);
  if (roles_.size() >= kMaxPrincipals) roles_.clear();
  auto& slot = roles_[key];
  if (!slot || slot->size() < roles->size()) slot = roles;
  return std::shared_ptr<const Roles>(roles);
}

Result<std::shared_ptr<const Roles>> AccessSets::roles(Session& connection, const Readers& readers,
                                                       std::int64_t top_set) {
  if (readers.size() == 1) return roles(connection, readers.front(), top_set);
  auto merged = std::make_shared<Roles>();
  for (const Principal& reader : readers) {
    TRY_ASSIGN(const auto one, roles(connection, reader, top_set));
    merged->resize(std::max(merged->size(), one->size()), 0);
    std::transform(one->begin(), one->end(), merged->begin(), merged->begin(),
                   [](unsigned char a, unsigned char b) { return std::max(a, b); });
  }
  return std::shared_ptr<const Roles>(std::move(merged));
}

Result<std::shared_ptr<const Visible>> read_visible(Session& session, const Table& table, const Roles& roles, int role,
                                                    const std::optional<bool>& active) {
  auto out = std::make_shared<Visible>();
  Query query = session.query("SELECT acl, active, n FROM cnt WHERE kind = ?");
  query.bind(table.kind);
  std::set<std::int64_t> sets;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) break;
    if (active && *active != (query.integer(1) != 0)) continue;
    out->all += query.integer(2);
    const auto set = static_cast<std::size_t>(query.integer(0));
    if (set >= roles.size() || roles[set] < role) continue;
    out->visible += query.integer(2);
    sets.insert(query.integer(0));
  }
  out->sets.assign(sets.begin(), sets.end());
  return std::shared_ptr<const Visible>(std::move(out));
}

const Table* Core::table(const model::Entity& entity) const {
  for (const Table& table : tables)
    if (table.entity == &entity) return &table;
  return nullptr;
}

const Table* Core::table(std::int64_t kind) const {
  for (const Table& table : tables)
    if (table.kind == kind) return &table;
  return nullptr;
}

std::optional<store::SetId> AccessSets::known(const std::string& hash) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_hash_.find(hash);
  return found == by_hash_.end() ? std::nullopt : std::optional(found->second);
}

void AccessSets::remember(const std::string& hash, store::SetId id) {
  const std::scoped_lock lock(mutex_);
  if (by_hash_.size() >= kMaxSets) by_hash_.clear();
  by_hash_[hash] = id;
}

std::optional<std::int64_t> Work::known_rev(store::RowId row) const {
  const auto found = revs_.find(row);
  return found == revs_.end() ? std::nullopt : std::optional(found->second);
}

Result<store::RowId> Work::next_row() {
  if (row_ == 0) {
    Query query = db.query("SELECT coalesce(max(id), 0) FROM doc");
    TRY(query.step());
    row_ = query.integer(0);
  }
  return ++row_;
}

Result<std::int64_t> Work::next_rev() {
  if (rev_ == 0) {
    Query query = db.query("SELECT value FROM counter WHERE name = 'rev'");
    TRY(query.step());
    rev_ = query.integer(0);
  }
  return ++rev_;
}

Result<std::int64_t> Work::next_seq() {
  Query query = db.query("UPDATE counter SET value = value + 1 WHERE name = 'seq' RETURNING value");
  TRY(query.step());
  const std::int64_t seq = query.integer(0);
  TRY(query.run());
  return seq;
}

Result<void> Work::flush() {
  if (rev_ != 0) TRY(db.query("UPDATE counter SET value = ? WHERE name = 'rev'").bind(rev_).run_later());
  if (std::exchange(identity, false))
    TRY(db.query("UPDATE counter SET value = ? WHERE name = 'identity'").bind(random_stamp()).run_later());
  for (const auto& [key, delta] : counts) {
    if (delta == 0) continue;
    const auto& [kind, acl, active] = key;
    TRY(db.query("INSERT INTO cnt (kind, acl, active, n) VALUES (?, ?, ?, ?) "
                 "ON CONFLICT (kind, acl, active) DO UPDATE SET n = cnt.n + excluded.n")
            .bind(kind, acl, active, delta)
            .run_later());
    if (delta < 0)
      TRY(db.query("DELETE FROM cnt WHERE kind = ? AND acl = ? AND active = ? AND n = 0")
              .bind(kind, acl, active)
              .run_later());
  }
  counts.clear();
  for (const auto& [key, delta] : facets) {
    if (delta == 0) continue;
    const auto& [table, column, active, value] = key;
    const std::string& field = table->columns[column];
    TRY(db.query("INSERT INTO facet (kind, field, active, value, n) VALUES (?, ?, ?, ?, ?) "
                 "ON CONFLICT (kind, field, active, value) DO UPDATE SET n = facet.n + excluded.n")
            .bind(table->kind, field, active, value, delta)
            .run_later());
    if (delta < 0)
      TRY(db.query("DELETE FROM facet WHERE kind = ? AND field = ? AND active = ? AND value = ? AND n = 0")
              .bind(table->kind, field, active, value)
              .run_later());
  }
  facets.clear();
  return {};
}

}  // namespace maestro::store_sql
