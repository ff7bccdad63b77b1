#include "store_sql/ports.h"

namespace maestro::store_sql {

Result<std::optional<store::Requests::Kept>> SqlRequests::find(const Context& context, const Principal& principal,
                                                               std::string_view key) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query =
      db->query("SELECT hash, status, body, expires FROM request WHERE principal = ? AND key = ? AND expires > ?");
  query.bind(Blob{owner_bytes(principal)}, key, core_.clock.now());
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<Kept>();
  return std::optional(Kept{query.string(0), query.small(1), query.string(2), query.time(3)});
}

Result<void> SqlRequests::remember(store::Transaction& transaction, const Principal& principal, std::string_view key,
                                   const Kept& kept) {
  Session& db = Work::of(transaction).db;
  TRY(db.query("INSERT INTO request (principal, key, hash, status, body, expires) VALUES (?, ?, ?, ?, ?, ?) "
               "ON CONFLICT (principal, key) DO UPDATE SET hash = excluded.hash, status = excluded.status, "
               "body = excluded.body, expires = excluded.expires WHERE request.expires <= ?")
          .bind(Blob{owner_bytes(principal)}, key, Blob{kept.hash}, kept.status, kept.body, kept.expires,
                transaction.now())
          .run());
  return db.changes() == 1 ? Result<void>() : Result<void>(conflict("A request with this key was answered already"));
}

Result<void> SqlRequests::forget_expired(store::Transaction& transaction, std::size_t limit) {
  return Work::of(transaction)
      .db
      .query(
          "DELETE FROM request WHERE (principal, key) IN "
          "(SELECT principal, key FROM request WHERE expires <= ? ORDER BY expires LIMIT ?)")
      .bind(transaction.now(), static_cast<std::int64_t>(limit))
      .run();
}

}  // namespace maestro::store_sql
