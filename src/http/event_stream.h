// The inside of EventStream: what its connection sees.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "http/message.h"

namespace maestro::http {

struct EventStream::Impl {
  explicit Impl(std::size_t max) : max_queued(max) {}

  /// Moves queued events, about `max_bytes` of them, to the end of `out`. True when the stream ends after them.
  bool take(std::string& out, std::size_t max_bytes);
  /// From now on `wake` is called when there is something to take; it must only post work.
  void attach(std::function<void()> wake);
  /// The client is gone.
  void detach();

  std::mutex mutex;
  const std::size_t max_queued;
  std::deque<std::string> queue;
  std::size_t bytes = 0;
  bool closing = false;
  bool gone = false;
  bool woken = false;  // the connection knows of what is queued and will come for it
  std::function<void()> wake;
  std::function<void()> on_close;
};

}  // namespace maestro::http
