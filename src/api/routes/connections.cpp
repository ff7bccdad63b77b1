// What connections do beside the shared routes: credentials, tasks, runs, live progress.
#include "connections/connections.h"

#include "api/idempotency.h"
#include "api/identity.h"
#include "api/live_feed.h"
#include "api/preconditions.h"
#include "api/principals.h"
#include "api/routes/answers.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "base/text.h"
#include "model/validate.h"

namespace maestro::api {
namespace {

using inventory::View;
using json::Object;
using json::Value;

const model::Entity& entity() {
  static const model::Entity& found = *model::find_entity("connections");
  return found;
}

Result<Answer> create(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  Answer answer{.status = 201, .etag = false};
  TRY(call.services.connections.create(call.context, body,
                                       [&](store::Transaction& tx, const View& view) -> Result<void> {
                                         answer.headers.set("Location", "/connections/" + view.document.id.hex());
                                         return keep_answer(call, tx, answer);
                                       }));
  return answer;
}

Result<Answer> put(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const View view, call.services.connections.put(call.context, id, body, expected(call)));
  return put_answer(call, view);
}

Result<Answer> patch(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto patched, call.services.connections.patch(call.context, id, body, expected(call)));
  return patch_answer(call, patched);
}

Result<Answer> remove(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.connections.remove(call.context, id, expected(call)));
  return empty_answer(204);
}

Result<Answer> restore(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const View view, call.services.connections.restore(call.context, id, expected(call)));
  return whole_answer(call, 202, view);
}

Result<Answer> test(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto report, call.services.connections.test(call.context, body));
  json::Array steps;
  for (const auto& step : report.steps)
    steps.emplace_back(Object{{"name", step.name}, {"ok", step.ok}, {"message", step.message}});
  Object answer{{"ok", report.ok}, {"message", report.message}, {"steps", std::move(steps)}};
  if (!report.account.empty()) answer["account"] = report.account;
  json::Array regions;
  for (const auto& region : report.regions) regions.emplace_back(region);
  if (!regions.empty()) answer["regions"] = std::move(regions);
  return json_answer(200, answer);
}

/// The original's way to start a task: PUT, role 1, peer's answer.
Result<Answer> start_task(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const View view, call.services.inventory.get(call.context, entity(), id));
  const std::string task = call.params[1];
  const siblings::Siblings& siblings = call.services.siblings;
  using siblings::Service;
  if (siblings.place(Service::kDiscovery) != siblings::Siblings::Place::kHere) {
    const std::string path =
        fmt::format("/crawler/{}/{}/{}", text::percent_encode(json::text_or(view.document.body, "provider")), id.hex(),
                    text::percent_encode(task));
    const Value nothing(Object{});
    TRY_ASSIGN(const Value answer, siblings.call(call.context, Service::kDiscovery, "PUT", path, &nothing));
    return json_answer(200, answer);
  }
  const provider::Provider* known = provider::find_provider(json::text_or(view.document.body, "provider"));
  if (known == nullptr || call.services.packs.of_task(known->id, task).empty())
    return Error{.code = Code::kInvalid, .message = "This provider has no task " + shown(task, 100)};
  TRY(call.services.runs.start(call.context, view.document, {task}, discovery::kByUser));
  return json_answer(
      200, Object{{"msg", "In progress - " + task}, {"conn_id", id.hex()}, {"task", task}, {"status", "warning"}});
}

Result<View> visible(Call& call, int role) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(View view, call.services.inventory.get(call.context, entity(), id));
  if (role > store::kRead && view.access->role_of(call.context.actor.principal) < role) return inventory::not_allowed();
  return view;
}

Result<Answer> start_runs(Call& call) {
  TRY_ASSIGN(const View view, visible(call, store::kRead));
  if (!view.document.active) return conflict("The connection is deleted");
  TRY_ASSIGN(const Object body, call.object());
  const provider::Provider* known = provider::find_provider(json::text_or(view.document.body, "provider"));
  const std::vector<std::string> all =
      known == nullptr ? std::vector<std::string>() : call.services.packs.tasks(known->id);
  std::vector<std::string> tasks;
  if (const Value* wanted = body.if_contains("tasks")) {
    if (!wanted->is_array()) return model::violation("tasks", "must be an array", "array.base");
    for (const Value& task : wanted->get_array()) {
      const std::string name = json::scalar_text(task);
      if (std::find(all.begin(), all.end(), name) == all.end())
        return model::violation("tasks", "must be one of [" + text::join(all, ", ") + "]", "any.allowOnly");
      tasks.push_back(name);
    }
  } else {
    tasks = all;
  }
  if (tasks.empty()) return conflict("There is nothing that can be discovered through this connection");
  Answer answer;
  const auto keep = [&](store::Transaction& tx, const std::vector<store::Run>& runs) {
    json::Array items;
    for (const auto& run : runs) items.emplace_back(discovery::to_json(run, nullptr, &call.services.packs));
    answer = json_answer(202, Object{{"items", std::move(items)}});
    return keep_answer(call, tx, answer);
  };
  TRY(call.services.runs.start(call.context, view.document, tasks, discovery::kByUser, keep));
  return answer;
}

