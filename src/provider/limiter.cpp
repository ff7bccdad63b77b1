#include "provider/limiter.h"

namespace maestro::provider {

bool pause(const Context& context, Millis time) {
  if (context.stopped()) return false;
  if (time.count() <= 0) return true;
  if (context.deadline != Time::max()) {
    const auto end = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + time;
    if (end >= context.deadline) return false;
  }
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, context.stop, time, [] { return false; });
  return !context.stopped();
}

bool Limiter::enter(const Context& context, const std::string& region) {
  using std::chrono::duration;
  using std::chrono::duration_cast;
  using std::chrono::steady_clock;
  Millis wait(0);
  if (options_.requests_per_second > 0) {
    const std::lock_guard lock(mutex_);
    const auto each = duration_cast<steady_clock::duration>(duration<double>(1 / options_.requests_per_second));
    const auto burst = duration_cast<steady_clock::duration>(duration<double>(2));  // twice the rate
    const Instant now = steady_clock::now();
    Instant& due = due_[region];
    due = std::max(due, now) + each;
    if (due > now + burst) wait = duration_cast<Millis>(due - now - burst) + Millis(1);
  }
  if (!pause(context, wait)) return false;
  std::unique_lock lock(mutex_);
  const auto has_room = [this] { return in_flight_ < options_.requests_at_once || options_.requests_at_once == 0; };
  // Woken by leave() or stop; a deadline is looked at twice a second, which is exact enough for a queue.
  while (!has_room()) {
    if (context.stopped()) return false;
    freed_.wait_for(lock, context.stop, Millis(500), has_room);
  }
  if (context.stopped()) return false;
  ++in_flight_;
  return true;
}

void Limiter::leave() {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }
  freed_.notify_one();
}

void Limiter::drain(const std::string& region) {
  const std::lock_guard lock(mutex_);
  Instant& due = due_[region];
  due = std::max(due, std::chrono::steady_clock::now() + std::chrono::seconds(2));
}

}  // namespace maestro::provider
