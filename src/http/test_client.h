// For tests: a blocking HTTP client over a raw socket, and a server with defaults that suit a test.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/server.h"

namespace maestro::http::testing {

/// How long a test waits for what must happen: long, because it costs nothing when it does.
inline constexpr std::chrono::seconds kPatience{60};

struct Answer {
  int status = 0;                              ///< 0 = the connection ended instead
  std::map<std::string, std::string> headers;  ///< lower-case names
  std::string body;
  bool complete = false;  ///< the framing said where the body ends, and it did
};

class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;

  void send(std::string_view bytes);
  /// The next final answer; `head` = no body follows whatever the headers say.
  Answer read(bool head = false);
  Answer get(const std::string& path, const std::string& headers = {});
  /// Reads until `text` has arrived; everything so far, this included, is returned and taken.
  std::string read_until(std::string_view text);
  /// True when the server closes, nothing unread being left.
  bool ends();
  void close();
  void end_sending();

 private:
  bool fill();
  int fd_ = -1;
  std::string buffer_;
};

/// Blocks whoever waits until open() is called.
class Gate {
 public:
  void open();
  /// False when nobody opened it in time.
  bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

/// Waits for a condition that another thread brings about.
bool eventually(const std::function<bool()>& condition);

/// One listener, two workers, the handler given.
ServerOptions options_for(std::function<Reply(Request&)> handler);
std::unique_ptr<Server> start(ServerOptions options);
Reply text(std::string body, int status = 200);

}  // namespace maestro::http::testing
