// The part of a connection that runs on whoever it is lent to: the handler, the reply's bytes, the first attempt to
// send.
#include <charconv>

#include "base/log.h"
#include "http/connection.h"
#include "http/event_stream.h"
#include "http/reply_head.h"

namespace maestro::http {

namespace {

constexpr int kSendRounds = 4;   // then the I/O thread goes on: a fast reader of a large body must not hold a worker
constexpr int kPullsInARow = 8;  // then other requests have their turn on the worker
constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunkEnd = "\r\n0\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::size_t announced_length(const Reply& reply) {
  std::size_t length = 0;
  if (const auto* value = reply.headers.find("Content-Length")) {
    std::from_chars(value->data(), value->data() + value->size(), length);
  }
  return length;
}

}  // namespace

void Connection::run() {
  if (!pulling_) {
    handle(true);
  } else {
    sent_before_ += out_.sent();
    out_.clear();
    pull();
    out_.send(socket_.fd(), kSendRounds);
  }
  for (int i = 1; i < kPullsInARow && reply_.source && !broken_ && out_.done(); ++i) {
    sent_before_ += out_.sent();
    out_.clear();
    pull();
    out_.send(socket_.fd(), kSendRounds);
  }
  core_->complete(shared_from_this());
}

void Connection::handle(bool on_pool) {
  Request& request = parser_.request();
  const auto& listener = core_->options.listeners[listener_];
  try {
    reply_ = listener.handler(request);
  } catch (const std::exception& error) {
    log::error("A handler failed",
               {{"request_id", request.request_id}, {"path", request.path}, {"error", error.what()}});
    reply_ = core_->error_reply(500, "Internal error", request.request_id);
  } catch (...) {
    log::error("A handler failed", {{"request_id", request.request_id}, {"path", request.path}});
    reply_ = core_->error_reply(500, "Internal error", request.request_id);
  }
  begin_reply(on_pool);
}

void Connection::begin_reply(bool on_pool) {
  const Request& request = parser_.request();
  const bool http11 = parser_.http11();
  const bool head_only = request.method == Method::kHead || has_no_body(reply_.status);
  if (wants_close(reply_)) keep_alive_ = false;

  Framing framing = Framing::kLength;
  std::size_t length = reply_.static_body.empty() ? reply_.body.size() : reply_.static_body.size();
  if (reply_.source || reply_.events) {
    framing = http11 ? Framing::kChunked : Framing::kToClose;
    if (!head_only && (!http11 || reply_.events)) keep_alive_ = false;
  } else if (has_no_body(reply_.status)) {
    framing = Framing::kNone;
  } else if (head_only && length == 0) {
    length = announced_length(reply_);
  }
  if (reply_.events) {
    if (!reply_.headers.find("Content-Type")) reply_.headers.add("Content-Type", "text/event-stream");
    if (!reply_.headers.find("Cache-Control")) reply_.headers.add("Cache-Control", "no-cache");
    if (!reply_.headers.find("X-Accel-Buffering")) reply_.headers.add("X-Accel-Buffering", "no");
  }

  sent_before_ = 0;
  out_.clear();
  out_.head.reserve(256);
  write_head(out_.head, reply_, framing, length, keep_alive_, http11, request.request_id);
  if (head_only) {
    reply_.source.reset();
    if (reply_.events) reply_.events->impl().detach();
    reply_.events.reset();
  } else if (framing == Framing::kLength) {
    out_.body = reply_.static_body.empty() ? std::string_view(reply_.body) : reply_.static_body;
  } else if (reply_.source && on_pool) {
    pull();  // the first piece travels with the head
  }
  if (!broken_) out_.send(socket_.fd(), kSendRounds);
  // Here rather than on the I/O thread, which a slow log would hold up for everybody.
  if (out_.done() && !reply_.source && !broken_) report();
}

void Connection::pull() {
  try {
    auto piece = reply_.source->next();
    if (!piece) {
      broken_ = reply_.source->failed();
      reply_.source.reset();
      if (broken_) return;
    } else {
      out_.piece = std::move(*piece);
    }
    frame_piece(!reply_.source);
  } catch (const std::exception& error) {
    log::error("A body ended early", {{"request_id", parser_.request().request_id}, {"error", error.what()}});
    broken_ = true;
  } catch (...) {
    log::error("A body ended early", {{"request_id", parser_.request().request_id}});
    broken_ = true;
  }
}

void Connection::frame_piece(bool last) {
  out_.body = out_.piece;
  if (!parser_.http11()) return;
  if (out_.piece.empty()) {
    if (last) out_.tail = kLastChunk;
    return;
  }
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, out_.piece.size(), 16);
  out_.head.append(digits, end.ptr).append(kChunkEnd);
  out_.tail = last ? kLastChunkEnd : kChunkEnd;
}

void Connection::report() {
  reported_ = true;
  const auto& on_done = core_->options.on_done;
  if (!on_done) return;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - header_at_).count();
  try {
    on_done(parser_.request(), core_->options.listeners[listener_].name, reply_.status, sent_before_ + out_.sent(),
            micros);
  } catch (const std::exception& error) {
    log::error("A finished request was not recorded", {{"error", error.what()}});
  } catch (...) {
    log::error("A finished request was not recorded");
  }
}

}  // namespace maestro::http
