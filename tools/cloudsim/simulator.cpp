#include "cloudsim/simulator.h"

#include <fmt/format.h>

#include "cloudsim/aws_service.h"
#include "cloudsim/control.h"
#include "cloudsim/openstack_service.h"
#include "json/json.h"

namespace maestro::cloudsim {

Simulator::Simulator(Options options, const Clock& clock)
    : world_(std::move(options), clock),
      tokens_(world_.clock, Millis(std::int64_t{world_.options.token_ttl_s} * 1000)) {}

Simulator::~Simulator() { stop(); }

void Simulator::stop() {
  if (server_) server_->stop(Millis(0));
}

Result<std::unique_ptr<Simulator>> Simulator::start(Options given, const Clock& clock) {
  std::unique_ptr<Simulator> out(new Simulator(std::move(given), clock));
  World& world = out->world_;
  Tokens& tokens = out->tokens_;
  const Options& options = world.options;
  http::ServerOptions server;
  const auto listener = [&](const char* name, std::uint16_t port, std::size_t pool,
                            std::function<http::Reply(http::Request&)> handler) {
    http::ListenerOptions one;
    one.name = name;
    one.host = options.host;
    one.port = port;
    one.handler = std::move(handler);
    one.pool_of = [pool](const http::Request&) { return pool; };
    server.listeners.push_back(std::move(one));
  };
  listener("aws", options.aws_port, 0, [&world](http::Request& request) { return aws::serve(world, request); });
  listener("openstack", options.openstack_port, 1,
           [&world, &tokens](http::Request& request) { return openstack::serve(world, tokens, request); });
  listener("control", options.control_port, 2,
           [&world, &tokens](http::Request& request) { return serve_control(world, tokens, request); });
  // Pools apart: answers that are held for a minute must not keep the control API from ending that.
  server.pools = {{.name = "aws", .threads = options.threads, .queue = 1024},
                  {.name = "openstack", .threads = options.threads, .queue = 1024},
                  {.name = "control", .threads = 2, .queue = 64}};
  server.max_body = 4U << 20;
  server.oversize_status = 413;
  TRY_ASSIGN(out->server_, http::Server::start(std::move(server)));
  return out;
}

std::string Simulator::aws_url() const { return fmt::format("http://{}:{}", world_.options.host, port(0)); }
std::string Simulator::openstack_url() const {
  return fmt::format("http://{}:{}/identity/v3", world_.options.host, port(1));
}
std::string Simulator::control_url() const { return fmt::format("http://{}:{}", world_.options.host, port(2)); }

std::string Simulator::ready_line() const {
  return json::write(json::Object{{"aws", aws_url()}, {"openstack", openstack_url()}, {"control", control_url()}});
}

}  // namespace maestro::cloudsim
