#include "store/search_text.h"
#include "store_sql/ports.h"
#include "store_sql/store.h"

namespace maestro::store_sql {
namespace {

Result<void> expect_none(Session& db, const std::string& sql, std::string_view words, std::vector<std::string>& out) {
  Query query = db.query(Sql(sql));
  TRY(query.step());
  if (query.integer(0) != 0) out.push_back(fmt::format("{}: {}", words, query.integer(0)));
  return {};
}

/// Documents of one kind against their narrow rows and counts.
Result<void> check_table(Session& db, const Table& table, std::vector<std::string>& out) {
  const std::string_view name = table.entity->name;
  TRY(expect_none(db,
                  fmt::format("SELECT count(*) FROM \"{}\" n WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.id = n.id "
                              "AND d.oid = n.oid AND d.kind = {})",
                              table.name, table.kind),
                  fmt::format("{}: rows without a body", name), out));
  TRY(expect_none(
      db,
      fmt::format(
          "SELECT count(*) FROM doc d WHERE d.kind = {} AND NOT EXISTS (SELECT 1 FROM \"{}\" n WHERE n.id = d.id)",
          table.kind, table.name),
      fmt::format("{}: bodies without a row", name), out));
  TRY(expect_none(
      db,
      fmt::format(
          "SELECT count(*) FROM \"{}\" n WHERE n.acl <> 0 AND NOT EXISTS (SELECT 1 FROM acl_set a WHERE a.id = n.acl)",
          table.name),
      fmt::format("{}: rows with an unknown access set", name), out));
  TRY(expect_none(
      db,
      fmt::format("SELECT count(*) FROM (SELECT acl, active, count(*) AS n FROM \"{0}\" GROUP BY acl, active EXCEPT "
                  "SELECT acl, active, n FROM cnt WHERE kind = {1}) x",
                  table.name, table.kind),
      fmt::format("{}: counts that differ from the rows", name), out));
  return expect_none(db,
                     fmt::format("SELECT count(*) FROM (SELECT acl, active, n FROM cnt WHERE kind = {1} EXCEPT "
                                 "SELECT acl, active, count(*) AS n FROM \"{0}\" GROUP BY acl, active) x",
                                 table.name, table.kind),
                     fmt::format("{}: counts of rows that are not there", name), out);
}

/// Counts by value against the rows.
Result<void> check_facets(Session& db, const Table& table, std::vector<std::string>& out) {
  for (const std::size_t column : table.facets) {
    const std::string counted = fmt::format("SELECT active, value, n FROM facet WHERE kind = {} AND field = '{}'",
                                            table.kind, table.columns[column]);
    const std::string rows =
        fmt::format("SELECT active, {0}, count(*) FROM \"{1}\" WHERE {0} IS NOT NULL GROUP BY active, {0}",
                    table.columns[column], table.name);
    for (const auto& [left, right] : {std::pair(counted, rows), std::pair(rows, counted)}) {
      TRY(expect_none(db, fmt::format("SELECT count(*) FROM ({} EXCEPT {}) x", left, right),
                      fmt::format("{}: counts of {} that differ from the rows", table.entity->name,
                                  store::columns(*table.entity)[column].path),
                      out));
    }
  }
  return {};
}

/// Columns and list texts against what the bodies say now.
Result<void> check_derived(Session& db, const Table& table, std::vector<std::string>& out) {
  std::string sql = table.select_sql;
  std::string columns = ", d.list_json, n.odd";
  for (const std::string& column : table.columns) columns += ", n." + column;
  columns += ", s.kind, s.acl, s.active, s.text";
  sql.insert(sql.find(" FROM "), columns);
  sql += " LEFT JOIN search s ON s.id = n.id";
  std::int64_t stale = 0;
  Query query = db.query(Sql(sql));
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) break;
    const store::Document document = read_document(table, query);
    bool same = query.text(11) == store::list_text(document) && query.integer(12) == odd_of(document);
    int at = 13;
    for (const store::Column& column : store::columns(*table.entity)) {
      const store::ColumnValue value = store::column_value(document, column);
      if (const auto* text = std::get_if<std::string>(&value))
        same = same && query.text(at) == *text;
      else if (const auto* real = std::get_if<double>(&value))
        same = same && query.real(at) == *real;
      else
        same = same && query.null(at);
      ++at;
    }
    same = same && query.integer(at) == table.kind && query.integer(at + 1) == document.access &&
           (query.integer(at + 2) != 0) == document.active && query.text(at + 3) == store::search_text(document).text;
    if (!same) ++stale;
  }
  if (stale != 0) out.push_back(fmt::format("{}: rows that differ from their bodies: {}", table.entity->name, stale));
  return {};
}

}  // namespace

Result<std::vector<std::string>> check(store::Store& store, const Context& context) {
  Core& core = SqlStore::of(store).core();
  TRY_ASSIGN(auto db, core.engine.read(context, true));
  std::vector<std::string> out;
  TRY(core.engine.dialect().check_storage(*db, out));
  for (const Table& table : core.tables) {
    TRY(check_table(*db, table, out));
    TRY(check_facets(*db, table, out));
    TRY(check_derived(*db, table, out));
  }
  TRY(expect_none(*db, "SELECT count(*) FROM history h WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.id = h.row)",
                  "history of unknown rows", out));
  TRY(expect_none(*db, "SELECT count(*) FROM sighting g WHERE NOT EXISTS (SELECT 1 FROM scope s WHERE s.id = g.scope)",
                  "sightings of unknown scopes", out));
  TRY(expect_none(*db, "SELECT count(*) FROM sighting g WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.id = g.row)",
                  "sightings of unknown rows", out));
  TRY(expect_none(*db, "SELECT count(*) FROM run_scope r WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.oid = r.run)",
                  "scopes of unknown runs", out));
  TRY(expect_none(*db, "SELECT count(*) FROM doc WHERE rev > (SELECT value FROM counter WHERE name = 'rev')",
                  "revisions beyond the counter", out));
  TRY(expect_none(*db, "SELECT count(*) FROM run WHERE seq > (SELECT value FROM counter WHERE name = 'seq')",
                  "run changes beyond the counter", out));
  return out;
}

}  // namespace maestro::store_sql
