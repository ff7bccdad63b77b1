#include "schedule/schedules.h"

#include "base/log.h"

namespace maestro::schedule {
namespace {

using store::Document;
using store::Schedule;
using store::Store;
using store::Transaction;

constexpr std::size_t kDueAtOnce = 500;

Millis interval_of(const Schedule& schedule) { return interval(schedule.every, schedule.period); }

/// A fixed share of at most a tenth of the interval: the tasks of many connections do not fall due together for ever.
Millis spread(const ObjectId& connection, std::string_view task, Millis interval) {
  const std::string key = connection.hex() + std::string(task);
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  const std::int64_t room = std::min<std::int64_t>(interval.count() / 10, 300'000);
  return Millis(room <= 0 ? 0 : static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(room)));
}

Schedule make(const provider::Resource& resource, const ObjectId& connection, Time now) {
  Schedule out{.connection = connection,
               .task = resource.task,
               .enabled = true,
               .every = resource.every.count,
               .period = resource.every.period,
               .next_at = now};
  const Millis pause = interval_of(out);
  out.next_at = now + pause + spread(connection, out.task, pause);
  return out;
}

/// The first resource of each task of a provider: its period is the task's.
std::vector<const provider::Resource*> tasks(const provider::Packs& packs, const Document& connection) {
  std::vector<const provider::Resource*> out;
  const provider::Provider* provider = provider::find_provider(json::text_or(connection.body, "provider"));
  if (provider == nullptr) return out;
  for (const std::string& task : packs.tasks(provider->id)) {
    const auto resources = packs.of_task(provider->id, task);
    if (!resources.empty()) out.push_back(resources.front());
  }
  return out;
}

}  // namespace

Millis interval(int every, std::string_view period) {
  if (every < 1 || every > 1024) return Millis(0);
  constexpr std::pair<std::string_view, std::int64_t> kPeriods[] = {
      {"seconds", 1'000}, {"minutes", 60'000}, {"hours", 3'600'000}, {"days", 86'400'000}, {"weeks", 604'800'000}};
  for (const auto& [word, ms] : kPeriods)
    if (word == period) return Millis(ms * every);
  return Millis(0);
}

Time next_time(const Schedule& schedule, Time now) {
  Millis pause = interval_of(schedule);
  if (pause.count() == 0) pause = Millis(3'600'000);  // a stored schedule that nobody can read must not run without end
  const Time on_grid = schedule.next_at + pause;
  return on_grid > now ? on_grid : now + pause + spread(schedule.connection, schedule.task, pause);
}

Result<void> Schedules::create(Transaction& tx, const Document& connection) {
  TRY(store_.ledger().delete_schedules(tx, connection.id));
  for (const provider::Resource* resource : tasks(runs_.packs(), connection)) {
    Schedule schedule = make(*resource, connection.id, tx.now());
    TRY(store_.ledger().insert_schedule(tx, schedule));
    if (discovery::is_enabled(connection)) {
      TRY_ASSIGN(const auto run, runs_.start(tx, connection, resource->task, discovery::kByCreation));
      static_cast<void>(run);
    }
  }
  return {};
}

Result<void> Schedules::refresh(Transaction& tx, const Document& connection) {
  TRY_ASSIGN(const auto stored, store_.ledger().schedules(tx.context(), connection.id));
  std::vector<Schedule> wanted;
  bool same = true;
  const auto resources = tasks(runs_.packs(), connection);
  for (const provider::Resource* resource : resources) {
    const auto has =
        std::find_if(stored.begin(), stored.end(), [&](const Schedule& one) { return one.task == resource->task; });
    same = same && has != stored.end();
    wanted.push_back(has != stored.end() ? *has : make(*resource, connection.id, tx.now()));
  }
  if (same && stored.size() == wanted.size()) return {};
  TRY(store_.ledger().delete_schedules(tx, connection.id));
  for (Schedule& schedule : wanted) {
    schedule.id = 0;
    TRY(store_.ledger().insert_schedule(tx, schedule));
  }
  return {};
}

Result<void> Schedules::remove(Transaction& tx, const ObjectId& connection) {
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
    if (after != before || switched_on) out.next_at = tx.now() + after + spread(out.connection, out.task, after);
    return store_.ledger().update_schedule(tx, out);
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
    if (run.ok() || run.error().code != Code::kInvalid) return run.ok() ? Result<void>() : Result<void>(run.error());
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
