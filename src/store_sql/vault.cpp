#include "store_sql/ports.h"

namespace maestro::store_sql {
namespace {

Result<std::optional<store::Vault::Sealed>> secret_in(Session& db, const ObjectId& document) {
  Query query = db.query("SELECT key_id, bytes FROM secret WHERE document = ?");
  query.bind(document);
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<store::Vault::Sealed>();
  return std::optional(store::Vault::Sealed{query.string(0), query.string(1)});
}

}  // namespace

Result<std::optional<store::Vault::Credential>> SqlVault::credential(const Context& context, const ObjectId& user) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query("SELECT hash, version FROM credential WHERE \"user\" = ?");
  query.bind(user);
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<Credential>();
  return std::optional(Credential{query.string(0), query.integer(1)});
}

Result<void> SqlVault::set_credential(store::Transaction& transaction, const ObjectId& user, std::string_view hash,
                                      bool end_sessions) {
  Work::of(transaction).identity = true;
  return Work::of(transaction)
      .db
      .query(
          "INSERT INTO credential (\"user\", hash, version) VALUES (?, ?, 1) "
          "ON CONFLICT (\"user\") DO UPDATE SET hash = excluded.hash, version = credential.version + ?")
      .bind(user, hash, end_sessions ? 1 : 0)
      .run();
}

Result<std::optional<store::Vault::Sealed>> SqlVault::secret(const Context& context, const ObjectId& document) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  return secret_in(*db, document);
}

Result<std::optional<store::Vault::Sealed>> SqlVault::secret(store::Transaction& transaction,
                                                             const ObjectId& document) {
  return secret_in(Work::of(transaction).db, document);
}

Result<void> SqlVault::set_secret(store::Transaction& transaction, const ObjectId& document, const Sealed& sealed) {
  return Work::of(transaction)
      .db
      .query(
          "INSERT INTO secret (document, key_id, bytes) VALUES (?, ?, ?) "
          "ON CONFLICT (document) DO UPDATE SET key_id = excluded.key_id, bytes = excluded.bytes")
      .bind(document, sealed.key_id, Blob{sealed.bytes})
      .run();
}

Result<std::optional<std::string>> SqlVault::value(const Context& context, std::string_view name) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query("SELECT value FROM setting WHERE name = ?");
  query.bind(name);
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<std::string>();
  return std::optional(query.string(0));
}

Result<void> SqlVault::set_value(store::Transaction& transaction, std::string_view name, std::string_view value) {
  return Work::of(transaction)
      .db
      .query("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .bind(name, value)
      .run();
}

}  // namespace maestro::store_sql
