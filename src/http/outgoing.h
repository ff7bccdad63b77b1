// Outgoing: the bytes that are due on a socket now: up to three pieces, sent with one system call and no copy.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maestro::http {

class Outgoing {
 public:
  enum class State { kDone, kBlocked, kFailed };

  std::string head;       ///< owned: headers, chunk sizes
  std::string piece;      ///< owned: a chunk or events
  std::string_view body;  ///< the second piece: into `piece` or into what the caller keeps alive
  std::string_view tail;  ///< a constant

  /// Forgets what was sent; capacity stays.
  void clear();
  /// Sends what the kernel takes, in at most `rounds` calls.
  State send(int fd, int rounds);
  std::size_t sent() const { return sent_; }
  bool done() const { return sent_ == head.size() + body.size() + tail.size(); }

 private:
  std::size_t sent_ = 0;
};

}  // namespace maestro::http
