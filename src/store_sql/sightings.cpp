#include "store_sql/ports.h"

namespace maestro::store_sql {
namespace {

Result<std::vector<store::Seer>> seers_in(Session& db, store::RowId row) {
  Query query = db.query(
      "SELECT s.connection, s.resource, s.region FROM scope s WHERE s.id IN (SELECT g.scope FROM sighting g "
      "WHERE g.row = ?) ORDER BY s.id");
  query.bind(row);
  std::vector<store::Seer> out;
  for (;;) {
    TRY_ASSIGN(const bool more, query.step());
    if (!more) return out;
    out.push_back({query.object_id(0), query.string(1), query.string(2)});
  }
}

}  // namespace

Result<std::vector<store::Sighting>> SqlLedger::sightings(const Context& context, std::int64_t scope) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query("SELECT key, row, hash FROM sighting WHERE scope = ?");
  query.bind(scope);
  std::vector<store::Sighting> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.push_back({query.string(0), query.integer(1), query.string(2)});
  }
}

Result<void> SqlLedger::see(store::Transaction& transaction, std::int64_t scope, const store::Sighting& sighting) {
  Work& work = Work::of(transaction);
  work.ahead.forget_seers(scope, sighting.key, sighting.row);
  return work.db
      .query(
          "INSERT INTO sighting (scope, key, row, hash) VALUES (?, ?, ?, ?) "
          "ON CONFLICT (scope, key) DO UPDATE SET row = excluded.row, hash = excluded.hash")
      .bind(scope, sighting.key, sighting.row, Blob{sighting.hash})
      .run_later();
}

Result<void> SqlLedger::unsee(store::Transaction& transaction, std::int64_t scope, std::string_view key) {
  Work& work = Work::of(transaction);
  work.ahead.forget_seers(scope, key, 0);
  return work.db.query("DELETE FROM sighting WHERE scope = ? AND key = ?").bind(scope, key).run_later();
}

Result<std::vector<store::Seer>> SqlLedger::seers(store::Transaction& transaction, store::RowId row) {
  Work& work = Work::of(transaction);
  TRY_ASSIGN(auto read, work.ahead.seers(work.db, row));
  if (read) return std::move(*read);
  return seers_in(work.db, row);
}

Result<std::vector<store::Seer>> SqlLedger::seers(const Context& context, store::RowId row) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  return seers_in(*db, row);
}

Result<void> SqlLedger::forget_hash(store::Transaction& transaction, store::RowId row) {
  return Work::of(transaction)
      .db.query("UPDATE sighting SET hash = '' WHERE row = ? AND hash <> ''")
      .bind(row)
      .run_later();
}

Result<std::vector<store::RowId>> SqlLedger::unsee_connection(store::Transaction& transaction,
                                                              const ObjectId& connection, std::size_t limit) {
  Session& db = Work::of(transaction).db;
  struct Seen {
    std::int64_t scope;
    std::string key;
    store::RowId row;
  };
  std::vector<Seen> seen;
  {
    Query query = db.query(
        "SELECT g.scope, g.key, g.row FROM scope s JOIN sighting g ON g.scope = s.id WHERE s.connection = ? "
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

Result<std::vector<std::int64_t>> SqlLedger::seen_counts(const Context& context,
                                                         std::span<const ObjectId> connections) {
  TRY_ASSIGN(auto db, core_.engine.read(context, true));
  std::vector<std::int64_t> out;
  for (const ObjectId& connection : connections) {
    Query query =
        db->query("SELECT count(DISTINCT g.row) FROM scope s JOIN sighting g ON g.scope = s.id WHERE s.connection = ?");
    query.bind(connection);
    TRY(query.step());
    out.push_back(query.integer(0));
  }
  return out;
}

}  // namespace maestro::store_sql
