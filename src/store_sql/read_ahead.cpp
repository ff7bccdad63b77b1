// Read ahead: many rows with one statement, for transactions that go through a page.
#include "store_sql/core.h"

namespace maestro::store_sql {
namespace {

constexpr std::size_t kRows = 100;

}  // namespace

void ReadAhead::expect(const Table& table, std::vector<store::RowId> rows) {
  *this = {};
  table_ = &table;
  rows_ = std::move(rows);
  for (std::size_t i = 0; i < rows_.size(); ++i) places_.emplace(rows_[i], i);
}

std::vector<store::RowId> ReadAhead::next(store::RowId row) const {
  const auto place = places_.find(row);
  if (place == places_.end()) return {};
  const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(place->second);
  return {first, first + std::min<std::ptrdiff_t>(kRows, rows_.end() - first)};
}

Result<std::optional<store::Document>> ReadAhead::document(Session& session, store::RowId row) {
  if (documents_read_.insert(row).second) {
    std::vector<std::int64_t> rows;
    for (const store::RowId each : next(row))
      if (each == row || documents_read_.insert(each).second) rows.push_back(each);
    if (rows.empty()) return std::optional<store::Document>();
    Sql sql(table_->from_doc_sql);
    sql.add(" WHERE ").add(session.dialect().any_of("d.id", rows));
    Query query = session.often(sql);
    for (;;) {
      TRY_ASSIGN(const bool more, query.step());
      if (!more) break;
      store::Document document = read_document(*table_, query);
      const store::RowId id = document.row;
      documents_.emplace(id, std::move(document));
    }
  }
  // Given once: the next who asks sees what has been made of it.
  auto found = documents_.extract(row);
  if (found.empty()) return std::optional<store::Document>();
  return std::optional(std::move(found.mapped()));
}

Result<std::optional<std::vector<store::Seer>>> ReadAhead::seers(Session& session, store::RowId row) {
  using Seers = std::optional<std::vector<store::Seer>>;
  if (seers_read_.insert(row).second) {
    std::vector<std::int64_t> rows;
    for (const store::RowId each : next(row))
      if (each == row || seers_read_.insert(each).second) rows.push_back(each);
    if (rows.empty()) return Seers();
    for (const std::int64_t each : rows) seers_[each];
    Sql sql(
        "SELECT g.row, g.scope, g.key, s.connection, s.resource, s.region FROM sighting g JOIN scope s ON s.id = "
        "g.scope "
        "WHERE ");
    sql.add(session.dialect().any_of("g.row", rows)).add(" ORDER BY g.row, g.scope");
    Query query = session.often(sql);
    std::pair<store::RowId, std::int64_t> last;
    for (;;) {
      TRY_ASSIGN(const bool more, query.step());
      if (!more) break;
      const std::pair here(query.integer(0), query.integer(1));
      sightings_[{here.second, query.string(2)}] = here.first;
      // A scope may know a row by several keys.
      if (std::exchange(last, here) != here)
        seers_[here.first].push_back({query.object_id(3), query.string(4), query.string(5)});
    }
  }
  const auto found = seers_.find(row);
  return found == seers_.end() ? Seers() : Seers(found->second);
}

void ReadAhead::forget_seers(std::int64_t scope, std::string_view key, store::RowId row) {
  if (seers_.empty()) return;
  seers_.erase(row);
  const auto sighting = sightings_.find({scope, std::string(key)});
  if (sighting != sightings_.end()) seers_.erase(sighting->second);
}

}  // namespace maestro::store_sql