Result<Answer> list_runs(Call& call) {
  TRY_ASSIGN(const View view, visible(call, store::kRead));
  TRY_ASSIGN(const auto limit, call.number("limit", 20, 1, 200));
  TRY_ASSIGN(const auto page,
             call.services.store.ledger().runs(call.context, view.document.id, static_cast<std::size_t>(limit),
                                               json::text_or(call.query, "cursor")));
  json::Array items;
  for (const auto& run : page.runs) items.emplace_back(discovery::to_json(run, nullptr, &call.services.packs));
  return json_answer(200, Object{{"items", std::move(items)},
                                 {"cursor", Object{{"next", page.next.empty() ? Value() : Value(page.next)}}}});
}

Result<Answer> tasks(Call& call) {
  TRY_ASSIGN(const View view, visible(call, store::kRead));
  const ObjectId id = view.document.id;
  TRY_ASSIGN(const auto schedules, call.services.store.ledger().schedules(call.context, id));
  TRY_ASSIGN(const auto latest, call.services.store.ledger().latest_runs(call.context, {&id, 1}));
  const provider::Provider* known = provider::find_provider(json::text_or(view.document.body, "provider"));
  json::Array items;
  for (const std::string& task : known == nullptr ? std::vector<std::string>() : call.services.packs.tasks(known->id)) {
    const auto resources = call.services.packs.of_task(known->id, task);
    json::Array permissions;
    for (const auto* resource : resources)
      for (const auto& permission : resource->permissions) permissions.emplace_back(permission);
    Object item{{"name", task},
                {"label", resources.front()->label},
                {"entity", resources.front()->entity},
                {"doc", resources.front()->doc},
                {"permissions", std::move(permissions)}};
    for (const auto& schedule : schedules) {
      if (schedule.task != task) continue;
      item["schedule"] = Object{{"every", schedule.every},
                                {"period", schedule.period},
                                {"enabled", schedule.enabled},
                                {"next_run", schedule.enabled ? Value(to_iso(schedule.next_at)) : Value()}};
    }
    for (const auto& run : latest)
      if (run.task == task) item["last_run"] = discovery::to_json(run, nullptr, &call.services.packs);
    items.emplace_back(std::move(item));
  }
  return json_answer(200, Object{{"items", std::move(items)}});
}

constexpr const char* kPeriods[] = {"seconds", "minutes", "hours", "days", "weeks"};
constexpr model::Field kScheduleBody[] = {
    {.name = "enabled", .doc = "Whether it runs by itself.", .type = model::Type::kBoolean},
    {.name = "every",
     .doc = "How many periods between two runs.",
     .type = model::Type::kNumber,
     .positive = true,
     .max = 1024},
    {.name = "period", .doc = "Unit of `every`.", .type = model::Type::kString, .one_of = kPeriods},
};

Result<Answer> change_task(Call& call) {
  TRY_ASSIGN(const View view, visible(call, store::kWrite));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const Object valid, model::validate_fields(kScheduleBody, body, true, true));
  schedule::Schedules::Edit edit;
  if (valid.contains("enabled")) edit.enabled = json::bool_or(valid, "enabled");
  if (valid.contains("every")) edit.every = static_cast<int>(json::int_or(valid, "every"));
  if (valid.contains("period")) edit.period = json::text_or(valid, "period");
  TRY_ASSIGN(const auto changed, call.services.schedules.change(call.context, view.document.id, call.params[1], edit));
  return json_answer(202, Object{{"name", changed.task},
                                 {"every", changed.every},
                                 {"period", changed.period},
                                 {"enabled", changed.enabled},
                                 {"next_run", to_iso(changed.next_at)}});
}

Result<Answer> live(Call& call) {
  TRY_ASSIGN(const View view, visible(call, store::kRead));
  Services& services = call.services;
  Context context;
  context.actor = call.context.actor;
  const ObjectId id = view.document.id;
  // Asked before each delivery, at most once a second: access and membership may be taken away while a page is
  // open.
  auto last = std::make_shared<std::pair<Time, bool>>(services.clock.now(), true);
  auto allowed = [&services, context, id, last, signed_in = still_signed_in(call)] {
    if (services.clock.now() - last->first < Millis(1000)) return last->second;
    Context now = context;
    auto actor = renewed(services, context);
    if (actor.ok()) now.actor = std::move(*actor);
    *last = {services.clock.now(), signed_in() && actor.ok() && services.inventory.get(now, entity(), id).ok()};
    return last->second;
  };
  Answer answer{.content_type = "text/event-stream", .etag = false};
  answer.headers.set("Cache-Control", "no-store");
  answer.headers.set("X-Accel-Buffering", "no");
  answer.events = services.feed.subscribe(id, std::move(allowed));
  return answer;
}

