#include "schedule/timers.h"

namespace maestro::schedule {
namespace {

using store::Document;
using store::Schedule;

/// A fixed share of at most a tenth of the interval: the tasks of many connections do not fall due together for ever.
Millis spread(const ObjectId& connection, std::string_view task, Millis interval) {
  const std::string key = connection.hex() + std::string(task);
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  const std::int64_t room = std::min<std::int64_t>(interval.count() / 10, 300'000);
  return Millis(room <= 0 ? 0 : static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(room)));
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

Millis interval_of(const Schedule& schedule) { return interval(schedule.every, schedule.period); }

Time next_time(const Schedule& schedule, Time now) {
  Millis pause = interval_of(schedule);
  if (pause.count() == 0) pause = Millis(3'600'000);  // a stored schedule that nobody can read must not run without end
  const Time on_grid = schedule.next_at + pause;
  return on_grid > now ? on_grid : now + pause + spread(schedule.connection, schedule.task, pause);
}

Time first_time(const Schedule& schedule, Time now) {
  const Millis pause = interval_of(schedule);
  return now + pause + spread(schedule.connection, schedule.task, pause);
}

std::vector<const provider::Resource*> tasks_of(const provider::Packs& packs, const Document& connection) {
  std::vector<const provider::Resource*> out;
  const provider::Provider* provider = provider::find_provider(json::text_or(connection.body, "provider"));
  if (provider == nullptr) return out;
  for (const std::string& task : packs.tasks(provider->id)) {
    const auto resources = packs.of_task(provider->id, task);
    if (!resources.empty()) out.push_back(resources.front());
  }
  return out;
}

Period period_of(const provider::Resource& resource, const Template& form) {
  return form.period(resource.task).value_or(Period{.every = resource.every.count, .period = resource.every.period});
}

Schedule make_timer(const provider::Resource& resource, const ObjectId& connection, const Template& form, Time now) {
  const Period period = period_of(resource, form);
  Schedule out{.connection = connection,
               .task = resource.task,
               .enabled = true,
               .every = period.every,
               .period = period.period,
               .next_at = now};
  out.next_at = first_time(out, now);
  return out;
}

}  // namespace maestro::schedule
