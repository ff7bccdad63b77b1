#include "store_sql/check.h"

#include "base/crypto.h"
#include "store/search_text.h"
#include "store_sql/ports.h"
#include "store_sql/store.h"

namespace maestro::store_sql {
namespace {

using Mend = Problem::Mend;
using Problems = std::vector<Problem>;

constexpr int kClockMs = 60'000;  // that clocks of several machines may differ

Result<void> expect_none(Session& db, const std::string& sql, std::string_view words, Problems& out,
                         Mend mend = Mend::kNothing, const Table* table = nullptr) {
  Query query = db.query(Sql(sql));
  TRY(query.step());
  if (query.integer(0) != 0) out.push_back({fmt::format("{}: {}", words, query.integer(0)), mend, table});
  return {};
}

/// Documents of one kind against their narrow rows and counts.
Result<void> check_table(Session& db, const Table& table, Problems& out) {
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
      fmt::format("{}: counts that differ from the rows", name), out, Mend::kCounts, &table));
  return expect_none(db,
                     fmt::format("SELECT count(*) FROM (SELECT acl, active, n FROM cnt WHERE kind = {1} EXCEPT "
                                 "SELECT acl, active, count(*) AS n FROM \"{0}\" GROUP BY acl, active) x",
                                 table.name, table.kind),
                     fmt::format("{}: counts of rows that are not there", name), out, Mend::kCounts, &table);
}

/// Counts by value against the rows.
Result<void> check_facets(Session& db, const Table& table, Problems& out) {
  for (const std::size_t column : table.facets) {
    const std::string counted = fmt::format("SELECT active, value, n FROM facet WHERE kind = {} AND field = '{}'",
                                            table.kind, table.columns[column]);
    const std::string rows =
        fmt::format("SELECT active, {0}, count(*) FROM \"{1}\" WHERE {0} IS NOT NULL GROUP BY active, {0}",
                    table.columns[column], table.name);
    TRY(expect_none(db,
                    fmt::format("SELECT (SELECT count(*) FROM ({0} EXCEPT {1}) x) + (SELECT count(*) FROM ({1} EXCEPT "
                                "{0}) y)",
                                counted, rows),
                    fmt::format("{}: counts of {} that differ from the rows", table.entity->name,
                                store::columns(*table.entity)[column].path),
                    out, Mend::kRows, &table));
  }
  return {};
}

bool same_value(const Query& query, int at, const store::ColumnValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return !query.null(at) && query.text(at) == *text;
  if (const auto* real = std::get_if<double>(&value)) return !query.null(at) && query.real(at) == *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return !query.null(at) && query.integer(at) == *integer;
  return query.null(at);
}

/// Address rows in any order, in few bytes.
struct AddressSum {
  std::int64_t rows = 0;
  std::size_t sum = 0;
  void add(std::int64_t row, std::string_view lo, std::string_view hi) {
    ++rows;
    sum += std::hash<std::string>()(fmt::format("{} {}{}", row, lo, hi));
  }
  void add(std::int64_t row, const store::SearchText& text) {
    std::map<std::string, std::string> ranges;  // of two that begin alike the longer one is kept
    const auto bytes = [](const IpBytes& address) { return std::string(address.begin(), address.end()); };
    for (const IpNetwork& network : text.addresses) {
      std::string& hi = ranges[bytes(network.first())];
      hi = std::max(hi, bytes(network.last()));
    }
    for (const auto& [lo, hi] : ranges) add(row, lo, hi);
  }
  bool operator==(const AddressSum&) const = default;
};

