#include "app/serve.h"

#include <unistd.h>

#include <csignal>

#include "api/dispatch.h"
#include "api/live_feed.h"
#include "api/metrics.h"
#include "api/router.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "app/administrators.h"
#include "app/assets.h"
#include "app/outside.h"
#include "app/roles.h"
#include "app/secrets.h"
#include "app/store_commands.h"
#include "app/stores.h"
#include "base/log.h"
#include "base/text.h"
#include "discovery/engine.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "inventory/renames.h"
#include "inventory/service_links.h"
#include "jobs/sweeper.h"
#include "jobs/watchdog.h"
#include "jobs/workers.h"
#include "moving/move.h"
#include "provider/clouds.h"
#include "seed/seed.h"
#include "siblings/audit_teller.h"

namespace maestro::app {
namespace {

Result<bool> read_registration(const Config& config) {
  const std::string& word = config.text("registration");
  if (word == "open" || word == "closed") return word == "open";
  return invalid(fmt::format("Setting registration = \"{}\": must be open or closed", word));
}

/// The signals that end the process, taken by a thread of their own and not by a handler.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  int wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) {
    }
    return signal;
  }

 private:
  sigset_t set_{};
};

discovery::Options engine_options(const Config& config) {
  discovery::Options options;
  options.attempts = static_cast<int>(config.number("scope-attempts"));
  options.backoff = Millis(config.number("scope-backoff"));
  options.drop_count = config.number("drop-count");
  options.drop_share = static_cast<double>(config.number("drop-percent")) / 100;
  return options;
}

http::ServerOptions server_options(const Config& config) {
  http::ServerOptions options;
  const auto threads = static_cast<unsigned>(config.number("http-threads"));
  const auto queue = static_cast<unsigned>(config.number("http-queue"));
  // In the order of api::Pool. Password hashing takes 32 MiB and 75 ms a piece: two at once, and a short queue.
  options.pools = {{.name = "interactive", .threads = threads, .queue = queue},
                   {.name = "bulk", .threads = 2, .queue = queue},
                   {.name = "password", .threads = 2, .queue = 64},
                   {.name = "mail", .threads = 2, .queue = 64},
                   // A provider that never answers holds who asks it, and nobody else.
                   {.name = "provider", .threads = 4, .queue = 32}};
  options.max_body = static_cast<std::size_t>(config.number("max-body"));
  options.max_connections = static_cast<unsigned>(config.number("max-connections"));
  options.header_timeout = Millis(config.number("header-timeout") * 1000);
  options.body_timeout = Millis(config.number("body-timeout") * 1000);
  options.trust_forwarded = config.boolean("trust-proxy");
  options.make_error = api::transport_error;
  return options;
}

std::array<siblings::Peer, siblings::kServices> siblings_peers(const Config& config) {
  std::array<siblings::Peer, siblings::kServices> out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string name = text::lower(siblings::word(static_cast<siblings::Service>(i)));
    out.at(i) = {.uri = config.text(name + "-uri"), .disabled = config.boolean(name + "-disabled")};
  }
  return out;
}

/// Peers send whole pages of what they have found; the original's audit service took as much.
constexpr std::size_t kMaxPeerBody = std::size_t{50} << 20;

struct ListenerRow {
  const char* name;
  const char* role;
  const char* port;  ///< setting
  const api::Router& router;
  const api::Wording& wording;
  std::size_t max_body = 0;  ///< bytes, where that is more than the setting
};

/// Which listeners this process has, and where. The one listener of a process is at `port`, as each of the original's
/// services was.
std::vector<std::pair<const ListenerRow*, long long>> open_listeners(const Config& config,
                                                                     const std::set<std::string, std::less<>>& roles,
                                                                     std::span<const ListenerRow> rows) {
  std::vector<std::pair<const ListenerRow*, long long>> out;
  const bool all = roles.contains("api") && config.boolean("legacy-ports");
  for (const ListenerRow& row : rows)
    if (all || roles.contains(row.role)) out.emplace_back(&row, config.number(row.port));
  if (out.size() == 1 && config.origin("port") != "default") out.front().second = config.number("port");
  return out;
}

/// All of them learn of a write.
class Followers final : public store::Observer {
 public:
  explicit Followers(std::vector<store::Observer*> all) : all_(std::move(all)) {}
  Result<void> written(store::Transaction& tx, const store::Document* before, const store::Document& after,
                       const store::Change& change) override {
    for (store::Observer* each : all_) TRY(each->written(tx, before, after, change));
    return {};
  }

 private:
  std::vector<store::Observer*> all_;
};

}  // namespace

