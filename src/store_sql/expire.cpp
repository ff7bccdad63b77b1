// Documents that are kept for a time only: removed for good, with everything that was derived from them.
#include "store_sql/ports.h"
#include "store_sql/search.h"

namespace maestro::store_sql {

using store::Document;

namespace {

/// The oldest of a kind. Never the newest document of all: the number of the next one is counted from it.
Result<std::vector<Document>> oldest(Session& db, const Table& table, Time until, std::size_t limit) {
  std::vector<Document> out;
  for (const bool active : {true, false}) {  // as the index of times has them
    Query query = db.query(
        table.select_sql +
        " WHERE n.active = ? AND n.created < ? AND n.id < (SELECT max(id) FROM doc) ORDER BY n.created, n.id LIMIT ?");
    query.bind(active, until, static_cast<std::int64_t>(limit - out.size()));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      out.push_back(read_document(table, query));
    }
  }
  return out;
}

Result<void> remove(Work& work, const Table& table, const Document& document) {
  --work.counts[{table.kind, document.access, document.active}];
  const auto values = column_values(document);
  for (const std::size_t column : table.facets)
    if (const auto* text = std::get_if<std::string>(&values[column]))
      --work.facets[{&table, column, document.active, *text}];
  TRY(remove_from_search(work.db, document));
  TRY(work.db.query(Sql(fmt::format("DELETE FROM \"{}\" WHERE id = ?", table.name)).bind(document.row)).run());
  TRY(work.db.query("DELETE FROM doc WHERE id = ?").bind(document.row).run_later());
  return work.db.query("DELETE FROM history WHERE row = ?").bind(document.row).run_later();
}

/// Columns in memory follow what changes; of what is gone there is nothing to follow. `counter`: "expired" for kinds
/// that are kept for a time, "epoch" for all.
Result<void> forget_columns(Work& work, const char* counter) {
  return work.db
      .query(
          "INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1")
      .bind(std::string_view(counter))
      .run();
}

}  // namespace

Result<std::int64_t> SqlDocuments::expire(store::Transaction& transaction, const model::Entity& entity, Time until,
                                          std::size_t limit) {
  const Table* table = core_.table(entity);
  if (table == nullptr || entity.kept_days == 0) return internal("The entity does not expire");
  Work& work = Work::of(transaction);
  TRY_ASSIGN(const auto documents, oldest(work.db, *table, until, limit));
  for (const Document& document : documents) TRY(remove(work, *table, document));
  if (!documents.empty()) TRY(forget_columns(work, "expired"));
  return static_cast<std::int64_t>(documents.size());
}

Result<void> SqlDocuments::erase(store::Transaction& transaction, const Document& document) {
  const Table* table = core_.table(*document.entity);
  if (table == nullptr) return internal("The entity has no table");
  Work& work = Work::of(transaction);
  Query newest = work.db.query("SELECT max(id) FROM doc");
  TRY_ASSIGN(const bool any, newest.step());
  if (!any || newest.integer(0) == document.row) return internal("The newest document of the store stays");
  TRY(remove(work, *table, document));
  return forget_columns(work, "epoch");
}

}  // namespace maestro::store_sql
