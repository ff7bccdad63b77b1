#include "http/loop.h"

#ifdef __SANITIZE_THREAD__
// Asio's fences are invisible to the sanitizer; what this module shares between threads is behind mutexes.
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/log.h"

// Only readiness comes from Asio, the bytes move by plain recv/sendmsg: a waiting connection then owns no buffer at
// all, and a worker may send on a connection that the loop has lent to it. Asio's read and write operations, which are
// what makes a unit slow to compile, are not instantiated.
namespace maestro::http {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptBatch = 32;     // then other sockets have their turn
constexpr Millis kAcceptPause{100};  // after running out of descriptors

std::string numeric_address(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    // A dual-stack socket reports IPv4 clients as ::ffff:a.b.c.d; logs and rate limits want one spelling.
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text);
    } else {
      inet_ntop(AF_INET6, &v6, text, sizeof text);
    }
  }
  return text;
}

std::string shown(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

struct Socket::Impl {
  Descriptor descriptor;
};

Socket::Socket() = default;
Socket::Socket(Socket&& other) noexcept = default;
Socket& Socket::operator=(Socket&& other) noexcept = default;
Socket::~Socket() = default;

void Socket::wait_readable(std::shared_ptr<Ready> user) {
  impl_->descriptor.async_wait(Descriptor::wait_read, [user = std::move(user)](const boost::system::error_code& error) {
    if (!error) user->on_readable();
  });
}

void Socket::wait_writable(std::shared_ptr<Ready> user) {
  impl_->descriptor.async_wait(Descriptor::wait_write,
                               [user = std::move(user)](const boost::system::error_code& error) {
                                 if (!error) user->on_writable();
                               });
}

void Socket::close() {
  fd_ = -1;
  if (!impl_) return;
  boost::system::error_code ignored;
  impl_->descriptor.close(ignored);
}

struct Loop::Impl {
  struct Listener {
    Descriptor descriptor;
    Accepted accepted;
  };

  // One thread runs it, others post: the hint spares the wake-ups that several runners need.
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::vector<std::shared_ptr<Listener>> listeners;

  void wait_accept(const std::shared_ptr<Listener>& listener) {
    listener->descriptor.async_wait(Descriptor::wait_read, [this, listener](const boost::system::error_code& error) {
      if (error) return;
      bool going_well = false;
      try {
        going_well = accept_some(*listener);
      } catch (const std::exception&) {  // no memory; without this the listener would be deaf for good
      }
      if (going_well) {
        wait_accept(listener);
      } else {
        log::error("Connections cannot be accepted for lack of file descriptors or memory");
        auto timer = std::make_shared<asio::steady_timer>(context, kAcceptPause);
        timer->async_wait([this, listener, timer](const boost::system::error_code&) {
          if (listener->descriptor.is_open()) wait_accept(listener);
        });
      }
    });
  }

  /// False when the process is out of a resource and should pause.
  bool accept_some(Listener& listener) {
    for (int i = 0; i < kAcceptBatch && listener.descriptor.is_open(); ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      const int fd = ::accept4(listener.descriptor.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
        continue;  // the client gave up in the queue
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      Socket socket;
      try {
        socket.impl_ = std::make_unique<Socket::Impl>(Socket::Impl{Descriptor(context, fd)});
      } catch (const std::exception&) {  // epoll refused it
        ::close(fd);
        return false;
      }
      socket.fd_ = fd;
      listener.accepted(std::move(socket), numeric_address(address));
    }
    return true;
  }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  for (;;) {
    try {
      impl_->context.run();
      return;
    } catch (const std::exception& error) {
      log::error("A callback of the I/O thread failed", {{"error", error.what()}});
    } catch (...) {
      log::error("A callback of the I/O thread failed");
    }
  }
}

void Loop::stop() {
  post([this] { impl_->context.stop(); });
}

void Loop::post(std::function<void()> work) { asio::post(impl_->context, std::move(work)); }

void Loop::after(Millis delay, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(impl_->context, delay);
  timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
    if (!error) work();
  });
}

Result<std::uint16_t> Loop::listen(const std::string& host, std::uint16_t port, Accepted accepted) {
  std::string name = host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  const std::string where = shown(name, port);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.empty() ? nullptr : name.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return invalid("The address " + where + " is unknown");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);

  // A name like localhost has both: the one that every client tries is IPv4.
  const addrinfo* chosen = found;
  while (chosen != nullptr && chosen->ai_family != AF_INET) chosen = chosen->ai_next;
  if (chosen == nullptr) chosen = found;

  const int fd = ::socket(chosen->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return unavailable("No socket for the address " + where + ": " + std::strerror(errno));
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (chosen->ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, chosen->ai_addr, chosen->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
    const int reason = errno;
    ::close(fd);
    if (reason == EADDRINUSE) return conflict("The address " + where + " is already in use");
    if (reason == EACCES)
      return forbidden("This user may not listen on " + where + "; ports below 1024 need a privilege");
    if (reason == EADDRNOTAVAIL) return invalid("The address " + where + " is none of this machine");
    return unavailable("Cannot listen on " + where + ": " + std::strerror(reason));
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  auto listener = std::make_shared<Impl::Listener>(Impl::Listener{Descriptor(impl_->context, fd), std::move(accepted)});
  impl_->listeners.push_back(listener);
  impl_->wait_accept(listener);
  // The port field sits at the same offset in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

void Loop::close_listeners() {
  for (const auto& listener : impl_->listeners) {
    boost::system::error_code ignored;
    listener->descriptor.close(ignored);
  }
}

}  // namespace maestro::http
