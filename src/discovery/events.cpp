#include "discovery/events.h"

#include "discovery/runs.h"

namespace maestro::discovery {
namespace {

using store::Document;
using store::Run;
using store::RunState;
using store::Transaction;

constexpr std::size_t kMaxSchedules = 1000;  // of one connection
constexpr std::size_t kMaxMessage = 150;     // bytes, as the rules of events have it
constexpr int kScheduleRole = 5;             // as the original's scheduler writes it

const model::Entity& events_entity() {
  static const model::Entity& found = *model::find_entity("events");
  return found;
}

const char* status_of(RunState state) {
  if (state == RunState::kSuccess) return "success";
  return state == RunState::kFailed ? "danger" : "warning";
}

/// Cut between characters.
std::string shortened(std::string text) {
  if (text.size() <= kMaxMessage) return text;
  std::size_t end = kMaxMessage - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

bool asks_for(const Document& schedule, std::string_view task) {
  const json::Value* link = schedule.body.if_contains("link");
  return json::text_or(schedule.body, "task") == "connections" && link != nullptr && link->is_object() &&
         json::text_or(link->get_object(), "task") == task;
}

Result<void> write_event(Transaction& tx, store::Store& store, const Document& schedule, const Run& run) {
  std::vector<store::RoleEntry> readers = store.documents().access(tx, schedule.access)->entries;
  readers.push_back({.principal = {Principal::Kind::kSchedule, schedule.id},
                     .role = kScheduleRole,
                     .wire = {{"_id", schedule.id.hex()}, {"refs", "scheduler"}, {"role", kScheduleRole}}});
  const std::string name(json::text_or(schedule.body.at("link").get_object(), "name"));
  const std::string what = run.message.empty() ? store::run_state_name(run.state) : run.message;
  Document event;
  event.entity = &events_entity();
  event.created = event.updated = tx.now();
  event.owner = schedule.owner;
  event.body = {{"msg", shortened(fmt::format("{} of {}: {}", run.task, name, what))},
                {"status", status_of(run.state)},
                {"context", "scheduler"},
                {"description", what}};
  if (const json::Value* owner = schedule.body.if_contains("owner")) event.body["owner"] = *owner;
  TRY_ASSIGN(event.access, store.documents().intern(tx, readers));
  // An event is history itself.
  return store.documents().insert(tx, event, {.verb = "", .changes = {}});
}

}  // namespace

Result<void> tell_schedules(Transaction& tx, store::Store& store, const Run& run) {
  static const model::Entity& scheduler = *model::find_entity("scheduler");
  if (run.trigger != kBySchedule) return {};
  TRY_ASSIGN(const auto schedules, store.documents().find_value(tx, scheduler, std::nullopt, "link._id",
                                                                run.connection.hex(), false, kMaxSchedules));
  for (const Document& schedule : schedules)
    if (asks_for(schedule, run.task)) TRY(write_event(tx, store, schedule, run));
  return {};
}

Result<std::int64_t> expire_events(store::Store& store, const Context& context, Time now, std::size_t limit) {
  const Millis kept{events_entity().kept_days * 24LL * 3'600'000};
  std::int64_t count = 0;
  TRY(store.write(context, store::Store::Priority::kBulk, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(count, store.documents().expire(tx, events_entity(), now - kept, limit));
    return {};
  }));
  return count;
}

}  // namespace maestro::discovery
