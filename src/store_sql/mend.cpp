#include "store_sql/check.h"
#include "store_sql/schema.h"

namespace maestro::store_sql {
namespace {

using Mend = Problem::Mend;

Result<void> count_rows(Session& session, const Table& table) {
  return in_transaction(session, [&]() -> Result<void> {
    TRY(session.query("DELETE FROM cnt WHERE kind = ?").bind(table.kind).run());
    return session.execute(fmt::format(
        "INSERT INTO cnt (kind, acl, active, n) SELECT {}, acl, active, count(*) FROM \"{}\" GROUP BY acl, active",
        table.kind, table.name));
  });
}

Result<void> write_entries(Session& session) {
  return in_transaction(session, [&]() -> Result<void> {
    TRY(session.execute("DELETE FROM acl_entry"));
    std::vector<std::tuple<std::int64_t, std::string, std::int64_t>> entries;
    {
      Query query = session.stream(Sql("SELECT id, entries FROM acl_set"));
      for (;;) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        const auto roles = roles_by_principal(query.text(1));
        if (!roles) continue;
        for (const auto& [principal, role] : *roles) entries.emplace_back(query.integer(0), principal, role);
      }
    }
    for (const auto& [set, principal, role] : entries) {
      TRY(session.query("INSERT INTO acl_entry (principal, acl, role) VALUES (?, ?, ?)")
              .bind(Blob{principal}, set, role)
              .run());
    }
    return {};
  });
}

Result<void> make_core_indexes(Session& session) {
  for (const Index& index : core_indexes(session.dialect())) {
    TRY_ASSIGN(const auto present, session.dialect().indexes(session, index.table));
    if (!present.contains(index.name)) TRY(session.execute(index.sql));
  }
  return {};
}

/// No number is given twice.
Result<void> raise_numbers(Session& session) {
  return in_transaction(session, [&]() -> Result<void> {
    for (const auto& [name, highest] : {std::pair("rev", "SELECT coalesce(max(rev), 0) FROM doc"),
                                        std::pair("seq", "SELECT coalesce(max(seq), 0) FROM run")}) {
      std::int64_t value = 0;
      {
        Query query = session.query(highest);
        TRY(query.step());
        value = query.integer(0);
      }
      TRY(session
              .query("INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = CASE "
                     "WHEN counter.value < excluded.value THEN excluded.value ELSE counter.value END")
              .bind(name, value)
              .run());
    }
    TRY_ASSIGN(const auto tables, session.dialect().tables(session));
    for (const StoredTable& table : tables) {
      if (!table.numbered) continue;
      std::int64_t highest = 0;
      {
        Query query = session.query(Sql(fmt::format("SELECT coalesce(max(id), 0) FROM \"{}\"", table.name)));
        TRY(query.step());
        highest = query.integer(0);
      }
      if (highest > table.last) TRY(session.dialect().number_after(session, table.name, highest));
    }
    return {};
  });
}

}  // namespace

std::optional<std::map<std::string, std::int64_t>> roles_by_principal(std::string_view entries) {
  const auto parsed = json::parse(entries);
  if (!parsed.ok() || !parsed->is_array()) return std::nullopt;
  std::map<std::string, std::int64_t> out;
  for (const json::Value& entry : parsed->get_array()) {
    const json::Array* row = entry.if_array();
    if (row == nullptr || row->size() < 3 || !(*row)[0].is_int64() || !(*row)[1].is_string() || !(*row)[2].is_int64())
      return std::nullopt;
    const auto kind = static_cast<Principal::Kind>((*row)[0].get_int64());
    const std::int64_t role = (*row)[2].get_int64();
    if (kind == Principal::Kind::kNobody || role <= 0) continue;
    const auto id = ObjectId::parse(std::string_view((*row)[1].get_string()));
    std::int64_t& held = out[owner_bytes({kind, id.value_or(ObjectId())})];
    held = std::max(held, role);
  }
  return out;
}

Result<std::vector<std::string>> mend(Session& session, std::span<const Table> tables,
                                      std::span<const Problem> problems) {
  std::vector<std::string> done;
  const auto wanted = [&](Mend mend) {
    return std::any_of(problems.begin(), problems.end(), [&](const Problem& one) { return one.mend == mend; });
  };
  const auto tables_of = [&](Mend mend) {
    std::set<const Table*> out;
    for (const Problem& problem : problems)
      if (problem.mend == mend) out.insert(problem.table);
    return out;
  };
  // Damaged indexes first: what follows reads through them.
  if (wanted(Mend::kStorage)) {
    TRY(session.dialect().mend_storage(session));
    done.emplace_back("indexes that the engine found damaged were built again");
  }
  if (wanted(Mend::kSchema)) {
    // In one transaction: beside others an index is built only when nobody waits for this session.
    TRY(in_transaction(session, [&]() -> Result<void> {
      TRY(prepare_schema(session));
      return {};
    }));
    done.emplace_back("columns and indexes were brought to the declarations");
  }
  if (wanted(Mend::kIndexes)) {
    TRY(make_core_indexes(session));
    done.emplace_back("missing indexes were built");
  }
  std::set<const Table*> stale = tables_of(Mend::kRows);
  if (wanted(Mend::kSearch)) {
    TRY(session.execute("DELETE FROM search"));
    for (const Table& table : tables)
      if (table.kind != 0) stale.insert(&table);
  }
  for (const Table* table : stale) {
    TRY(derive_rows(session, *table));
    done.push_back(
        fmt::format("{}: columns, list and search texts and counts by value were derived from the bodies again",
                    table->entity->name));
  }
  if (!stale.empty()) TRY(in_transaction(session, [&] { return session.dialect().fill_search(session); }));
  for (const Table* table : tables_of(Mend::kCounts)) {
    TRY(count_rows(session, *table));
    done.push_back(fmt::format("{}: rows were counted again", table->entity->name));
  }
  if (wanted(Mend::kEntries)) {
    TRY(write_entries(session));
    done.emplace_back("access entries were written from their sets again; restart what serves this store");
  }
  if (wanted(Mend::kNumbers)) {
    TRY(raise_numbers(session));
    done.emplace_back("counters were raised beyond what is in use");
  }
  // Whoever keeps columns in memory reads them again.
  if (!done.empty()) {
    TRY(in_transaction(session, [&] {
      return session.execute(
          "INSERT INTO counter (name, value) VALUES ('epoch', 1) "
          "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1");
    }));
  }
  return done;
}

}  // namespace maestro::store_sql
