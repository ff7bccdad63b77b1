#include "http/pool.h"

#include <pthread.h>

#include <algorithm>

#include "base/log.h"

namespace maestro::http {

Pool::Pool(const std::string& name, unsigned threads, unsigned limit) : limit_(limit) {
  threads_.reserve(std::max(threads, 1U));
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), name.substr(0, 15).c_str());
  }
}

Pool::~Pool() { stop(); }

bool Pool::try_add(std::shared_ptr<Job> job) {
  std::unique_lock lock(mutex_);
  // A job that an idle worker is about to take does not wait.
  if (stopping_ || queued_.load(std::memory_order_relaxed) >= limit_ + idle_) return false;
  push(std::move(job), true, std::move(lock));
  return true;
}

void Pool::add(std::shared_ptr<Job> job) {
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();  // the job's end may do anything
    return;
  }
  push(std::move(job), false, std::move(lock));
}

void Pool::push(std::shared_ptr<Job> job, bool counted, std::unique_lock<std::mutex> lock) {
  items_.push_back({std::move(job), counted});
  if (counted) queued_.fetch_add(1, std::memory_order_relaxed);
  // One wake-up at a time: the woken worker wakes the next one if there is more to do. A burst of requests then costs
  // the I/O thread one futex call instead of one each.
  const bool wake = idle_ > 0 && !waking_;
  if (wake) waking_ = true;
  lock.unlock();
  if (wake) wake_.notify_one();
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (items_.empty() && !stopping_) {
      ++idle_;
      wake_.wait(lock);
      --idle_;
      waking_ = false;
    }
    if (stopping_) return;
    Item item = std::move(items_.front());
    items_.pop_front();
    if (item.counted) queued_.fetch_sub(1, std::memory_order_relaxed);
    const bool wake = !items_.empty() && idle_ > 0 && !waking_;
    if (wake) waking_ = true;
    running_.fetch_add(1, std::memory_order_relaxed);
    lock.unlock();
    if (wake) wake_.notify_one();
    try {
      item.job->run();
    } catch (const std::exception& error) {
      log::error("A job of a worker pool failed", {{"error", error.what()}});
    } catch (...) {
      log::error("A job of a worker pool failed");
    }
    item.job.reset();  // its end may do anything, so not under the lock
    running_.fetch_sub(1, std::memory_order_relaxed);
    lock.lock();
  }
}

void Pool::stop() {
  std::deque<Item> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(items_);
    queued_.store(0, std::memory_order_relaxed);
  }
  wake_.notify_all();
  threads_.clear();  // joins
}

}  // namespace maestro::http
