#include <bit>

#include "base/text.h"
#include "store_sql/ports.h"

namespace maestro::store_sql {

using store::Run;
using store::RunScope;

namespace {

constexpr const char* kRunColumns =
    "SELECT oid, connection, task, cause, by, by_name, state, message, cancel, created, started, finished, counts, seq "
    "FROM run ";
constexpr const char* kScopeColumns =
    "SELECT r.id, r.run, r.scope, s.resource, s.region, r.state, r.attempt, r.pages, r.counts, r.message, "
    "r.error_code, r.hint,"
    " r.held, r.started, r.finished, r.next_attempt, r.approved FROM run_scope r JOIN scope s ON s.id = r.scope ";

std::string select_runs(std::string_view where) { return fmt::format("{}{}", kRunColumns, where); }
std::string select_scopes(std::string_view where) { return fmt::format("{}{}", kScopeColumns, where); }

std::string counts_text(const store::Counts& counts) { return json::write(counts.to_json()); }
store::Counts counts_from(std::string_view text) {
  return store::Counts::from_json(json::parse_trusted(text).as_object());
}
store::RunState state_from(std::string_view text) {
  return store::run_state_from_name(text).value_or(store::RunState::kFailed);
}

Run read_run(const Query& row) {
  Run run;
  run.id = row.object_id(0);
  run.connection = row.object_id(1);
  run.task = row.string(2);
  run.trigger = row.string(3);
  run.by = row.object_id(4);
  run.by_name = row.string(5);
  run.state = state_from(row.text(6));
  run.message = row.string(7);
  run.cancel_requested = row.integer(8) != 0;
  run.created = row.time(9);
  run.started = row.maybe_time(10);
  run.finished = row.maybe_time(11);
  run.counts = counts_from(row.text(12));
  run.seq = row.integer(13);
  return run;
}

RunScope read_scope(const Query& row) {
  RunScope scope;
  scope.id = row.integer(0);
  scope.run = row.object_id(1);
  scope.scope = row.integer(2);
  scope.resource = row.string(3);
  scope.region = row.string(4);
  scope.state = state_from(row.text(5));
  scope.attempt = row.small(6);
  scope.pages = row.small(7);
  scope.counts = counts_from(row.text(8));
  scope.message = row.string(9);
  scope.error_code = row.string(10);
  scope.hint = row.string(11);
  if (const std::string_view held = row.text(12); !held.empty())
    scope.held = std::move(json::parse_trusted(held).as_object());
  scope.started = row.maybe_time(13);
  scope.finished = row.maybe_time(14);
  scope.next_attempt = row.maybe_time(15);
  scope.approved = row.integer(16) != 0;
  return scope;
}

template <typename T>
Result<std::vector<T>> all(Query& query, T (*read)(const Query&)) {
  std::vector<T> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.push_back(read(query));
  }
}

template <typename T>
Result<std::optional<T>> one(Query& query, T (*read)(const Query&)) {
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<T>();
  return std::optional(read(query));
}

Result<std::optional<Run>> find_run_in(Session& db, const ObjectId& id) {
  Query query = db.query(select_runs("WHERE oid = ?"));
  query.bind(id);
  return one<Run>(query, read_run);
}

Result<std::vector<RunScope>> scopes_in(Session& db, const ObjectId& run) {
  Query query = db.query(select_scopes("WHERE r.run = ? ORDER BY r.id"));
  query.bind(run);
  return all<RunScope>(query, read_scope);
}

/// A change of a scope is a change of its run, for those who follow runs.
Result<void> touch_run(Work& work, const ObjectId& run) {
  TRY_ASSIGN(const std::int64_t seq, work.next_seq());
  TRY(work.db.query("UPDATE run SET seq = ? WHERE oid = ?").bind(seq, run).run());
  if (work.db.changes() != 1) return not_found("No such run");
  return {};
}

}  // namespace

Result<void> SqlLedger::insert_run(store::Transaction& transaction, Run& run) {
  Work& work = Work::of(transaction);
  if (!run.id) run.id = ObjectId::generate();
  TRY_ASSIGN(run.seq, work.next_seq());
  return work.db
      .query(
          "INSERT INTO run (oid, connection, task, cause, by, by_name, state, final, message, cancel, created, "
          "started, finished,"
          " counts, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(run.id, run.connection, run.task, run.trigger, run.by, run.by_name, store::run_state_name(run.state),
            store::is_final(run.state), run.message, run.cancel_requested, run.created, run.started, run.finished,
            counts_text(run.counts), run.seq)
      .run();
}