/// State of several connections at once, for their list.
Result<Answer> states(Call& call) {
  std::vector<ObjectId> ids;
  std::vector<View> views;
  const std::string wanted(json::text_or(call.query, "ids"));
  for (const auto part : text::split(wanted, ',')) {
    if (part.empty()) continue;
    const auto id = ObjectId::parse(text::trim(part));
    if (!id) return inventory::bad_id(part);
    if (ids.size() == 1000) return invalid("\"ids\" must name at most 1000 connections");
    auto view = call.services.inventory.get(call.context, entity(), *id);
    if (!view.ok()) continue;
    ids.push_back(*id);
    views.push_back(std::move(*view));
  }
  TRY_ASSIGN(const auto latest, call.services.store.ledger().latest_runs(call.context, ids));
  TRY_ASSIGN(const auto counts, call.services.store.ledger().seen_counts(call.context, ids));
  json::Array items;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const store::Run* shown = nullptr;
    // The state that most needs a person's eye stands for the connection; among equals the newest.
    const auto weight = [](store::RunState state) {
      switch (state) {
        case store::RunState::kRunning:
        case store::RunState::kRetrying:
          return 6;
        case store::RunState::kQueued:
          return 5;
        case store::RunState::kHeld:
          return 4;
        case store::RunState::kFailed:
          return 3;
        case store::RunState::kPartial:
          return 2;
        default:
          return 1;
      }
    };
    for (const auto& run : latest) {
      if (run.connection != ids[i]) continue;
      if (shown == nullptr || weight(run.state) > weight(shown->state) ||
          (weight(run.state) == weight(shown->state) && run.created > shown->created)) {
        shown = &run;
      }
    }
    Object item{{"_id", ids[i].hex()},
                {"state", shown == nullptr ? "never" : store::run_state_name(shown->state)},
                {"resources", counts[i]}};
    if (shown != nullptr) item["last_run"] = discovery::to_json(*shown, nullptr, &call.services.packs);
    TRY_ASSIGN(const auto schedules, call.services.store.ledger().schedules(call.context, ids[i]));
    std::optional<Time> next;
    for (const auto& schedule : schedules)
      if (schedule.enabled && (!next || schedule.next_at < *next)) next = schedule.next_at;
    if (next) item["next_run"] = to_iso(*next);
    items.emplace_back(std::move(item));
  }
  return json_answer(200, Object{{"items", std::move(items)}});
}

}  // namespace

std::vector<Route> connection_routes() {
  using enum http::Method;
  std::vector<Route> routes = {
      {.method = kPost,
       .pattern = "/connections",
       .handler = create,
       .doc = "Make a connection; its tasks start at once.",
       .keeps_answer = true,
       .team = store::kWrite},
      {.method = kPut,
       .pattern = "/connections/:id",
       .handler = put,
       .doc = "Replace a connection; needs role 3.",
       .team = store::kWrite},
      {.method = kPatch,
       .pattern = "/connections/:id",
       .handler = patch,
       .doc = "Change a connection; needs role 3.",
       .team = store::kWrite},
      {.method = kDelete,
       .pattern = "/connections/:id",
       .handler = remove,
       .doc = "Delete a connection; what it discovered stays.",
       .team = store::kAdmin},
      {.method = kPut,
       .pattern = "/connections/:id/task/:command",
       .handler = start_task,
       .doc = "Start one task.",
       .team = store::kWrite},
      {.method = kPost,
       .pattern = "/connections/:id/restore",
       .handler = restore,
       .doc = "Undo a delete; needs role 7.",
       .original = false,
       .team = store::kAdmin},
      {.method = kPost,
       .pattern = "/connections/test",
       .handler = test,
       .doc = "Try a connection without saving it.",
       .original = false,
       .pool = Pool::kProvider,
       .team = store::kWrite},
      {.method = kGet,
       .pattern = "/connections/:id/tasks",
       .handler = tasks,
       .doc = "What is discovered, when, with which permissions.",
       .original = false,
       .team = store::kRead},
      {.method = kPatch,
       .pattern = "/connections/:id/tasks/:task",
       .handler = change_task,
       .doc = "Change a schedule; needs role 3.",
       .original = false,
       .team = store::kWrite},
      {.method = kPost,
       .pattern = "/connections/:id/runs",
       .handler = start_runs,
       .doc = "Start runs now.",
       .original = false,
       .keeps_answer = true,
       .team = store::kWrite},
      {.method = kGet,
       .pattern = "/connections/:id/runs",
       .handler = list_runs,
       .doc = "Runs, newest first.",
       .original = false,
       .team = store::kRead},
      {.method = kGet,
       .pattern = "/connections/:id/live",
       .handler = live,
       .doc = "Progress of runs as server-sent events.",
       .original = false,
       .team = store::kRead},
      {.method = kGet,
       .pattern = "/meta/connections",
       .handler = states,
       .doc = "State of several connections.",
       .original = false},
  };
  for (Route& route : routes) {
    route.entity = &entity();
    route.tag = "connections";
  }
  return routes;
}

}  // namespace maestro::api