Result<void> serve(Config config, const std::string& version) {
  Signals signals;  // first: threads inherit the mask
  const auto began = std::chrono::steady_clock::now();
  if (!log::set_level(config.text("log-level")))
    return invalid("Setting log-level: must be debug, info, warn, error or off");
  TRY_ASSIGN(const auto active_roles, parse_roles(config.text("roles")));
  TRY_ASSIGN(const bool registration_open, read_registration(config));
  TRY_ASSIGN(const StoreAddress address, store_address(config));
  TRY(load_secrets(config));
  TRY(check_secrets(config));
  if (!config.boolean("rate-limits")) log::warn("logins and sign-ups are not limited: rate-limits is off");
  TRY_ASSIGN(const auto keyring, auth::Keyring::from_secret(config.text("secret-encryption")));
  TRY_ASSIGN(const auto packs, provider::Packs::load(embedded_packs(), config.text("packs")));
  TRY_ASSIGN(
      const auto transport,
      provider::make_curl_transport({.allow = config.text("egress-allow"),
                                     .total_timeout_ms = static_cast<long>(config.number("provider-timeout") * 1000)}));
  const SystemClock clock;
  TRY_ASSIGN(const auto backup, backup_before_migration(config, address, ""));
  if (backup) log::info("the store was backed up before its schema is migrated", {{"file", *backup}});
  TRY_ASSIGN(const auto store, open_store(address, clock));
  TRY(check_key(*store, keyring));
  TRY_ASSIGN(const bool half_moved, moving::is_half_done({}, *store));
  if (half_moved) return invalid("An import into this store was interrupted: run it again, it carries on");
  TRY_ASSIGN(const auto planted, seed::plant(*store, {}));
  if (planted > 0) log::info("options and catalogues were filled in", {{"documents", planted}});

  const auto clouds = provider::make_clouds(
      packs, *transport, {.requests_per_second = static_cast<double>(config.number("provider-rate"))});
  gateway::Gateway gateway({.store = *store,
                            .keyring = keyring,
                            .envelope_secret = config.text("secret-jwt"),
                            .shows_credentials = config.boolean("data-credentials")});
  discovery::Runs runs(*store, packs, keyring);
  schedule::Schedules schedules(*store, runs, clock);
  inventory::Inventory inventory(
      *store, {{"scheduler", [&](store::Transaction& tx, const store::Document* before,
                                 store::Document& after) { return schedules.follow(tx, before, after); }},
               {"servers", [&](store::Transaction& tx, const store::Document* before, store::Document& after) {
                  return inventory::link_services(*store, tx, before, after);
                }}});
  discovery::Engine engine(*store, *clouds, packs, runs, clock, engine_options(config));
  connections::Connections connections({.inventory = inventory,
                                        .runs = runs,
                                        .schedules = schedules,
                                        .packs = packs,
                                        .clouds = *clouds,
                                        .keyring = keyring,
                                        .envelope_secret = config.text("secret-jwt")});
  TRY_ASSIGN(auto siblings_transport,
             provider::make_curl_transport({.allow = "*", .total_timeout_ms = config.number("timeout")}));
  const siblings::Siblings siblings(
      {.peers = siblings_peers(config),
       .transport = std::move(siblings_transport),
       .token = siblings::private_token(config.text("secret-jwt-private"), config.text("noauth"), version)});
  // Before anything writes: what follows a write is enqueued with it.
  inventory::Renames renames(*store);
  siblings::AuditTeller audit_teller(siblings, *store);
  Followers followers({&renames, &audit_teller});
  store->observe(followers);
  inventory::Relations relations(*store);
  const auth::Sessions sessions(config.text("secret-jwt"), *store, clock);
  const auth::ApiTokens api_tokens(*store, clock);
  const auth::Administrators administrators(*store, auth::read_addresses(config.text("administrators")));
  TRY(administrators.appoint_named(acting("settings")));
  const auto limiter_of = [&](unsigned failures, int minutes) {
    return auth::Limiter(config.boolean("rate-limits") ? failures : 0, Millis(minutes * 60'000), clock);
  };
  auth::Limiter login_limiter = limiter_of(10, 1), client_limiter = limiter_of(100, 10),
                sign_up_limiter = limiter_of(20, 10);
  api::Metrics metrics;
  api::LiveFeed feed(*store, runs);

  TRY_ASSIGN(const auto admin_transport, provider::make_curl_transport({.allow = "*"}));
  TRY_ASSIGN(const auto file_store, make_file_store(config, *admin_transport, clock));
  const auto mailer = make_mailer(config, clock);

  const api::Router server_router(api::server_routes());
  const api::Router discovery_router(api::discovery_routes());
  const api::Router data_router(api::data_routes());
  const api::Router audit_router(api::audit_service_routes());
  const ListenerRow listeners[] = {
      {"server", "api", "port", server_router, api::server_wording()},
      {"discovery", "discovery", "discovery-port", discovery_router, api::data_wording()},
      {"data", "data", "data-port", data_router, api::data_wording(), kMaxPeerBody},
      {"audit", "audit", "audit-port", audit_router, api::server_wording(), kMaxPeerBody},
  };
  std::atomic<bool> accepting = true;
  api::Services services{.store = *store,
                         .inventory = inventory,
                         .relations = relations,
                         .connections = connections,
                         .runs = runs,
                         .schedules = schedules,
                         .siblings = siblings,
                         .gateway = gateway,
                         .packs = packs,
                         .sessions = sessions,
                         .api_tokens = api_tokens,
                         .administrators = administrators,
                         .login_limiter = login_limiter,
                         .client_limiter = client_limiter,
                         .sign_up_limiter = sign_up_limiter,
                         .clock = clock,
                         .metrics = metrics,
                         .feed = feed,
                         .ui = ui_files(),
                         .uploads = upload_options(config, file_store.get()),
                         .recovery = recovery_options(config, mailer.get()),
                         .version = version,
                         .private_secret = config.text("secret-jwt-private"),
                         .noauth = config.text("noauth"),
                         .timeout_ms = config.number("timeout"),
                         .scan_limit = config.number("scan-limit"),
                         .public_secret = config.text("secret-jwt-public"),
                         .registration_open = registration_open,
                         .secure_cookie = config.boolean("secure-cookie"),
                         .ready = [&accepting] { return accepting.load(); },
                         .router = [&server_router]() -> const api::Router& { return server_router; }};

  std::unique_ptr<jobs::Workers> workers;
  std::unique_ptr<jobs::Watchdog> watchdog;
  std::unique_ptr<jobs::Sweeper> sweeper;
  std::unique_ptr<schedule::Ticker> ticker;
  std::unique_ptr<http::Server> server;
  if (active_roles.contains("worker")) {
    jobs::WorkersOptions options;
    options.lanes = {{discovery::kProviderLane, static_cast<unsigned>(config.number("workers"))},
                     {discovery::kBulkLane, 1},
                     {inventory::kRenameLane, 1}};
    options.lease = Millis(config.number("lease") * 1000);
    jobs::JobTypes types = jobs::discovery_jobs(engine);
    types[inventory::kRenameJob] = {
        .handle = [&renames](const Context& context, const store::Job& job) { return renames.handle(context, job); },
        .should_stop = {}};
    if (siblings.place(siblings::Service::kAudit) == siblings::Siblings::Place::kElsewhere) {
      for (const std::string& lane : siblings::AuditTeller::lanes()) {
        options.lanes[lane] = 1;
        options.in_order.insert(lane);
      }
      types[siblings::kTellJob] = {
          .handle = [&audit_teller](const Context& context,
                                    const store::Job& job) { return audit_teller.handle(context, job); },
          .should_stop = {}};
    }
    workers = std::make_unique<jobs::Workers>(*store, std::move(types), options);
    workers->start();
  }
  if (active_roles.contains("scheduler")) {
    watchdog = std::make_unique<jobs::Watchdog>(*store, runs, clock);
    watchdog->start();
    sweeper = std::make_unique<jobs::Sweeper>(*store, clock);
    sweeper->start();
    ticker = std::make_unique<schedule::Ticker>(schedules);
  }
  http::ServerOptions options = server_options(config);
  for (const auto& [row, port] : open_listeners(config, active_roles, listeners)) {
    const std::size_t most = std::max(options.max_body, row->max_body);
    options.listeners.push_back({.name = row->name,
                                 .host = config.text("host"),
                                 .port = static_cast<std::uint16_t>(port),
                                 .handler = api::make_handler(services, row->router, row->wording),
                                 .pool_of = api::make_pool_chooser(row->router),
                                 .max_body_of = api::make_body_limit(services, row->router, most)});
  }
  if (!options.listeners.empty()) {
    options.on_done = [&](const http::Request& request, const std::string& listener, int status, std::size_t bytes,
                          std::int64_t micros) {
      const auto row = std::find_if(std::begin(listeners), std::end(listeners),
                                    [&](const ListenerRow& each) { return listener == each.name; });
      const auto match = row->router.match(request.method, request.path);
      metrics.request(listener, http::method_name(request.method),
                      match.route == nullptr ? "unmatched" : match.route->pattern, status,
                      static_cast<double>(micros) / 1e6);
      log::info("request", {{"request_id", request.request_id},
                            {"listener", listener},
                            {"method", request.method_text},
                            {"path", request.path},
                            {"status", status},
                            {"bytes", bytes},
                            {"micros", micros},
                            {"peer", request.peer}});
    };
    TRY_ASSIGN(server, http::Server::start(std::move(options)));
  }

  const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - began).count();
  log::info("ready", {{"version", version},
                      {"url", server ? fmt::format("http://{}:{}/", config.text("host"), server->port(0)) : ""},
                      {"roles", config.text("roles")},
                      {"store", address.shown},
                      {"milliseconds", took}});

  if (active_roles.contains("api")) warm_up(*store);
  const int signal = signals.wait();
  log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  accepting = false;
  ticker.reset();
  watchdog.reset();
  sweeper.reset();
  if (server) server->stop(Millis(config.number("stop-grace") * 1000));
  workers.reset();
  server.reset();
  log::info("stopped");
  return {};
}

}  // namespace maestro::app