Result<void> SqlLedger::update_run(store::Transaction& transaction, Run& run) {
  Work& work = Work::of(transaction);
  TRY_ASSIGN(run.seq, work.next_seq());
  TRY(work.db
          .query("UPDATE run SET state = ?, final = ?, message = ?, cancel = ?, started = ?, finished = ?, counts = ?, "
                 "seq = ? WHERE oid = ?")
          .bind(store::run_state_name(run.state), store::is_final(run.state), run.message, run.cancel_requested,
                run.started, run.finished, counts_text(run.counts), run.seq, run.id)
          .run());
  if (work.db.changes() != 1) return not_found("No such run");
  return {};
}

Result<std::int64_t> SqlLedger::intern_scope(store::Transaction& transaction, const ObjectId& connection,
                                             std::string_view resource, std::string_view region) {
  Query query =
      Work::of(transaction)
          .db.query(
              "INSERT INTO scope (connection, resource, region) VALUES (?, ?, ?) "
              "ON CONFLICT (connection, resource, region) DO UPDATE SET region = excluded.region RETURNING id");
  query.bind(connection, resource, region);
  TRY(query.step());
  const std::int64_t id = query.integer(0);
  TRY(query.run());
  return id;
}

Result<void> SqlLedger::insert_scope(store::Transaction& transaction, const ObjectId& connection, RunScope& scope) {
  Work& work = Work::of(transaction);
  TRY_ASSIGN(scope.scope, intern_scope(transaction, connection, scope.resource, scope.region));
  Query query = work.db.query(
      "INSERT INTO run_scope (run, scope, state, attempt, pages, counts, message, error_code, hint, held, started, "
      "finished, next_attempt, approved) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
  query.bind(scope.run, scope.scope, store::run_state_name(scope.state), scope.attempt, scope.pages,
             counts_text(scope.counts), scope.message, scope.error_code, scope.hint,
             scope.held.empty() ? std::string() : json::write(scope.held), scope.started, scope.finished,
             scope.next_attempt, scope.approved);
  TRY_ASSIGN(scope.id, inserted(query));
  return touch_run(work, scope.run);
}

Result<void> SqlLedger::update_scope(store::Transaction& transaction, RunScope& scope) {
  Work& work = Work::of(transaction);
  TRY(work.db
          .query("UPDATE run_scope SET state = ?, attempt = ?, pages = ?, counts = ?, message = ?, error_code = ?, "
                 "hint = ?, held = ?,"
                 " started = ?, finished = ?, next_attempt = ?, approved = ? WHERE id = ?")
          .bind(store::run_state_name(scope.state), scope.attempt, scope.pages, counts_text(scope.counts),
                scope.message, scope.error_code, scope.hint,
                scope.held.empty() ? std::string() : json::write(scope.held), scope.started, scope.finished,
                scope.next_attempt, scope.approved, scope.id)
          .run());
  if (work.db.changes() != 1) return not_found("No such scope of a run");
  return touch_run(work, scope.run);
}

Result<std::optional<Run>> SqlLedger::find_run(const Context& context, const ObjectId& id) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  return find_run_in(*db, id);
}

Result<std::optional<Run>> SqlLedger::find_run(store::Transaction& transaction, const ObjectId& id) {
  return find_run_in(Work::of(transaction).db, id);
}

Result<std::optional<RunScope>> SqlLedger::find_scope(store::Transaction& transaction, std::int64_t id) {
  Query query = Work::of(transaction).db.query(select_scopes("WHERE r.id = ?"));
  query.bind(id);
  return one<RunScope>(query, read_scope);
}

Result<std::vector<RunScope>> SqlLedger::scopes(const Context& context, const ObjectId& run) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  return scopes_in(*db, run);
}

Result<std::vector<RunScope>> SqlLedger::scopes(store::Transaction& transaction, const ObjectId& run) {
  return scopes_in(Work::of(transaction).db, run);
}

