#include "moving/timers.h"

#include "moving/values.h"
#include "schedule/schedules.h"

namespace maestro::moving {
namespace {

/// A fixed place within the interval: the tasks of many connections do not all fall due at once.
Millis spread(const ObjectId& connection, std::string_view task, Millis interval) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : connection.hex() + std::string(task))
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return Millis(
      static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(std::max<std::int64_t>(interval.count(), 1))));
}

}  // namespace

void Timers::take(const json::Object& body, bool active, std::vector<Remark>& remarks) {
  const json::Value* link = body.if_contains("link");
  if (json::text_or(body, "task") != "connections" || link == nullptr || !link->is_object()) return;
  const auto connection = read_id(link->get_object().if_contains("_id"));
  const std::string task(json::text_or(link->get_object(), "task"));
  if (!connection || task.empty()) return;
  Timer timer{.enabled = active && json::bool_or(body, "enabled", true), .every = 0, .period = {}};
  const json::Value* interval = body.if_contains("interval");
  if (interval != nullptr && interval->is_object() && json::text_or(body, "period_type", "interval") == "interval") {
    timer.every = static_cast<int>(std::min<std::int64_t>(json::int_or(interval->get_object(), "every"), 100'000));
    timer.period = json::text_or(interval->get_object(), "period");
  }
  if (schedule::interval(timer.every, timer.period).count() == 0) {
    timer.every = 0;
    if (timer.enabled) {
      remarks.push_back({"interval", "discovery by the calendar, or at an interval that is none",
                         "the task runs at its default interval, and its document says so"});
    }
  }
  // A deleted timer is the trace of an earlier one: it counts only when there is no other.
  const auto [at, is_new] = timers_.emplace(std::pair{*connection, task}, timer);
  if (!is_new && (timer.enabled || !at->second.enabled)) at->second = timer;
}

std::vector<store::Schedule> Timers::of(const ObjectId& connection, const Source& source,
                                        const schedule::Template& form, Time now) const {
  std::vector<store::Schedule> out;
  const provider::Provider* provider = provider::find_provider(source.provider);
  if (provider == nullptr) return out;
  for (const std::string& task : packs_.tasks(provider->id)) {
    const auto resources = packs_.of_task(provider->id, task);
    if (resources.empty()) continue;
    const schedule::Period usual = schedule::period_of(*resources.front(), form);
    store::Schedule schedule{
        .connection = connection, .task = task, .enabled = true, .every = usual.every, .period = usual.period};
    if (const auto found = timers_.find({connection, task}); found != timers_.end()) {
      schedule.enabled = found->second.enabled;
      if (found->second.every > 0) {
        schedule.every = found->second.every;
        schedule.period = found->second.period;
      }
    }
    schedule.next_at = now + spread(connection, task, schedule::interval(schedule.every, schedule.period));
    out.push_back(std::move(schedule));
  }
  return out;
}

}  // namespace maestro::moving
