// Pool: a fixed set of worker threads behind a bounded queue.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace maestro::http {

class Job {
 public:
  virtual ~Job() = default;
  virtual void run() = 0;
};

/// Thread-safe.
class Pool {
 public:
  Pool(const std::string& name, unsigned threads, unsigned limit);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// False, and the job untouched, when every worker is busy and `limit` jobs wait already (or the pool has stopped).
  bool try_add(std::shared_ptr<Job> job);
  /// For the next piece of work that was let in before: never refused, dropped only after stop().
  void add(std::shared_ptr<Job> job);
  /// Drops what waits and joins the workers. Idempotent, one caller.
  void stop();

  unsigned queued() const { return queued_.load(std::memory_order_relaxed); }
  unsigned running() const { return running_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    std::shared_ptr<Job> job;
    bool counted;
  };
  void push(std::shared_ptr<Job> job, bool counted, std::unique_lock<std::mutex> lock);
  void work();

  const unsigned limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> items_;
  unsigned idle_ = 0;
  bool waking_ = false;
  bool stopping_ = false;
  std::atomic<unsigned> queued_{0};  // those of items_ that count against the limit
  std::atomic<unsigned> running_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace maestro::http
