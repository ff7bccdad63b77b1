// Services: what handlers may call. Everything is a reference; app/ makes them in order and outlives the server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/recovery.h"
#include "api/uploads.h"
#include "auth/administrators.h"
#include "auth/api_tokens.h"
#include "auth/limiter.h"
#include "auth/password.h"
#include "auth/sessions.h"
#include "connections/connections.h"
#include "discovery/runs.h"
#include "gateway/gateway.h"
#include "inventory/inventory.h"
#include "inventory/relations.h"
#include "provider/provider.h"
#include "schedule/schedules.h"
#include "siblings/siblings.h"
#include "store/store.h"

namespace maestro::api {

class Metrics;
class LiveFeed;
class Router;

struct Services {
  store::Store& store;
  inventory::Inventory& inventory;
  inventory::Relations& relations;
  connections::Connections& connections;
  discovery::Runs& runs;
  schedule::Schedules& schedules;
  const siblings::Siblings& siblings;
  gateway::Gateway& gateway;
  const provider::Packs& packs;
  const auth::Sessions& sessions;
  const auth::ApiTokens& api_tokens;
  const auth::Administrators& administrators;
  auth::Limiter& login_limiter;   ///< of one account from one client
  auth::Limiter& client_limiter;  ///< how many accounts one client fails at
  auth::Limiter& sign_up_limiter;
  const Clock& clock;
  Metrics& metrics;
  LiveFeed& feed;
  std::span<const EmbeddedFile> ui;  ///< the web UI; empty when the build had none

  Uploads uploads = {};
  Recovery recovery = {};

  std::string version;
  std::string private_secret;        ///< MAESTRO_SECRETJWT_PRIVATE
  std::string noauth;                ///< MAESTRO_NOAUTH
  std::int64_t timeout_ms = 10'000;  ///< MAESTRO_TIMEOUT: how long clients should wait too
  std::int64_t scan_limit = 200;     ///< MAESTRO_SCAN_QTD: page of the data service
  std::string public_secret;         ///< MAESTRO_SECRETJWT_PUBLIC
  auth::PasswordCost password_cost = {};
  bool registration_open = true;  ///< anybody may make an account
  bool secure_cookie = false;     ///< mark the session cookie Secure (behind TLS)
  std::function<bool()> ready = [] { return true; };
  std::function<const Router&()> router;  ///< of the server listener, for OpenAPI
};

}  // namespace maestro::api
