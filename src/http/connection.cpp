#include "http/connection.h"

#include <sys/socket.h>

#include <cerrno>

#include "base/id.h"
#include "base/log.h"
#include "http/event_stream.h"
#include "http/reply_head.h"
#include "http/request_origin.h"

namespace maestro::http {

namespace {

constexpr std::size_t kMaxPending = 64 << 10;  // pipelined bytes kept while a request is worked on; then reading stops
constexpr std::size_t kMaxLingered = 16 << 20;
constexpr Millis kLingerTime{2'000};
constexpr std::size_t kEventWrite = 64 << 10;

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, std::size_t listener, Socket socket, std::string peer)
    : core_(std::move(core)),
      listener_(listener),
      peer_(std::move(peer)),
      socket_(std::move(socket)),
      parser_(core_->limits[listener]) {}

Connection::~Connection() = default;

void Connection::start() {
  set_deadline(core_->options.header_timeout);
  arm_read();
}

void Connection::reject() { fail(503, "Too many connections", true); }

void Connection::arm_read() {
  if (read_armed_ || eof_ || state_ == State::kClosed) return;
  read_armed_ = true;
  socket_.wait_readable(shared_from_this());
}

void Connection::on_readable() {
  try {
    read_ready();
  } catch (const std::exception& error) {  // of pool_of or max_body_of, or no memory
    log::error("A request was dropped", {{"error", error.what()}});
    in_consume_ = false;
    cut();
  }
}

void Connection::read_ready() {
  read_armed_ = false;
  if (state_ == State::kClosed || cut_) return;
  const ssize_t n = ::recv(socket_.fd(), core_->scratch.data(), core_->scratch.size(), MSG_DONTWAIT);
  if (n < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return arm_read();
    return cut();
  }
  if (n == 0) return client_ended();
  const std::string_view data(core_->scratch.data(), static_cast<std::size_t>(n));
  switch (state_) {
    case State::kReading:
      consume(data);
      break;
    case State::kLingering:
      lingered_ += data.size();
      if (lingered_ > kMaxLingered) return close();
      arm_read();
      break;
    default:
      // Nothing may follow the request of an event stream, so its bytes are dropped instead of kept.
      if (!event_mode_) pending_.append(data);
      if (pending_.size() < kMaxPending) arm_read();
      break;
  }
}

void Connection::client_ended() {
  eof_ = true;
  switch (state_) {
    case State::kLent:
    case State::kWriting:
      if (event_mode_) return close();
      // Gone, or a client that closed its half and still reads: the work should end, but its answer is still offered.
      if (stop_.stop_possible()) stop_.request_stop();
      break;
    default:
      close();
      break;
  }
}

void Connection::consume(std::string_view data) {
  const bool buffered = !pending_.empty();
  if (buffered) pending_.append(data);
  const std::string_view input = buffered ? std::string_view(pending_) : data;
  std::size_t used = 0;
  in_consume_ = true;
  while (state_ == State::kReading && used < input.size()) {
    const bool had_header = parser_.header_done();
    std::size_t step_used = 0;
    const auto step = parser_.feed(input.substr(used), step_used);
    used += step_used;
    if (!first_bytes_seen_) {
      first_bytes_seen_ = true;
      if (step == RequestParser::Step::kNeedMore) set_deadline(core_->options.header_timeout);
    }
    if (!had_header && parser_.header_done()) on_header();
    if (step == RequestParser::Step::kNeedMore) {
      if (!had_header && parser_.header_done()) {
        set_deadline(core_->options.body_timeout);
        // The answer of a refused expectation is final; this one is small and the socket's buffer empty.
        if (parser_.expects_continue() && parser_.request().body.empty()) {
          static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
          if (::send(socket_.fd(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
              static_cast<ssize_t>(kContinue.size())) {
            cut();
          }
        }
      }
      break;
    }
    if (step == RequestParser::Step::kError) {
      fail(parser_.status(), parser_.reason(), false);
      break;
    }
    dispatch();
  }
  in_consume_ = false;
  if (state_ == State::kClosed) return;
  if (state_ == State::kLingering || event_mode_) {
    pending_ = std::string();
  } else if (buffered) {
    pending_.erase(0, used);
    if (pending_.empty()) pending_ = std::string();
  } else {
    pending_.assign(input.substr(used));
  }
  if (state_ == State::kReading && eof_) return close();
  if (pending_.size() < kMaxPending || state_ == State::kReading) arm_read();
}

void Connection::on_header() {
  header_at_ = Clock::now();
  Request& request = parser_.request();
  request.received = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  if (core_->options.trust_forwarded) request.peer = forwarded_peer(request.headers);
  if (request.peer.empty()) request.peer = peer_;
  const auto* id = request.headers.find("X-Request-Id");
  request.request_id = id != nullptr && is_request_id(*id) ? *id : ObjectId::generate().hex();
}

void Connection::dispatch() {
  Request& request = parser_.request();
  any_request_ = true;
  deadline_ = Clock::time_point::max();
  keep_alive_ = parser_.keep_alive();
  set_busy(true);
  if (core_->stopping) {
    keep_alive_ = false;
    Reply reply = core_->error_reply(503, "The server is stopping", request.request_id);
    return answer(std::move(reply));
  }
  if (!stop_.stop_possible()) stop_ = std::stop_source();
  if (eof_) stop_.request_stop();
  request.stop = stop_.get_token();
  const auto& listener = core_->options.listeners[listener_];
  pool_ = listener.pool_of ? listener.pool_of(request) : 0;
  pulling_ = false;
  if (pool_ == kInline) {
    state_ = State::kLent;
    handle(false);
    pool_ = 0;  // where a body source is asked
    return after_work();
  }
  if (pool_ >= core_->pools.size()) pool_ = 0;
  state_ = State::kLent;
  if (!core_->pools[pool_]->try_add(shared_from_this())) {
    core_->rejected_busy.fetch_add(1, std::memory_order_relaxed);
    Reply reply = core_->error_reply(503, "The server is busy", request.request_id);
    reply.headers.set("Retry-After", "1");
    answer(std::move(reply));
  }
}

void Connection::fail(int status, std::string_view reason, bool retry_after) {
  Request& request = parser_.request();
  if (!parser_.header_done() || request.request_id.empty()) on_header();
  keep_alive_ = false;
  linger_ = true;
  deadline_ = Clock::time_point::max();
  set_busy(true);
  Reply reply = core_->error_reply(status, reason, request.request_id);
  if (retry_after) reply.headers.set("Retry-After", "1");
  answer(std::move(reply));
}

void Connection::answer(Reply reply) {
  state_ = State::kLent;
  reply_ = std::move(reply);
  begin_reply(false);
  after_work();
}

void Connection::on_completed() {
  if (state_ == State::kLent) {
    after_work();
  } else if (state_ == State::kEvents) {
    drain_events();
  }
}

void Connection::after_work() {
  state_ = State::kWriting;
  if (broken_) {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  if (cut_ || broken_) return close();
  progress_ = 0;
  switch (out_.done() ? Outgoing::State::kDone : out_.send(socket_.fd(), 1)) {
    case Outgoing::State::kDone:
      return advance();
    case Outgoing::State::kBlocked:
      return wait_write();
    case Outgoing::State::kFailed:
      return close();
  }
}

void Connection::wait_write() {
  if (progress_ != out_.sent() || deadline_ == Clock::time_point::max()) {
    progress_ = out_.sent();
    set_deadline(core_->options.write_timeout);
  }
  socket_.wait_writable(shared_from_this());
}

void Connection::on_writable() {
  if (state_ != State::kWriting) return;
  switch (out_.send(socket_.fd(), 1)) {
    case Outgoing::State::kDone:
      return advance();
    case Outgoing::State::kBlocked:
      return wait_write();
    case Outgoing::State::kFailed:
      return close();
  }
}

void Connection::advance() {
  deadline_ = Clock::time_point::max();
  if (event_mode_) {
    if (events_end_) return finish_request();
    return drain_events();
  }
  if (reply_.events) {
    if (eof_ || core_->stopping) return close();
    if (!reported_) report();
    event_mode_ = true;
    if (!in_consume_) pending_ = std::string();
    core_->event_streams.fetch_add(1, std::memory_order_relaxed);
    set_busy(false);
    reply_.events->impl().attach([self = weak_from_this()] {
      auto connection = self.lock();
      if (!connection) return;
      Core& core = *connection->core_;
      core.complete(std::move(connection));
    });
    arm_read();
    return drain_events();
  }
  if (reply_.source) {
    pulling_ = true;
    state_ = State::kLent;
    core_->pools[pool_]->add(shared_from_this());
    return;
  }
  finish_request();
}

void Connection::drain_events() {
  sent_before_ += out_.sent();
  out_.clear();
  events_end_ = reply_.events->impl().take(out_.piece, kEventWrite);
  if (out_.piece.empty() && !events_end_) {
    state_ = State::kEvents;
    return;
  }
  last_event_write_ = Clock::now();
  frame_piece(events_end_);
  after_work();
}

void Connection::finish_request() {
  if (!reported_) report();
  set_busy(false);
  if (!keep_alive_) {
    if (!linger_ || eof_) return close();
    // A close with unread bytes would reset the connection and could destroy the answer on its way to the client.
    ::shutdown(socket_.fd(), SHUT_WR);
    state_ = State::kLingering;
    set_deadline(kLingerTime);
    if (!in_consume_) arm_read();
    return;
  }
  sent_before_ = 0;
  out_.clear();
  reply_ = Reply();
  reported_ = false;
  first_bytes_seen_ = false;
  parser_.reset();
  state_ = State::kReading;
  set_deadline(core_->options.idle_timeout);
  if (in_consume_) return;
  if (!pending_.empty()) {
    consume({});
  } else if (eof_) {
    close();
  } else {
    arm_read();
  }
}

void Connection::on_tick(Clock::time_point now) {
  if (state_ == State::kEvents && now - last_event_write_ >= core_->options.ping_interval) {
    last_event_write_ = now;
    out_.clear();
    out_.piece = format_event("ping", "{}", {});
    frame_piece(false);
    return after_work();
  }
  if (now < deadline_) return;
  deadline_ = Clock::time_point::max();
  switch (state_) {
    case State::kReading:
      if (any_request_ && !first_bytes_seen_) return close();
      return fail(408, parser_.header_done() ? "The body did not arrive in time" : "The headers did not arrive in time",
                  false);
    case State::kWriting:
    case State::kLingering:
      return close();
    default:
      return;
  }
}

void Connection::on_stopping() {
  if (event_mode_) close();
}

void Connection::cut() {
  cut_ = true;
  close();
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  if (busy_ && stop_.stop_possible()) stop_.request_stop();
  if (state_ == State::kLent) {
    cut_ = true;
    ::shutdown(socket_.fd(), SHUT_RDWR);
    return;
  }
  const auto self = shared_from_this();  // the core's list may hold the last reference
  state_ = State::kClosed;
  if (reply_.events) reply_.events->impl().detach();
  if (event_mode_) core_->event_streams.fetch_sub(1, std::memory_order_relaxed);
  if (reply_.source) {
    // Its end may wait for a lock or a database, which is no work for the I/O thread.
    struct Dispose final : Job {
      explicit Dispose(std::unique_ptr<BodySource> s) : source(std::move(s)) {}
      void run() override { source.reset(); }
      std::unique_ptr<BodySource> source;
    };
    core_->pools[pool_]->add(std::make_shared<Dispose>(std::move(reply_.source)));
  }
  socket_.close();
  set_busy(false);
  core_->remove(*this);
}

void Connection::drop() {
  if (state_ == State::kLent) state_ = State::kWriting;
  close();
}

void Connection::set_busy(bool busy) {
  if (busy_ == busy) return;
  busy_ = busy;
  core_->busy_changed(busy ? 1 : -1);
}

}  // namespace maestro::http
