#include "store_sql/write_queue.h"

#include "store_sql/session.h"

namespace maestro::store_sql {
namespace {

constexpr int kInteractiveInRow = 16;

thread_local const void* t_writing = nullptr;

}  // namespace

Result<WriteQueue::Turn> WriteQueue::take(const Context& context, store::Store::Priority priority) {
  std::unique_lock lock(mutex_);
  if (context.stopped()) return stopped_error();
  if (!taken_) {
    taken_ = true;
    return Turn(*this);
  }
  auto& queue = priority == store::Store::Priority::kInteractive ? interactive_ : bulk_;
  Waiter self;
  queue.push_back(&self);
  if (wait_for(self.wake, lock, context, [&] { return self.granted; })) return Turn(*this);
  queue.erase(std::find(queue.begin(), queue.end(), &self));
  return unavailable("The database was busy with other writes for too long");
}

void WriteQueue::pass_on() {
  const std::scoped_lock lock(mutex_);
  const bool bulk_turn = !bulk_.empty() && (interactive_.empty() || interactive_in_row_ >= kInteractiveInRow);
  auto& queue = bulk_turn ? bulk_ : interactive_;
  if (queue.empty()) {
    taken_ = false;
    return;
  }
  interactive_in_row_ = bulk_turn ? 0 : interactive_in_row_ + 1;
  Waiter* next = queue.front();
  queue.pop_front();
  next->granted = true;
  next->wake.notify_one();  // under the lock: the waiter lives on its thread's stack
}

Writing::Writing(const void* engine) { t_writing = engine; }
Writing::~Writing() { t_writing = nullptr; }

Result<void> Writing::check(const void* engine) {
  if (t_writing == engine) return internal("A write was started inside another write");
  return {};
}

}  // namespace maestro::store_sql
