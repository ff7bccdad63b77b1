// Loop: sockets that become ready, timers and posted work of one I/O thread. The one wrapper around Asio.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace maestro::http {

/// Told, on the I/O thread, that a wait is over. The socket may also be in error: the next read or write says so.
class Ready {
 public:
  virtual ~Ready() = default;
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;
};

/// A connected, non-blocking socket. Closing it drops its waits unfired. I/O thread only, but for fd().
class Socket {
 public:
  Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int fd() const { return fd_; }
  /// At most one wait of each direction at a time; `user` is held until it fires.
  void wait_readable(std::shared_ptr<Ready> user);
  void wait_writable(std::shared_ptr<Ready> user);
  void close();

 private:
  friend class Loop;
  struct Impl;
  std::unique_ptr<Impl> impl_;
  int fd_ = -1;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(); an exception that escapes a callback is logged and the loop goes on.
  void run();
  /// Thread-safe. What was posted before it still runs.
  void stop();
  /// Thread-safe.
  void post(std::function<void()> work);
  void after(Millis delay, std::function<void()> work);

  /// Binds and listens; `accepted` gets each connection with its numeric peer address. Before run() only.
  /// Returns the port. kConflict when the address is taken, kInvalid when it is none of this machine.
  using Accepted = std::function<void(Socket socket, std::string peer)>;
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port, Accepted accepted);
  /// On the I/O thread or when it does not run.
  void close_listeners();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace maestro::http
