// Core: what the connections of one server share.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/loop.h"
#include "http/pool.h"
#include "http/request_parser.h"
#include "http/server.h"

namespace maestro::http {

class Connection;

/// Owned by the server and by every connection; fields without a note belong to the I/O thread.
class Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(ServerOptions server_options);
  ~Core();

  void accept(std::size_t listener, Socket socket, std::string peer);
  void remove(Connection& connection);
  /// Thread-safe: a pool, or an event stream, has something for the connection's I/O side.
  void complete(std::shared_ptr<Connection> connection);
  /// Thread-safe. Never throws; without a make_error, or if that fails, a plain text answer.
  Reply error_reply(int status, std::string_view reason, const std::string& request_id) const;

  /// Ends event streams and idle use; `quiet` is called once no request is being worked on.
  void begin_stop(std::function<void()> quiet);
  /// Cuts every connection; those lent to a pool are asked to end.
  void cut_all();
  /// After the pools have stopped: nothing is lent any more.
  void drop_all();
  void busy_changed(int by);

  const ServerOptions options;
  std::vector<ParserLimits> limits;          // per listener; constant
  std::vector<std::unique_ptr<Pool>> pools;  // constant, each thread-safe
  Loop loop;
  std::array<char, 64 << 10> scratch;  // received bytes on their way to a parser: no connection owns a buffer
  bool stopping = false;

  std::atomic<unsigned> connection_count{0};
  std::atomic<unsigned> event_streams{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> rejected_busy{0};

 private:
  void drain_completed();
  void tick();

  Millis tick_interval_;
  bool ticking_ = false;
  int busy_ = 0;
  std::function<void()> quiet_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> draining_;  // kept for its capacity

  std::mutex completed_mutex_;
  std::vector<std::shared_ptr<Connection>> completed_;  // guarded
};

}  // namespace maestro::http