Result<store::Ledger::RunPage> SqlLedger::runs(const Context& context, const ObjectId& connection, std::size_t limit,
                                               std::string_view cursor) {
  std::int64_t created = INT64_MAX;
  ObjectId id;
  if (!cursor.empty()) {
    const auto raw = text::from_base64(cursor);
    if (!raw || raw->size() != 20) return invalid("\"cursor\" is not a cursor of this list");
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | static_cast<unsigned char>((*raw)[i]);
    created = std::bit_cast<std::int64_t>(bits);
    id = ObjectId::from_bytes(raw->data() + 8);
  }
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(
      select_runs("WHERE connection = ? AND (created, oid) < (?, ?) ORDER BY created DESC, oid DESC LIMIT ?"));
  query.bind(connection, created, Blob{{reinterpret_cast<const char*>(id.bytes().data()), 12}},
             static_cast<std::int64_t>(limit + 1));
  RunPage page;
  TRY_ASSIGN(page.runs, all<Run>(query, read_run));
  if (page.runs.size() > limit) {
    page.runs.resize(limit);
    if (page.runs.empty()) return page;
    std::string next;
    const auto bits = std::bit_cast<std::uint64_t>(to_ms(page.runs.back().created));
    for (int shift = 56; shift >= 0; shift -= 8) next += static_cast<char>(bits >> shift);
    next.append(reinterpret_cast<const char*>(page.runs.back().id.bytes().data()), 12);
    page.next = text::to_base64url(next);
  }
  return page;
}

Result<std::vector<Run>> SqlLedger::latest_runs(const Context& context, std::span<const ObjectId> connections) {
  TRY_ASSIGN(auto db, core_.engine.read(context, true));
  std::vector<Run> out;
  for (const ObjectId& connection : connections) {
    Query query =
        db->query(select_runs("WHERE id IN (SELECT (SELECT id FROM run r WHERE r.connection = ?1 AND r.task = t.task "
                              "ORDER BY r.created DESC, r.oid DESC LIMIT 1) "
                              "FROM (SELECT DISTINCT task FROM run WHERE connection = ?1) t) ORDER BY task"));
    query.bind(connection);
    TRY_ASSIGN(auto runs, all<Run>(query, read_run));
    std::move(runs.begin(), runs.end(), std::back_inserter(out));
  }
  return out;
}

Result<std::vector<Run>> SqlLedger::open_runs(store::Transaction& transaction, const ObjectId& connection,
                                              std::string_view task) {
  Query query = Work::of(transaction)
                    .db.query(select_runs(
                        task.empty() ? "WHERE connection = ? AND final = 0 ORDER BY created, oid"
                                     : "WHERE connection = ? AND final = 0 AND task = ? ORDER BY created, oid"));
  query.bind(connection);
  if (!task.empty()) query.bind_one(task);
  return all<Run>(query, read_run);
}

Result<std::vector<Run>> SqlLedger::changed_runs(const Context& context, std::int64_t after, std::size_t limit) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(select_runs("WHERE seq > ? ORDER BY seq LIMIT ?"));
  query.bind(after, static_cast<std::int64_t>(limit));
  return all<Run>(query, read_run);
}

Result<std::int64_t> SqlLedger::last_seq(const Context& context) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query("SELECT value FROM counter WHERE name = 'seq'");
  TRY(query.step());
  return query.integer(0);
}

Result<void> SqlLedger::prune_runs(store::Transaction& transaction, const ObjectId& connection, std::string_view task,
                                   std::size_t keep) {
  Session& db = Work::of(transaction).db;
  std::vector<ObjectId> old;
  {
    Query query = db.query(
        "SELECT oid FROM run WHERE connection = ? AND task = ? AND final = 1 ORDER BY created DESC, oid DESC LIMIT "
        "9223372036854775807 "
        "OFFSET ?");
    query.bind(connection, task, static_cast<std::int64_t>(keep));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) break;
      old.push_back(query.object_id(0));
    }
  }
  for (const ObjectId& run : old) {
    TRY(db.query("DELETE FROM run_scope WHERE run = ?").bind(run).run());
    TRY(db.query("DELETE FROM run WHERE oid = ?").bind(run).run());
  }
  return {};
}

}  // namespace maestro::store_sql
