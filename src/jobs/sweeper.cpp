#include "jobs/sweeper.h"

#include "base/log.h"
#include "discovery/events.h"

namespace maestro::jobs {

Sweeper::~Sweeper() { stop(); }

Result<std::int64_t> Sweeper::sweep(const Context& context) {
  std::int64_t all = 0;
  while (!context.stopped()) {
    TRY_ASSIGN(const std::int64_t here, discovery::expire_events(store_, context, clock_.now(), options_.batch));
    all += here;
    if (here < static_cast<std::int64_t>(options_.batch)) break;
  }
  if (all > 0) log::info("events were removed after their time", {{"events", all}});
  return all;
}

void Sweeper::work(const std::stop_token& stop) {
  const Context context{.actor = {.principal = {Principal::Kind::kSystem, {}}, .name = "sweeper"}, .stop = stop};
  Millis pause = options_.first;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
    }
    if (stop.stop_requested()) return;
    if (const auto done = sweep(context); !done.ok())
      log::warn("events could not be removed", {{"error", done.error().message}});
    pause = options_.every;
  }
}

void Sweeper::start() {
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void Sweeper::stop() {
  thread_ = {};  // asks and joins
}

}  // namespace maestro::jobs
