#include "http/outgoing.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace maestro::http {

void Outgoing::clear() {
  constexpr std::size_t kKept = 4096;
  if (head.capacity() > kKept) {
    head = std::string();
  } else {
    head.clear();
  }
  piece = std::string();
  body = {};
  tail = {};
  sent_ = 0;
}

Outgoing::State Outgoing::send(int fd, int rounds) {
  while (!done()) {
    if (rounds-- <= 0) return State::kBlocked;
    iovec parts[3];
    std::size_t count = 0;
    std::size_t skip = sent_;
    for (const std::string_view part : {std::string_view(head), body, tail}) {
      if (skip >= part.size()) {
        skip -= part.size();
        continue;
      }
      // sendmsg does not write through the pointer; iovec has no const form.
      parts[count++] = {const_cast<char*>(part.data()) + skip, part.size() - skip};
      skip = 0;
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    const ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? State::kBlocked : State::kFailed;
    }
    sent_ += static_cast<std::size_t>(n);
  }
  return State::kDone;
}

}  // namespace maestro::http
