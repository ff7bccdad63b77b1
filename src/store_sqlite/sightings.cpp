#include "store_sqlite/ports.h"

namespace maestro::store_sqlite {
namespace {

Result<std::vector<store::Seer>> seers_in(Connection& db, store::RowId row) {
  Query query = db.query(
      "SELECT DISTINCT s.connection, s.resource, s.region FROM sighting g CROSS JOIN scope s ON s.id = g.scope "
      "WHERE g.row = ? ORDER BY s.id");
  query.bind(row);
  std::vector<store::Seer> out;
  for (;;) {
    TRY_ASSIGN(const bool more, query.step());
    if (!more) return out;
    out.push_back({query.object_id(0), query.string(1), query.string(2)});
  }
}

}  // namespace

Result<std::vector<store::Sighting>> SqliteLedger::sightings(const Context& context, std::int64_t scope) {
  TRY_ASSIGN(auto db, core_.pool.read(context, false));
  Query query = db->query("SELECT key, row, hash FROM sighting WHERE scope = ?");
  query.bind(scope);
  std::vector<store::Sighting> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.push_back({query.string(0), query.integer(1), query.string(2)});
  }
}

Result<void> SqliteLedger::see(store::Transaction& transaction, std::int64_t scope, const store::Sighting& sighting) {
  return Work::of(transaction)
      .db
      .query(
          "INSERT INTO sighting (scope, key, row, hash) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (scope, key) DO UPDATE SET row = excluded.row, hash = excluded.hash")
      .bind(scope, sighting.key, sighting.row, sighting.hash)
      .run();
}

Result<void> SqliteLedger::unsee(store::Transaction& transaction, std::int64_t scope, std::string_view key) {
  return Work::of(transaction).db.query("DELETE FROM sighting WHERE scope = ? AND key = ?").bind(scope, key).run();
}

Result<std::vector<store::Seer>> SqliteLedger::seers(store::Transaction& transaction, store::RowId row) {
  return seers_in(Work::of(transaction).db, row);
}

Result<std::vector<store::Seer>> SqliteLedger::seers(const Context& context, store::RowId row) {
  TRY_ASSIGN(auto db, core_.pool.read(context, false));
  return seers_in(*db, row);
}

Result<void> SqliteLedger::forget_hash(store::Transaction& transaction, store::RowId row) {
  return Work::of(transaction).db.query("UPDATE sighting SET hash = '' WHERE row = ? AND hash <> ''").bind(row).run();
}

Result<std::vector<store::RowId>> SqliteLedger::unsee_connection(store::Transaction& transaction,
                                                                 const ObjectId& connection, std::size_t limit) {
  Connection& db = Work::of(transaction).db;
  struct Seen {
    std::int64_t scope;
    std::string key;
    store::RowId row;
  };
  std::vector<Seen> seen;
  {
    Query query = db.query(
        "SELECT g.scope, g.key, g.row FROM scope s CROSS JOIN sighting g ON g.scope = s.id WHERE s.connection = ? "
        "LIMIT ?");
    query.bind(connection, static_cast<std::int64_t>(limit));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      seen.push_back({query.integer(0), query.string(1), query.integer(2)});
    }
  }
  std::vector<store::RowId> rows;
  for (const Seen& each : seen) {
    TRY(unsee(transaction, each.scope, each.key));
    rows.push_back(each.row);
  }
  return rows;
}

Result<std::vector<std::int64_t>> SqliteLedger::seen_counts(const Context& context,
                                                            std::span<const ObjectId> connections) {
  TRY_ASSIGN(auto db, core_.pool.read(context, true));
  std::vector<std::int64_t> out;
  for (const ObjectId& connection : connections) {
    Query query = db->query(
        "SELECT count(DISTINCT g.row) FROM scope s CROSS JOIN sighting g ON g.scope = s.id WHERE s.connection = ?");
    query.bind(connection);
    TRY(query.step());
    out.push_back(query.integer(0));
  }
  return out;
}

}  // namespace maestro::store_sqlite
