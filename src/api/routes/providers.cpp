// Providers as the original's clients read them, and the listener of the original's discovery service.
#include "api/errors.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "base/text.h"
#include "provider/original_form.h"

namespace maestro::api {
namespace {

using json::Array;
using json::Object;
using json::Value;

Answer items(Value value) { return json_answer(200, Object{{"items", Array{Object{{"value", std::move(value)}}}}}); }

/// "Digital Ocean" and "digitalocean" both name a provider.
const provider::Provider* named(const std::string& word) { return provider::find_provider(word); }

Result<Answer> info(Call&) {
  Array list;
  for (const auto& one : provider::providers()) {
    list.emplace_back(provider::original_tile(one));
  }
  return items(Object{{"providers", std::move(list)}});
}

Result<Answer> info_of(Call& call) {
  const provider::Provider* one = named(call.params[0]);
  return items(Object{{"providers", one == nullptr ? Value(Array{}) : Value(provider::original_form(*one))}});
}

Result<Answer> rules(Call&) {
  Array list;
  for (std::size_t i = 0; i < provider::providers().size(); ++i) list.emplace_back(Object{});
  return items(std::move(list));
}

Result<Answer> rules_of(Call& call) {
  const provider::Provider* one = named(call.params[0]);
  if (one == nullptr) return items(Array{});
  return items(Object{{"permissions", provider::original_permissions(call.services.packs, *one)}});
}

Result<Answer> other_info(Call&) { return items(Object{}); }

/// What this process knows, or the answer of a discovery service that runs elsewhere.
Result<Answer> ask(Call& call, const std::string& path, Handler here) {
  using siblings::Service, siblings::Siblings;
  switch (call.services.siblings.place(Service::kDiscovery)) {
    case Siblings::Place::kDisabled:
      return siblings::disabled(Service::kDiscovery);
    case Siblings::Place::kElsewhere: {
      TRY_ASSIGN(const Value answer, call.services.siblings.call(call.context, Service::kDiscovery, "GET", path));
      return json_answer(200, answer);
    }
    case Siblings::Place::kHere:
      break;
  }
  return here(call);
}

Result<Answer> asked_info(Call& call) { return ask(call, "/available/info", info); }
Result<Answer> asked_info_of(Call& call) {
  return ask(call, "/available/info/" + text::percent_encode(call.params[0]), info_of);
}
Result<Answer> asked_rules(Call& call) { return ask(call, "/available/rules", rules); }
Result<Answer> asked_rules_of(Call& call) {
  return ask(call, "/available/rules/" + text::percent_encode(call.params[0]), rules_of);
}

// ---- the discovery service's own listener (spec of the discovery service, 1.2) ----

Result<Answer> service_root(Call& call) {
  return json_answer(200, Object{{"name", "discovery-api"},
                                 {"description", "Discovery - Maestro"},
                                 {"version", call.services.version},
                                 {"license", "MIT"}});
}

Result<Answer> crawler_help(Call&) {
  return json_answer(
      200, Object{{"resources", Array{Object{{"path", "/crawler/<provider>"}, {"description", "Tasks of a provider"}},
                                      Object{{"path", "/crawler/<provider>/<connection>/<task>"},
                                             {"description", "Start a task"}}}}});
}

Result<Answer> crawler_permissions(Call& call) {
  const provider::Provider* one = named(call.params[0]);
  if (one == nullptr) return not_found("There is no provider " + shown(call.params[0], 100));
  return json_answer(200, provider::original_permissions(call.services.packs, *one));
}

Result<Answer> crawler_echo(Call& call) {
  return json_answer(200,
                     Object{{"datacenter", call.params[0]}, {"instance", call.params[1]}, {"task", call.params[2]}});
}

Result<Answer> crawler_start(Call& call) {
  static const model::Entity& connections = *model::find_entity("connections");
  const std::string task = call.params[2];
  const provider::Provider* one = named(call.params[0]);
  if (one == nullptr) return not_found("There is no provider " + shown(call.params[0], 100));
  if (call.services.packs.of_task(one->id, task).empty())
    return json_answer(422, Object{{"error", "This provider has no task " + shown(task, 100)}});
  const auto id = ObjectId::parse(call.params[1]);
  if (!id) return json_answer(400, Object{{"error", "There is no connection " + shown(call.params[1], 100)}});
  TRY_ASSIGN(const auto connection, call.services.store.documents().find(call.context, connections, *id));
  if (!connection || !connection->active)
    return json_answer(400, Object{{"error", "There is no connection " + id->hex()}});
  TRY(call.services.runs.start(call.context, *connection, {task}, discovery::kByUser));
  return json_answer(
      201, Object{{"msg", "In progress - " + task}, {"conn_id", id->hex()}, {"task", task}, {"status", "warning"}});
}

}  // namespace

std::vector<Route> provider_routes() {
  using enum http::Method;
  return {
      {.method = kGet, .pattern = "/providers", .handler = asked_info, .doc = "Providers, short.", .tag = "providers"},
      {.method = kGet,
       .pattern = "/providers/rules",
       .handler = asked_rules,
       .doc = "Rules of every provider.",
       .tag = "providers"},
      {.method = kGet,
       .pattern = "/providers/rules/:provider",
       .handler = asked_rules_of,
       .doc = "Tasks of a provider.",
       .tag = "providers"},
      {.method = kGet,
       .pattern = "/providers/:provider",
       .handler = asked_info_of,
       .doc = "Connection form of a provider.",
       .tag = "providers"},
  };
}

std::vector<Route> discovery_routes() {
  using enum http::Method;
  using enum Auth;
  return {
      {.method = kGet,
       .pattern = "/",
       .auth = kPublic,
       .handler = service_root,
       .doc = "What runs here.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/available/info",
       .auth = kService,
       .handler = info,
       .doc = "Providers, short.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/available/info/:provider",
       .auth = kService,
       .handler = info_of,
       .doc = "Connection form of a provider.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/available/rules",
       .auth = kService,
       .handler = rules,
       .doc = "Rules of every provider.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/available/rules/:provider",
       .auth = kService,
       .handler = rules_of,
       .doc = "Tasks of a provider.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/available/:other",
       .auth = kService,
       .handler = other_info,
       .doc = "Nothing.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/crawler",
       .auth = kService,
       .handler = crawler_help,
       .doc = "Help.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/crawler/:provider",
       .auth = kService,
       .handler = crawler_permissions,
       .doc = "Tasks of a provider.",
       .tag = "discovery"},
      {.method = kGet,
       .pattern = "/crawler/:provider/:connection/:task",
       .auth = kService,
       .handler = crawler_echo,
       .doc = "Echo.",
       .tag = "discovery"},
      {.method = kPut,
       .pattern = "/crawler/:provider/:connection/:task",
       .auth = kService,
       .handler = crawler_start,
       .doc = "Start a task.",
       .tag = "discovery"},
  };
}

}  // namespace maestro::api
