// Schedules and jobs: what must be done by exactly one of any number of claimers.
#include "store_sql/ports.h"

namespace maestro::store_sql {

using store::Job;
using store::Schedule;

namespace {

constexpr const char* kScheduleColumns = "SELECT id, connection, task, enabled, every, period, next_at FROM schedule ";

std::string select_schedules(std::string_view where) { return fmt::format("{}{}", kScheduleColumns, where); }

Result<std::vector<Schedule>> all(Query& query) {
  std::vector<Schedule> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.push_back({query.integer(0), query.object_id(1), query.string(2), query.integer(3) != 0, query.small(4),
                   query.string(5), query.time(6)});
  }
}

Error lost() { return conflict("The lease of this job was lost to another worker"); }

}  // namespace

Result<void> SqlLedger::insert_schedule(store::Transaction& transaction, Schedule& schedule) {
  Session& db = Work::of(transaction).db;
  Query query = db.query(
      "INSERT INTO schedule (connection, task, enabled, every, period, next_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING "
      "id");
  query.bind(schedule.connection, schedule.task, schedule.enabled, schedule.every, schedule.period, schedule.next_at);
  TRY_ASSIGN(schedule.id, inserted(query));
  return {};
}

Result<void> SqlLedger::update_schedule(store::Transaction& transaction, const Schedule& schedule) {
  Session& db = Work::of(transaction).db;
  TRY(db.query("UPDATE schedule SET task = ?, enabled = ?, every = ?, period = ?, next_at = ? WHERE id = ?")
          .bind(schedule.task, schedule.enabled, schedule.every, schedule.period, schedule.next_at, schedule.id)
          .run());
  if (db.changes() != 1) return not_found("No such schedule");
  return {};
}

Result<void> SqlLedger::delete_schedules(store::Transaction& transaction, const ObjectId& connection) {
  return Work::of(transaction).db.query("DELETE FROM schedule WHERE connection = ?").bind(connection).run();
}

Result<std::vector<Schedule>> SqlLedger::schedules(const Context& context, const ObjectId& connection) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(select_schedules("WHERE connection = ? ORDER BY id"));
  query.bind(connection);
  return all(query);
}

Result<std::vector<Schedule>> SqlLedger::due(const Context& context, Time now, std::size_t limit) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(select_schedules("WHERE enabled = 1 AND next_at <= ? ORDER BY next_at, id LIMIT ?"));
  query.bind(now, static_cast<std::int64_t>(limit));
  return all(query);
}

Result<bool> SqlLedger::claim(store::Transaction& transaction, const Schedule& as_read, Time next_at) {
  Session& db = Work::of(transaction).db;
  TRY(db.query("UPDATE schedule SET next_at = ? WHERE id = ? AND next_at = ? AND enabled = 1")
          .bind(next_at, as_read.id, as_read.next_at)
          .run());
  return db.changes() == 1;
}

Result<void> SqlLedger::enqueue(store::Transaction& transaction, Job& job) {
  Session& db = Work::of(transaction).db;
  Query query = db.query(
      "INSERT INTO job (type, lane, payload, run_at, due, attempt, worker, lease_until) "
      "VALUES (?, ?, ?, ?, ?, ?, '', 0) RETURNING id");
  query.bind(job.type, job.lane, json::write(job.payload), job.run_at, job.run_at, job.attempt);
  TRY_ASSIGN(job.id, inserted(query));
  return {};
}

namespace {

/// `due` is when somebody may take the job: its time, or the end of the lease on it. `which` says where the job lies.
Result<std::optional<Job>> lease_job(Core& core, const Context& context, std::string_view which, std::string_view lane,
                                     std::string_view worker, Millis lease) {
  const std::string claim = fmt::format(
      "UPDATE job SET worker = ?2, attempt = attempt + 1, lease_until = ?3, due = ?3 WHERE {} "
      "RETURNING id, type, lane, payload, run_at, attempt, worker, lease_until",
      which);
  std::optional<Job> claimed;
  TRY(core.engine.write_aside(context, [&](Session& db) -> Result<void> {
    const Time now = core.clock.now();
    claimed.reset();
    Query query = db.query(claim);
    query.bind(lane, worker, now + lease, now);
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return {};
    Job job;
    job.id = query.integer(0);
    job.type = query.string(1);
    job.lane = query.string(2);
    job.payload = std::move(json::parse_trusted(query.text(3)).as_object());
    job.run_at = query.time(4);
    job.attempt = query.small(5);
    job.worker = query.string(6);
    job.lease_until = query.time(7);
    claimed = std::move(job);
    return query.run();
  }));
  return claimed;
}

}  // namespace

Result<std::optional<Job>> SqlLedger::claim_job(const Context& context, std::string_view lane, std::string_view worker,
                                                Millis lease) {
  return lease_job(core_, context,
                   fmt::format("id = (SELECT id FROM job WHERE lane = ?1 AND due <= ?4 ORDER BY due, id LIMIT 1{})",
                               core_.engine.dialect().skip_locked()),
                   lane, worker, lease);
}

Result<std::optional<Job>> SqlLedger::claim_next(const Context& context, std::string_view lane, std::string_view worker,
                                                 Millis lease) {
  // Two claimers find the same job; the second one then sees that it is no longer due.
  return lease_job(core_, context, "id = (SELECT min(id) FROM job WHERE lane = ?1) AND due <= ?4", lane, worker, lease);
}

Result<bool> SqlLedger::extend_job(const Context& context, const Job& job, Millis lease) {
  bool held = false;
  TRY(core_.engine.write_aside(context, [&](Session& db) -> Result<void> {
    TRY(db.query("UPDATE job SET lease_until = ?1, due = ?1 WHERE id = ?2 AND worker = ?3 AND attempt = ?4")
            .bind(core_.clock.now() + lease, job.id, job.worker, job.attempt)
            .run());
    held = db.changes() == 1;
    return {};
  }));
  return held;
}

Result<void> SqlLedger::check_lease(store::Transaction& transaction, const Job& job) {
  // The attempt is the fence: it grows with each claim, so it stands still exactly as long as nobody else took the job.
  Query query = Work::of(transaction).db.query("SELECT 1 FROM job WHERE id = ? AND worker = ? AND attempt = ?");
  query.bind(job.id, job.worker, job.attempt);
  TRY_ASSIGN(const bool held, query.step());
  if (!held) return lost();
  return {};
}

Result<void> SqlLedger::finish_job(store::Transaction& transaction, const Job& job) {
  Session& db = Work::of(transaction).db;
  TRY(db.query("DELETE FROM job WHERE id = ? AND worker = ? AND attempt = ?")
          .bind(job.id, job.worker, job.attempt)
          .run());
  if (db.changes() != 1) return lost();
  return {};
}

Result<void> SqlLedger::release_job(store::Transaction& transaction, const Job& job, Time run_at) {
  Session& db = Work::of(transaction).db;
  TRY(db.query("UPDATE job SET worker = '', lease_until = 0, run_at = ?1, due = ?1 WHERE id = ?2 AND worker = ?3 AND "
               "attempt = ?4")
          .bind(run_at, job.id, job.worker, job.attempt)
          .run());
  if (db.changes() != 1) return lost();
  return {};
}

Result<std::int64_t> SqlLedger::waiting_jobs(const Context& context, std::string_view lane) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query("SELECT count(*) FROM job WHERE lane = ? AND (worker = '' OR lease_until <= ?)");
  query.bind(lane, core_.clock.now());
  TRY(query.step());
  return query.integer(0);
}

}  // namespace maestro::store_sql
