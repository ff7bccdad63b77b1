// Server: sockets in, replies out. Callbacks inside, plain blocking handlers outside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace maestro::http {

/// A named bounded pool of worker threads that run handlers.
struct PoolOptions {
  std::string name;
  unsigned threads = 4;
  unsigned queue = 256;  ///< waiting requests; one more is answered 503 with Retry-After: 1
};

/// What `pool_of` returns for a handler that may run on the I/O thread itself: no locks, no I/O, microseconds only
/// (embedded files, liveness). Saves two thread switches and still answers when every pool is busy.
inline constexpr std::size_t kInline = static_cast<std::size_t>(-1);

/// One listening socket with its own handler.
struct ListenerOptions {
  std::string name;  ///< for logs and metrics ("server")
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 = any free port; see Server::port()
  /// Runs on the pool that `pool_of` names. Must not throw (an exception is answered 500 and logged).
  std::function<Reply(Request&)> handler;
  /// Chooses the pool by its index in ServerOptions::pools from method and path; called on the I/O thread: cheap, no
  /// locks.
  std::function<std::size_t(const Request&)> pool_of;
  /// Optional: the body limit of one request instead of ServerOptions::max_body; called on the I/O thread after the
  /// headers.
  std::function<std::size_t(const Request&)> max_body_of = {};
};

struct ServerOptions {
  std::vector<ListenerOptions> listeners;
  std::vector<PoolOptions> pools = {{.name = "interactive"}};
  std::size_t max_body = 1 << 20;     ///< bytes; larger = `on_oversize` reply and the connection closes
  std::size_t max_header = 16 << 10;  ///< bytes of request line and headers; larger = 431 (request line alone: 414)
  Millis header_timeout{10'000};      ///< from the first byte (or from connect) to the end of the headers, else 408
  Millis body_timeout{30'000};        ///< to the end of the body, else 408
  Millis idle_timeout{60'000};        ///< between requests of one connection: closed silently
  Millis write_timeout{30'000};       ///< without any progress of a write: closed
  Millis ping_interval{15'000};       ///< silence on an event stream after which a `ping` goes out
  unsigned max_connections = 10'000;  ///< one more is answered 503 and closed
  bool trust_forwarded = false;       ///< take `peer` from the last X-Forwarded-For element (behind a proxy)
  /// Makes the body of an answer that the transport itself gives (408, 414, 431, 503, 400 malformed, oversize):
  /// status and reason in, Reply out. Runs on the I/O thread; on a pool thread for the 500 after a handler's exception.
  std::function<Reply(int status, std::string_view reason, const std::string& request_id)> make_error;
  int oversize_status = 422;
  /// Called after each answered request, on any thread: access log and metrics. micros = from the last header byte
  /// received to the last byte handed to the kernel (event streams: to their first byte).
  std::function<void(const Request&, const std::string& listener, int status, std::size_t bytes_out,
                     std::int64_t micros)>
      on_done;
};

/// Counters for /metrics; a snapshot.
struct ServerStats {
  unsigned connections = 0;
  unsigned event_streams = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected_busy = 0;
  std::vector<unsigned> pool_queued;  ///< per pool
  std::vector<unsigned> pool_running;
};

/// Lives from start() to destruction; start() returns once every listener is bound and accepts.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(ServerOptions options);
  /// stop() if still running.
  ~Server();
  /// Port of a listener by its index, after port 0 was resolved.
  std::uint16_t port(std::size_t listener) const;
  /// Stops accepting, lets running requests finish for at most `grace` (new requests on open connections get 503 and
  /// `Connection: close`), closes event streams at once, then requests `Request::stop` of what still runs and joins all
  /// threads. Idempotent, thread-safe; never to be called from a handler.
  void stop(Millis grace);
  ServerStats stats() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace maestro::http
