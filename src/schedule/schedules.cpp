#include "schedule/schedules.h"

#include "base/log.h"
#include "schedule/timers.h"

namespace maestro::schedule {
namespace {

using store::Document;
using store::Schedule;
using store::Store;
using store::Transaction;

constexpr std::size_t kDueAtOnce = 500;

}  // namespace

Result<void> Schedules::create(Transaction& tx, const Document& connection) {
  TRY(store_.ledger().delete_schedules(tx, connection.id));
  TRY_ASSIGN(const Template form, read_template(store_, tx.context()));
  for (const provider::Resource* resource : tasks_of(runs_.packs(), connection)) {
    Schedule schedule = make_timer(*resource, connection.id, form, tx.now());
    TRY(store_.ledger().insert_schedule(tx, schedule));
    TRY(insert_document(tx, connection, form, schedule));
    if (discovery::is_enabled(connection)) {
      TRY_ASSIGN(const auto run, runs_.start(tx, connection, resource->task, discovery::kByCreation));
      static_cast<void>(run);
    }
  }
  return {};
}

Result<void> Schedules::refresh(Transaction& tx, const Document& connection) {
  TRY_ASSIGN(const auto stored, store_.ledger().schedules(tx.context(), connection.id));
  TRY_ASSIGN(const Template form, read_template(store_, tx.context()));
  std::vector<Schedule> wanted;
  bool same = true;
  const auto resources = tasks_of(runs_.packs(), connection);
  for (const provider::Resource* resource : resources) {
    const auto has =
        std::find_if(stored.begin(), stored.end(), [&](const Schedule& one) { return one.task == resource->task; });
    same = same && has != stored.end();
    wanted.push_back(has != stored.end() ? *has : make_timer(*resource, connection.id, form, tx.now()));
  }
  if (same && stored.size() == wanted.size()) return {};
  TRY(store_.ledger().delete_schedules(tx, connection.id));
  for (Schedule& schedule : wanted) {
    const bool is_new = schedule.id == 0;
    schedule.id = 0;
    TRY(store_.ledger().insert_schedule(tx, schedule));
    if (is_new) TRY(insert_document(tx, connection, form, schedule));
  }
  for (const Schedule& old : stored) {
    const auto is_old = [&](const Schedule& one) { return one.task == old.task; };
    if (std::none_of(wanted.begin(), wanted.end(), is_old)) TRY(end_documents(tx, connection.id, old.task));
  }
  return {};
}

Result<void> Schedules::remove(Transaction& tx, const ObjectId& connection) {
  TRY(end_documents(tx, connection, {}));
  return store_.ledger().delete_schedules(tx, connection);
}

Result<std::vector<Schedule>> Schedules::list(const Context& context, const ObjectId& connection) {
  return store_.ledger().schedules(context, connection);
}

Result<Schedule> Schedules::change(const Context& context, const ObjectId& connection, std::string_view task,
                                   const Edit& edit) {
  Schedule out;
  const auto work = [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(auto stored, store_.ledger().schedules(context, connection));
    const auto at = std::find_if(stored.begin(), stored.end(), [&](const Schedule& one) { return one.task == task; });
    if (at == stored.end()) return not_found("The connection has no schedule for " + std::string(task.substr(0, 60)));
    out = *at;
    const Millis before = interval_of(out);
    if (edit.every) out.every = *edit.every;
    if (edit.period) out.period = *edit.period;
    const Millis after = interval_of(out);
    if (after.count() == 0) return invalid("A period is 1 to 1024 seconds, minutes, hours, days or weeks");
    const bool switched_on = edit.enabled.value_or(out.enabled) && !out.enabled;
    if (edit.enabled) out.enabled = *edit.enabled;
    // Counted from now: a schedule that was off, or slower, must neither make up for lost times nor wait for an old
    // one.
    if (after != before || switched_on) out.next_at = first_time(out, tx.now());
    TRY(store_.ledger().update_schedule(tx, out));
    return tell_documents(tx, out);
  };
  TRY(store_.write(context, Store::Priority::kInteractive, work));
  return out;
}

Result<bool> Schedules::claim(const Context& context, const Schedule& schedule) {
  bool claimed = false;
  const auto work = [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(claimed, store_.ledger().claim(tx, schedule, next_time(schedule, tx.now())));
    if (!claimed) return {};
    const model::Entity& connections = *model::find_entity("connections");
    TRY_ASSIGN(const auto connection, store_.documents().find(tx, connections, schedule.connection));
    if (!connection || !connection->active) return store_.ledger().delete_schedules(tx, schedule.connection);
    if (!discovery::is_enabled(*connection)) return {};  // its time passes; the next one comes
    const auto run = runs_.start(tx, *connection, schedule.task, discovery::kBySchedule);
    if (run.ok()) return count_run(tx, *connection, schedule);
    if (run.error().code != Code::kInvalid) return Result<void>(run.error());
    // A task that its provider does not know (any more): skipped like a disabled one, or it would be due for ever.
    log::warn("schedule names an unknown task", {{"connection", schedule.connection.hex()}, {"task", schedule.task}});
    return {};
  };
  TRY(store_.write(context, Store::Priority::kBulk, work));
  return claimed;
}

Result<int> Schedules::tick(const Context& context) {
  TRY_ASSIGN(const auto due, store_.ledger().due(context, clock_.now(), kDueAtOnce));
  int count = 0;
  for (const Schedule& schedule : due) {
    if (context.stopped()) break;
    const auto claimed = claim(context, schedule);
    // One schedule that cannot be claimed must not stop the others.
    if (!claimed.ok()) {
      log::warn(
          "schedule could not be claimed",
          {{"connection", schedule.connection.hex()}, {"task", schedule.task}, {"error", claimed.error().message}});
      continue;
    }
    count += *claimed ? 1 : 0;
  }
  return count;
}

Ticker::Ticker(Schedules& schedules, Millis pause)
    : schedules_(schedules), pause_(pause), thread_([this](const std::stop_token& stop) { work(stop); }) {}

Ticker::~Ticker() {
  thread_.request_stop();
  wake_.notify_all();
}

void Ticker::work(const std::stop_token& stop) {
  Context context{.actor = {.principal = {Principal::Kind::kSystem, {}}, .name = "scheduler"}, .stop = stop};
  while (!stop.stop_requested()) {
    if (const auto done = schedules_.tick(context); !done.ok())
      log::warn("schedules could not be read", {{"error", done.error().message}});
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, pause_, [] { return false; });
  }
}

}  // namespace maestro::schedule
