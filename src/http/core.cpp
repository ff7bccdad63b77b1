#include "http/core.h"

#include "base/log.h"
#include "http/connection.h"

namespace maestro::http {

namespace {

/// Deadlines are looked at this often: a timer each would cost every request more than this costs ten thousand idle
/// connections.
Millis tick_of(const ServerOptions& options) {
  const Millis shortest = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                                    options.write_timeout, options.ping_interval});
  return std::clamp(shortest / 8, Millis(5), Millis(500));
}

constexpr unsigned kRefusedAtOnce = 128;  // connections above the limit that are told so; more are just closed

}  // namespace

Core::Core(ServerOptions server_options) : options(std::move(server_options)), tick_interval_(tick_of(options)) {
  for (const auto& listener : options.listeners) {
    limits.push_back({.max_header = options.max_header,
                      .max_body = options.max_body,
                      .oversize_status = options.oversize_status,
                      .max_body_of = listener.max_body_of});
  }
  for (const auto& pool : options.pools) pools.push_back(std::make_unique<Pool>(pool.name, pool.threads, pool.queue));
}

Core::~Core() = default;

void Core::accept(std::size_t listener, Socket socket, std::string peer) {
  accepted.fetch_add(1, std::memory_order_relaxed);
  const std::size_t open = connections_.size();
  const bool full = open >= options.max_connections;
  if (full) rejected_busy.fetch_add(1, std::memory_order_relaxed);
  if (open >= std::size_t{options.max_connections} + kRefusedAtOnce) return;  // closes it

  auto connection = std::make_shared<Connection>(shared_from_this(), listener, std::move(socket), std::move(peer));
  connection->index = open;
  connections_.push_back(connection);
  connection_count.store(static_cast<unsigned>(connections_.size()), std::memory_order_relaxed);
  if (!ticking_) {
    ticking_ = true;
    loop.after(tick_interval_, [this] { tick(); });
  }
  if (full) {
    connection->reject();
  } else {
    connection->start();
  }
}

void Core::remove(Connection& connection) {
  const std::size_t index = connection.index;
  if (index >= connections_.size() || connections_[index].get() != &connection) return;
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
  connection_count.store(static_cast<unsigned>(connections_.size()), std::memory_order_relaxed);
}

void Core::complete(std::shared_ptr<Connection> connection) {
  bool first = false;
  {
    const std::lock_guard lock(completed_mutex_);
    first = completed_.empty();
    completed_.push_back(std::move(connection));
  }
  // Whoever comes while a drain is due rides along with it.
  if (first) loop.post([this] { drain_completed(); });
}

void Core::drain_completed() {
  {
    const std::lock_guard lock(completed_mutex_);
    draining_.swap(completed_);
  }
  for (const auto& connection : draining_) {
    try {
      connection->on_completed();
    } catch (const std::exception& error) {
      log::error("A reply was dropped", {{"error", error.what()}});
      connection->cut();
    }
  }
  draining_.clear();
}

void Core::tick() {
  const auto now = Connection::Clock::now();
  // Backwards, because a connection that closes is replaced by the last one.
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i >= connections_.size()) continue;
    const auto connection = connections_[i];
    try {
      connection->on_tick(now);
    } catch (const std::exception& error) {
      log::error("A connection was dropped", {{"error", error.what()}});
      connection->cut();
    }
  }
  ticking_ = !connections_.empty();
  if (ticking_) loop.after(tick_interval_, [this] { tick(); });
}

Reply Core::error_reply(int status, std::string_view reason, const std::string& request_id) const {
  try {
    if (options.make_error) return options.make_error(status, reason, request_id);
  } catch (const std::exception& error) {
    log::error("The body of an error answer was not made", {{"error", error.what()}});
  } catch (...) {
    log::error("The body of an error answer was not made");
  }
  Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", "text/plain; charset=utf-8");
  reply.body = reason;
  return reply;
}

void Core::begin_stop(std::function<void()> quiet) {
  stopping = true;
  loop.close_listeners();
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->on_stopping();
  quiet_ = std::move(quiet);
  busy_changed(0);
}

void Core::busy_changed(int by) {
  busy_ += by;
  if (busy_ == 0 && quiet_) std::exchange(quiet_, nullptr)();
}

void Core::cut_all() {
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->cut();
}

void Core::drop_all() {
  {
    const std::lock_guard lock(completed_mutex_);
    completed_.clear();
  }
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->drop();
}

}  // namespace maestro::http
