// Connection: one client's socket from accept to close, as a state machine on the I/O thread.
//
// While a pool works on a request the connection is *lent*: the worker owns the request, the reply and the sending
// side, the I/O thread only watches for the client's end and keeps what it pipelines. The file descriptor is never
// closed while lent, because its number could be given to another client under the worker's hands.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "http/core.h"
#include "http/loop.h"
#include "http/outgoing.h"
#include "http/pool.h"
#include "http/request_parser.h"

namespace maestro::http {

class Connection final : public Ready, public Job, public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(std::shared_ptr<Core> core, std::size_t listener, Socket socket, std::string peer);
  ~Connection() override;

  // I/O thread:
  void start();
  /// Answers 503 without reading anything and closes.
  void reject();
  void on_readable() override;
  void on_writable() override;
  /// Back from a pool, or the event stream has something.
  void on_completed();
  void on_tick(Clock::time_point now);
  void on_stopping();
  void cut();
  void drop();

  // Pool thread:
  void run() override;

  std::size_t index = 0;  ///< place in the core's list

 private:
  enum class State {
    kReading,    ///< a request, or waiting for one
    kLent,       ///< a pool (or a handler on this thread) has it
    kWriting,    ///< the kernel did not take everything yet
    kEvents,     ///< an event stream with nothing to send
    kLingering,  ///< everything said; reading on so that the client sees it before the reset
    kClosed,
  };

  // I/O side (connection.cpp)
  void arm_read();
  void consume(std::string_view data);
  void on_header();
  void dispatch();
  void lend();
  void fail(int status, std::string_view reason, bool retry_after);
  void answer(Reply reply);
  void after_work();
  void wait_write();
  void read_ready();
  void advance();
  void drain_events();
  void finish_request();
  void client_ended();
  void close();
  void set_busy(bool busy);
  void set_deadline(Millis from_now) { deadline_ = Clock::now() + from_now; }

  // Sending side, runs on whoever owns the request now (connection_work.cpp)
  void handle(bool on_pool);
  void begin_reply(bool on_pool);
  void pull();
  /// Puts out_.piece, and with `last` the end of the body, behind what out_.head holds.
  void frame_piece(bool last);
  void report();

  const std::shared_ptr<Core> core_;
  const std::size_t listener_;
  const std::string peer_;
  Socket socket_;
  RequestParser parser_;

  // I/O thread only.
  State state_ = State::kReading;
  Clock::time_point deadline_ = Clock::time_point::max();
  std::string pending_;  // received, not parsed
  bool read_armed_ = false;
  bool in_consume_ = false;
  bool first_bytes_seen_ = false;  // of the current request: the header timeout runs
  bool any_request_ = false;
  bool eof_ = false;
  bool cut_ = false;  // close as soon as it is not lent any more
  bool busy_ = false;
  bool linger_ = false;
  bool event_mode_ = false;
  bool events_end_ = false;
  std::size_t progress_ = 0;  // out_.sent() when the write timeout was last set
  std::size_t lingered_ = 0;
  Clock::time_point last_event_write_;
  std::stop_source stop_{std::nostopstate};

  // Of whoever the connection is lent to, else of the I/O thread.
  std::size_t pool_ = 0;
  bool keep_alive_ = false;
  bool pulling_ = false;  // what run() is to do
  bool reported_ = false;
  bool broken_ = false;  // the body cannot be completed: cut, so that the client notices
  Reply reply_;
  Outgoing out_;
  std::size_t sent_before_ = 0;  // bytes of this reply that earlier rounds of out_ sent
  Clock::time_point header_at_;
};

}  // namespace maestro::http
