#include "discovery/progress.h"
#include "discovery/reconcile.h"
#include "discovery/work.h"
#include "inventory/provenance.h"

namespace maestro::discovery {

Result<void> forget_row(store::Transaction& tx, store::Store& store, store::RowId row, const ObjectId& connection) {
  TRY_ASSIGN(const auto before, store.documents().find_row(tx, row));
  if (!before) return {};
  TRY_ASSIGN(const auto seers, store.ledger().seers(tx, row));
  store::Document after = *before;
  const auto is_it = [&](const store::Seer& seer) { return seer.connection == connection; };
  if (std::none_of(seers.begin(), seers.end(), is_it)) inventory::forget_connection(after, connection);
  TRY(write_accountant(tx, store, after, {}));
  if (!json::equal(before->body, after.body) || !json::equal(before->provenance, after.provenance))
    TRY(store.documents().update(tx, *before, after, {.verb = "", .changes = {}}));
  // Another connection that sees the row states its own values at its next reading, even if nothing changed for it.
  return seers.empty() ? Result<void>() : store.ledger().forget_hash(tx, row);
}

Result<void> forget(Engine& engine, const Context& context, const store::Job& job) {
  store::Store& store = engine.store();
  const ObjectId connection = payload_id(job, "connection");
  Context calm = context;
  calm.stop = {};
  if (!connection) return drop_job(engine, calm, job);
  bool over = false;
  while (!over) {
    const auto work = [&](store::Transaction& tx) -> Result<void> {
      over = false;
      TRY(store.ledger().check_lease(tx, job));
      if (context.stopped()) {
        over = true;
        return store.ledger().release_job(tx, job, tx.now());
      }
      TRY_ASSIGN(const auto document, store.documents().find(tx, connections_entity(), connection));
      const bool back = document && document->active;  // deleted and made active again meanwhile: it sees on
      std::vector<store::RowId> rows;
      if (!back) {
        TRY_ASSIGN(rows, store.ledger().unsee_connection(tx, connection, kBatch));
      }
      for (const store::RowId row : rows) TRY(forget_row(tx, store, row, connection));
      if (!rows.empty()) return {};
      over = true;
      return store.ledger().finish_job(tx, job);
    };
    TRY(store.write(calm, store::Store::Priority::kBulk, work));
  }
  return {};
}

}  // namespace maestro::discovery
