#include "http/server.h"

#include <pthread.h>
#include <sys/resource.h>

#include <future>
#include <thread>

#include "http/core.h"

namespace maestro::http {

namespace {

/// The usual soft limit of 1,024 descriptors is below what max_connections promises.
void raise_descriptor_limit(unsigned connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(rlim_t{connections} + 512, limit.rlim_max);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Server::Impl {
  std::shared_ptr<Core> core;
  std::vector<std::uint16_t> ports;
  std::jthread io;
  std::mutex stop_mutex;
  bool stopped = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { stop(Millis(0)); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  if (options.pools.empty()) return internal("A server needs a worker pool");
  for (const auto& listener : options.listeners) {
    if (!listener.handler) return internal("The listener " + listener.name + " has no handler");
  }
  raise_descriptor_limit(options.max_connections);

  auto impl = std::make_unique<Impl>();
  impl->core = std::make_shared<Core>(std::move(options));
  Core& core = *impl->core;
  for (std::size_t i = 0; i < core.options.listeners.size(); ++i) {
    const auto& listener = core.options.listeners[i];
    TRY_ASSIGN(const auto port,
               core.loop.listen(listener.host, listener.port, [&core, i](Socket socket, std::string peer) {
                 core.accept(i, std::move(socket), std::move(peer));
               }));
    impl->ports.push_back(port);
  }
  impl->io = std::jthread([&core] { core.loop.run(); });
  pthread_setname_np(impl->io.native_handle(), "http-io");
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port(std::size_t listener) const { return impl_->ports.at(listener); }

void Server::stop(Millis grace) {
  const std::lock_guard lock(impl_->stop_mutex);
  if (impl_->stopped) return;
  impl_->stopped = true;
  Core& core = *impl_->core;

  auto quiet = std::make_shared<std::promise<void>>();
  auto is_quiet = quiet->get_future();
  core.loop.post([&core, quiet] { core.begin_stop([quiet] { quiet->set_value(); }); });
  is_quiet.wait_for(grace);
  core.loop.post([&core] { core.cut_all(); });
  for (const auto& pool : core.pools) pool->stop();
  core.loop.post([&core] {
    core.drop_all();
    core.loop.stop();  // behind the waits that drop_all cancelled: they hold connections
  });
  impl_->io.join();
}

ServerStats Server::stats() const {
  const Core& core = *impl_->core;
  ServerStats stats;
  stats.connections = core.connection_count.load(std::memory_order_relaxed);
  stats.event_streams = core.event_streams.load(std::memory_order_relaxed);
  stats.accepted = core.accepted.load(std::memory_order_relaxed);
  stats.rejected_busy = core.rejected_busy.load(std::memory_order_relaxed);
  for (const auto& pool : core.pools) {
    stats.pool_queued.push_back(pool->queued());
    stats.pool_running.push_back(pool->running());
  }
  return stats;
}

}  // namespace maestro::http
