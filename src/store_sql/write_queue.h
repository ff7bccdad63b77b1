// WriteQueue: whose turn it is to write, in this process.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "store/store.h"

namespace maestro::store_sql {

/// Waits until `ready` or the context's end; false = the context ended first.
template <typename Ready>
bool wait_for(std::condition_variable_any& wake, std::unique_lock<std::mutex>& lock, const Context& context,
              Ready ready) {
  if (context.deadline == Time::max()) return wake.wait(lock, context.stop, ready);
  return wake.wait_until(lock, context.stop, context.deadline, ready);
}

/// One writer at a time. Interactive ones go first; after some of them in a row a waiting bulk one has its turn.
/// Thread-safe.
class WriteQueue {
 public:
  /// Passes the turn on when it ends.
  class Turn {
   public:
    explicit Turn(WriteQueue& queue) : queue_(&queue) {}
    Turn(Turn&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (queue_ != nullptr) queue_->pass_on();
    }

   private:
    WriteQueue* queue_;
  };
  /// kUnavailable when the context ends first.
  Result<Turn> take(const Context& context, store::Store::Priority priority);

 private:
  struct Waiter {
    bool granted = false;
    std::condition_variable_any wake;
  };
  void pass_on();

  std::mutex mutex_;
  std::deque<Waiter*> interactive_, bulk_;
  bool taken_ = false;
  int interactive_in_row_ = 0;
};

/// Marks the thread as writing for its life. A write within a write of the same engine would wait for itself forever.
class Writing {
 public:
  explicit Writing(const void* engine);
  ~Writing();
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  /// kInternal when this thread is inside a write of the engine.
  static Result<void> check(const void* engine);
};

}  // namespace maestro::store_sql
