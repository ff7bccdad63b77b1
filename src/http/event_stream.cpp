#include "http/event_stream.h"

#include "base/log.h"
#include "http/reply_head.h"

namespace maestro::http {

namespace {

constexpr std::size_t kMaxQueuedBytes = 1 << 20;

void call(const std::function<void()>& callback) {
  if (!callback) return;
  try {
    callback();
  } catch (const std::exception& error) {
    log::error("The end of an event stream was not handled", {{"error", error.what()}});
  } catch (...) {
    log::error("The end of an event stream was not handled");
  }
}

}  // namespace

EventStream::EventStream(std::size_t max_queued)
    : impl_(std::make_unique<Impl>(std::max<std::size_t>(max_queued, 1))) {}
EventStream::~EventStream() = default;

bool EventStream::send(std::string_view event, std::string_view data, std::string_view id) {
  Impl& self = *impl_;
  std::string message = format_event(event, data, id);
  const std::lock_guard lock(self.mutex);
  if (self.gone || self.closing) return false;
  if (self.queue.size() >= self.max_queued || self.bytes + message.size() > kMaxQueuedBytes) {
    self.queue.clear();
    message = format_event("resync", "{}", {});
    self.bytes = 0;
  }
  self.bytes += message.size();
  self.queue.push_back(std::move(message));
  if (!self.woken && self.wake) {
    self.woken = true;
    self.wake();
  }
  return true;
}

void EventStream::close() {
  Impl& self = *impl_;
  std::function<void()> callback;
  {
    const std::lock_guard lock(self.mutex);
    if (self.gone || self.closing) return;
    self.closing = true;
    callback = std::exchange(self.on_close, nullptr);
    if (!self.woken && self.wake) {
      self.woken = true;
      self.wake();
    }
  }
  call(callback);
}

bool EventStream::closed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->gone || impl_->closing;
}

void EventStream::on_close(std::function<void()> callback) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->gone && !impl_->closing) {
      impl_->on_close = std::move(callback);
      return;
    }
  }
  call(callback);
}

bool EventStream::Impl::take(std::string& out, std::size_t max_bytes) {
  const std::lock_guard lock(mutex);
  const std::size_t start = out.size();
  while (!queue.empty() && out.size() - start < max_bytes) {
    bytes -= queue.front().size();
    out.append(queue.front());
    queue.pop_front();
  }
  woken = !queue.empty();
  return closing && queue.empty();
}

void EventStream::Impl::attach(std::function<void()> new_wake) {
  const std::lock_guard lock(mutex);
  wake = std::move(new_wake);
  woken = true;  // the connection takes once by itself
}

void EventStream::Impl::detach() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex);
    gone = true;
    wake = nullptr;
    queue.clear();
    bytes = 0;
    callback = std::exchange(on_close, nullptr);
  }
  call(callback);
}

}  // namespace maestro::http
