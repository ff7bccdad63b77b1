// What schedules have beside the shared routes: made from the template of the options, and their events.
#include "api/idempotency.h"
#include "api/list_query.h"
#include "api/preconditions.h"
#include "api/routes/answers.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "model/validate.h"
#include "store/projection.h"

namespace maestro::api {
namespace {

using inventory::View;
using json::Object;

constexpr std::size_t kEventsAPage = 10;

constexpr model::Field kTemplateBody[] = {
    {.name = "_id", .doc = "Connection.", .type = model::Type::kString, .need = model::Need::kAlways},
    {.name = "task", .doc = "Its task.", .type = model::Type::kString, .need = model::Need::kAlways},
};

/// The original knows one kind of document that has a template, and says so in these words.
Error unknown_refs() { return invalid("Refs not able, able options is [, connections]"); }

Result<Answer> from_template(Call& call) {
  static const model::Entity& connections = *model::find_entity("connections");
  TRY_ASSIGN(const Object body, call.object());
  if (json::text_or(body, "refs") != "connections") return unknown_refs();
  TRY_ASSIGN(const Object valid, model::validate_fields(kTemplateBody, body, false));
  const std::string_view text = json::text_or(valid, "_id");
  const auto id = ObjectId::parse(text);
  if (!id) return inventory::bad_id(text);
  const auto connection = call.services.inventory.get(call.context, connections, *id);
  if (!connection.ok() || !connection->document.active) return inventory::not_allowed();
  // Name and provider of the body are what the client has read of the connection; what it is called now counts.
  TRY_ASSIGN(const Object made,
             call.services.schedules.describe(call.context, connection->document, json::text_or(valid, "task")));
  Answer answer;
  TRY(call.services.inventory.create(
      call.context, call.entity(), made, {}, [&](store::Transaction& tx, const View& view) -> Result<void> {
        const Object shown = store::single_object(view.document, *view.access, true, true);
        answer = tagged(call, json_answer(201, shown), view.document);
        return keep_answer(call, tx, answer);
      }));
  return answer;
}

/// What the schedule itself may see: each event of a run names it as a holder.
Result<Answer> events(Call& call) {
  static const model::Entity& entity = *model::find_entity("events");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.inventory.get(call.context, call.entity(), id));
  call.query.erase("query");  // of the original's parameters, this one does not count here
  TRY_ASSIGN(ListQuery query, parse_list_query(call, entity, kEventsAPage));
  query.spec.viewer = {.readers = {{Principal::Kind::kSchedule, id}}};
  TRY_ASSIGN(const auto page, call.services.store.documents().list(call.context, query.spec));
  if (is_beyond(query, page)) return not_found("Data not found");
  return list_answer(call, entity, query, page);
}

}  // namespace

std::vector<Route> scheduler_routes() {
  using enum http::Method;
  std::vector<Route> routes = {
      {.method = kPost,
       .pattern = "/scheduler/template",
       .handler = from_template,
       .doc = "Make the schedule of a task of a connection; needs role 3 on the connection.",
       .keeps_answer = true,
       .team = store::kWrite},
      {.method = kGet,
       .pattern = "/scheduler/:id/events",
       .handler = events,
       .doc = "What came of its runs, of the last 15 days.",
       .team = store::kRead},
  };
  for (Route& route : routes) {
    route.entity = model::find_entity("scheduler");
    route.tag = "scheduler";
  }
  return routes;
}

}  // namespace maestro::api
