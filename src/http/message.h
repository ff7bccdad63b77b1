// Request and Reply: what the socket layer hands to a handler and takes back. Knows no domain word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace maestro::http {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };
const char* method_name(Method method);

/// Header fields in arrival order; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  /// The first field of that name, or nullptr.
  const std::string* find(std::string_view name) const;
  /// Removes every field of that name.
  void erase(std::string_view name);
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  Method method = Method::kGet;
  std::string method_text;  ///< as sent; the one way to see a method that `method` calls kOther
  std::string target;       ///< as sent: path and query, still encoded
  std::string path;         ///< part of `target` before '?', still percent-encoded
  std::string query;        ///< part after '?', still encoded, without '?'
  Headers headers;
  std::string body;
  std::string peer;        ///< numeric address of the client (or of the trusted proxy's client, see ServerOptions)
  std::string local_host;  ///< value of the Host header
  std::string request_id;  ///< generated, or the client's X-Request-Id when it is 1..64 of [A-Za-z0-9._-]
  Time received;
  /// Requested when the client is gone or a stopping server's grace is over. Callbacks on it run on the I/O thread.
  std::stop_token stop;
};

/// A body that is asked for piece by piece, each time the socket has drained: a slow client holds no worker.
/// next() runs on the pool that ran the handler; nullopt ends the body. An exception or `failed()` cuts the connection.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// An empty piece is allowed and sends nothing.
  virtual std::optional<std::string> next() = 0;
  /// Asked once after next() returned nullopt: true = the body is not complete, and the client must notice.
  virtual bool failed() const { return false; }
};

class EventStream;

struct Reply {
  int status = 200;
  /// Content-Length, Transfer-Encoding and X-Request-Id are the server's; a Content-Length given here counts only for
  /// an answer to HEAD with an empty body. `Connection: close` ends the connection after this reply.
  Headers headers;
  std::string body;                     ///< used when `source` and `events` are empty
  std::unique_ptr<BodySource> source;   ///< sent chunked
  std::shared_ptr<EventStream> events;  ///< text/event-stream; the connection lives until either side closes
  /// Static bytes that outlive the process's sockets (embedded files): sent without a copy when not empty.
  std::string_view static_body;
};

/// The server side of one text/event-stream client: a bounded queue between any thread and the socket.
/// Thread-safe. Overflow (of events or of a megabyte) drops what is queued and the event at hand and leaves one
/// `event: resync`; a `ping` event goes out every 15 s of silence.
class EventStream {
 public:
  explicit EventStream(std::size_t max_queued = 256);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  /// Queues one event. `data` may hold newlines (it is split into data: lines). False once the client is gone.
  bool send(std::string_view event, std::string_view data, std::string_view id = {});
  /// Ends the stream after what is queued.
  void close();
  /// True once the client is gone or close() was called.
  bool closed() const;
  /// Called once, from any thread, when the client is gone or the stream closed; set before the reply is returned.
  void on_close(std::function<void()> callback);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace maestro::http