/// Columns, list and search texts against what the bodies say now.
Result<void> check_derived(Session& db, const Table& table, AddressSum& addresses, Problems& out) {
  std::string sql = table.select_sql;
  std::string columns = ", d.list_json, n.odd";
  for (const std::string& column : table.columns) columns += ", n." + column;
  columns += ", s.kind, s.acl, s.active, s.text";
  sql.insert(sql.find(" FROM "), columns);
  sql += " LEFT JOIN search s ON s.id = n.id";
  std::int64_t stale = 0, odd = 0;
  {
    Query query = db.stream(Sql(sql));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      const store::Document document = read_document(table, query);
      const std::int64_t expected = odd_of(document);
      odd |= expected;
      bool same = query.text(11) == store::list_text(document) && query.integer(12) == expected;
      int at = 13;
      for (const store::Column& column : store::columns(*table.entity))
        same = same_value(query, at++, store::column_value(document, column)) && same;
      const store::SearchText text = store::search_text(document);
      addresses.add(document.row, text);
      same = same && query.integer(at) == table.kind && query.integer(at + 1) == document.access &&
             (query.integer(at + 2) != 0) == document.active && query.text(at + 3) == text.text;
      if (!same) ++stale;
    }
  }
  if (stale != 0) {
    out.push_back(
        {fmt::format("{}: rows that differ from their bodies: {}", table.entity->name, stale), Mend::kRows, &table});
  }
  Query kind = db.query("SELECT odd FROM kind WHERE id = ?");
  kind.bind(table.kind);
  TRY(kind.step());
  if ((kind.integer(0) & odd) != odd) {
    out.push_back({fmt::format("{}: columns count as exact that are not", table.entity->name), Mend::kRows, &table});
  }
  return {};
}

Result<void> check_search(Session& db, const AddressSum& expected, Problems& out) {
  TRY(expect_none(db, "SELECT count(*) FROM search s WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.id = s.id)",
                  "search texts of unknown rows", out, Mend::kSearch));
  AddressSum found;
  Query query = db.stream(Sql("SELECT id, lo, hi FROM address"));
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) break;
    found.add(query.integer(0), query.text(1), query.text(2));
  }
  if (!(found == expected)) out.push_back({"addresses that differ from the bodies", Mend::kSearch});
  return {};
}

Result<void> check_indexes(Session& db, std::span<const Table> tables, Problems& out) {
  const Dialect& dialect = db.dialect();
  for (const Table& table : tables) {
    TRY_ASSIGN(const auto present, dialect.indexes(db, table.name));
    for (const Index& index : table.indexes) {
      const auto found = present.find(index.name);
      if (found == present.end() || found->second != index.sql) {
        out.push_back(
            {fmt::format("{}: index {} is missing or not as declared", table.entity->name, index.name), Mend::kSchema});
      }
    }
  }
  for (const Index& index : core_indexes(dialect)) {
    TRY_ASSIGN(const auto present, dialect.indexes(db, index.table));
    if (!present.contains(index.name))
      out.push_back({fmt::format("{}: index {} is missing", index.table, index.name), Mend::kIndexes});
  }
  return {};
}

using Entries = std::vector<std::tuple<std::int64_t, std::string, std::int64_t>>;

/// Access sets against the hashes that find them and the entries that lists go by.
Result<void> check_access(Session& db, Problems& out) {
  Entries expected, found;
  std::int64_t changed = 0;
  {
    Query query = db.stream(Sql("SELECT id, hash, entries FROM acl_set ORDER BY id"));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      const auto roles = roles_by_principal(query.text(2));
      if (!roles || crypto::sha256(query.text(2)) != query.text(1)) ++changed;
      if (!roles) continue;
      for (const auto& [principal, role] : *roles) expected.emplace_back(query.integer(0), principal, role);
    }
  }
  {
    Query query = db.stream(Sql("SELECT acl, principal, role FROM acl_entry"));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      found.emplace_back(query.integer(0), query.string(1), query.integer(2));
    }
  }
  if (changed != 0) out.push_back({.words = fmt::format("access sets that are not what their hash says: {}", changed)});
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  Entries different;
  std::set_symmetric_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                                std::back_inserter(different));
  if (!different.empty()) {
    out.push_back(
        {fmt::format("access entries that differ from their sets: {}", different.size()), Mend::kEntries, nullptr});
  }
  return {};
}

Result<void> check_history(Session& db, Problems& out) {
  TRY(expect_none(db, "SELECT count(*) FROM history h WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.id = h.row)",
                  "history of unknown rows", out));
  TRY(expect_none(db,
                  "SELECT count(*) FROM history h JOIN doc d ON d.id = h.row WHERE d.oid <> h.oid OR d.kind <> h.kind",
                  "history that names another document", out));
  // In the order of one document's history, neither is time turned back nor a beginning in the middle.
  TRY(expect_none(db,
                  fmt::format("SELECT count(*) FROM (SELECT at, lag(at) OVER (PARTITION BY row ORDER BY id) AS before "
                              "FROM history) x WHERE at < before - {}",
                              kClockMs),
                  "history that is older than what came before it", out));
  return expect_none(db,
                     "SELECT count(*) FROM (SELECT verb, lag(verb) OVER (PARTITION BY row ORDER BY id) AS before FROM "
                     "history) x WHERE verb = 'create' AND before IS NOT NULL",
                     "creations that are not the first of their document", out);
}

