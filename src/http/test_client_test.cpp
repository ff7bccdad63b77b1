#include "http/test_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <thread>

#include "base/text.h"

// Not tests: the shared parts of the module's tests live here so that they never become part of the library.
namespace maestro::http::testing {

Client::Client(std::uint16_t port, int receive_buffer) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close();
}

Client::~Client() { close(); }
Client::Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

void Client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Client::end_sending() { ::shutdown(fd_, SHUT_WR); }

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // what the server did about it shows in the answer
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool Client::fill() {
  char chunk[64 << 10];
  const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
  if (n <= 0) return false;
  buffer_.append(chunk, static_cast<std::size_t>(n));
  return true;
}

std::string Client::read_until(std::string_view text) {
  for (;;) {
    const auto at = buffer_.find(text);
    if (at != std::string::npos || !fill()) {
      const std::size_t end = at == std::string::npos ? buffer_.size() : at + text.size();
      std::string taken = buffer_.substr(0, end);
      buffer_.erase(0, end);
      return taken;
    }
  }
}

bool Client::ends() {
  if (!buffer_.empty()) return false;
  char byte;
  const ssize_t n = ::recv(fd_, &byte, 1, 0);
  return n == 0 || (n < 0 && errno != EAGAIN);
}

Answer Client::read(bool head) {
  Answer answer;
  const std::string lines = read_until("\r\n\r\n");
  if (!lines.ends_with("\r\n\r\n") || lines.size() < 12) return answer;
  answer.status = std::atoi(lines.c_str() + 9);
  if (answer.status == 100) return read(head);
  for (const auto line : text::split(lines, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    answer.headers[text::lower(line.substr(0, colon))] = text::trim(line.substr(colon + 1));
  }
  answer.complete = true;
  if (head || answer.status == 204 || answer.status == 304) return answer;
  if (const auto found = answer.headers.find("content-length"); found != answer.headers.end()) {
    const std::size_t length = std::stoul(found->second);
    while (buffer_.size() < length && fill()) {
    }
    answer.complete = buffer_.size() >= length;
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
  } else if (answer.headers.contains("transfer-encoding")) {
    for (;;) {
      const std::string size_line = read_until("\r\n");
      answer.complete = size_line.ends_with("\r\n");
      if (!answer.complete) break;
      const std::size_t size = std::stoul(size_line, nullptr, 16);
      while (buffer_.size() < size + 2 && fill()) {
      }
      answer.complete = buffer_.size() >= size + 2;
      answer.body.append(buffer_, 0, size);
      buffer_.erase(0, size + 2);
      if (size == 0 || !answer.complete) break;
    }
  } else {
    while (fill()) {
    }
    answer.body = std::exchange(buffer_, {});
  }
  return answer;
}

Answer Client::get(const std::string& path, const std::string& headers) {
  send("GET " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n");
  return read();
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

bool Gate::wait() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return open_; });
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(Millis(2));
  }
  return condition();
}

ServerOptions options_for(std::function<Reply(Request&)> handler) {
  ServerOptions options;
  ListenerOptions listener;
  listener.name = "server";
  listener.handler = std::move(handler);
  options.listeners.push_back(std::move(listener));
  options.pools = {{.name = "interactive", .threads = 2}};
  return options;
}

std::unique_ptr<Server> start(ServerOptions options) {
  auto server = Server::start(std::move(options));
  EXPECT_TRUE(server.ok()) << server.error().message;
  return server.ok() ? std::move(server).value() : nullptr;
}

Reply text(std::string body, int status) {
  Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", "text/plain");
  reply.body = std::move(body);
  return reply;
}

}  // namespace maestro::http::testing