Result<void> check_ledger(Session& db, Problems& out) {
  TRY(expect_none(db, "SELECT count(*) FROM sighting g WHERE NOT EXISTS (SELECT 1 FROM scope s WHERE s.id = g.scope)",
                  "sightings of unknown scopes", out));
  TRY(expect_none(db, "SELECT count(*) FROM sighting g WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.id = g.row)",
                  "sightings of unknown rows", out));
  TRY(expect_none(db, "SELECT count(*) FROM run_scope r WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.oid = r.run)",
                  "scopes of unknown runs", out));
  TRY(expect_none(db, "SELECT count(*) FROM secret s WHERE NOT EXISTS (SELECT 1 FROM doc d WHERE d.oid = s.document)",
                  "secrets of unknown documents", out));
  TRY(expect_none(db,
                  "SELECT count(*) FROM credential c WHERE NOT EXISTS (SELECT 1 FROM doc d JOIN kind k ON k.id = "
                  "d.kind WHERE d.oid = c.\"user\" AND k.name = 'users')",
                  "passwords of unknown users", out));
  for (const auto& [table, words] : {std::pair("administrator", "administrators"), std::pair("login", "sessions"),
                                     std::pair("api_token", "API tokens")}) {
    TRY(expect_none(db,
                    fmt::format("SELECT count(*) FROM {} x WHERE NOT EXISTS (SELECT 1 FROM doc d JOIN kind k ON k.id = "
                                "d.kind WHERE d.oid = x.\"user\" AND k.name = 'users')",
                                table),
                    fmt::format("{} of unknown users", words), out));
  }
  TRY(expect_none(db,
                  "SELECT count(*) FROM doc WHERE rev > coalesce((SELECT value FROM counter WHERE name = 'rev'), 0)",
                  "revisions beyond the counter", out, Mend::kNumbers));
  return expect_none(db,
                     "SELECT count(*) FROM run WHERE seq > coalesce((SELECT value FROM counter WHERE name = 'seq'), 0)",
                     "run changes beyond the counter", out, Mend::kNumbers);
}

Result<void> check_numbers(Session& db, Problems& out) {
  TRY_ASSIGN(const auto tables, db.dialect().tables(db));
  for (const StoredTable& table : tables) {
    if (!table.numbered || table.name == "doc") continue;  // Work::next_row() numbers documents
    Query query = db.query(Sql(fmt::format("SELECT coalesce(max(id), 0) FROM \"{}\"", table.name)));
    TRY(query.step());
    if (query.integer(0) > table.last)
      out.push_back({fmt::format("{}: its next number is taken already", table.name), Mend::kNumbers});
  }
  return {};
}

}  // namespace

Result<std::vector<Problem>> find_problems(Session& session, std::span<const Table> tables) {
  Problems out;
  std::vector<std::string> damage;
  TRY(session.dialect().check_storage(session, damage));
  for (std::string& words : damage) out.push_back({std::move(words), Mend::kStorage});
  AddressSum addresses;
  bool all = true;
  for (const Table& table : tables) {
    if (table.kind == 0) {
      all = false;
      out.push_back({fmt::format("{}: columns or list texts are not as declared", table.entity->name), Mend::kSchema});
      continue;
    }
    TRY(check_table(session, table, out));
    TRY(check_facets(session, table, out));
    TRY(check_derived(session, table, addresses, out));
  }
  if (all) TRY(check_search(session, addresses, out));
  TRY(check_indexes(session, tables, out));
  TRY(check_access(session, out));
  TRY(check_history(session, out));
  TRY(check_ledger(session, out));
  TRY(check_numbers(session, out));
  return out;
}

Result<std::vector<std::string>> check(store::Store& store, const Context& context) {
  Core& core = SqlStore::of(store).core();
  TRY_ASSIGN(auto db, core.engine.read(context, true));
  TRY_ASSIGN(const auto problems, find_problems(*db, core.tables));
  std::vector<std::string> out;
  for (const Problem& problem : problems) out.push_back(problem.words);
  return out;
}

}  // namespace maestro::store_sql
