// The two standing reports of a datacenter and their schedules (spec of the server API, 6.5).
#include "api/routes/engines.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "inventory/provenance.h"
#include "store/projection.h"

namespace maestro::api {
namespace {

using inventory::View;
using json::Array;
using json::Object;
using json::Value;
using store::Document;
using store::Transaction;

struct Standing {
  const char* title;
  const char* component;
};
constexpr Standing kStanding[] = {{"Server", "Servers"}, {"Apps", "Applications"}};

Object report_body(const Document& datacenter, const Standing& standing) {
  const Object active{{"field", "active"}, {"filter", "true"}, {"comparer", "equal"}, {"typ", "boolean"}};
  const Object here{
      {"field", "datacenters"}, {"subfield", "_id"}, {"subfilter", datacenter.id.hex()}, {"typ", "object"}};
  return {{"name", fmt::format("DC {} - {}", json::text_or(datacenter.body, "name"), standing.title)},
          {"component", standing.component},
          {"report", "general"},
          {"filters", Array{active, here}}};
}

Object schedule_body(const Document& report, const Principal& owner) {
  const std::string id = report.id.hex();
  return {{"name", fmt::format("DC {} - {}", id, json::text_or(report.body, "component"))},
          {"method", "PATCH"},
          {"enabled", true},
          {"period_type", "interval"},
          {"task", "reports"},
          {"run_immediately", false},
          {"source", "report"},
          {"interval", Object{{"period", "days"}, {"every", 1}}},
          {"endpoint", "reports/general"},
          {"link", Object{{"_id", id}, {"report", "general"}}},
          {"args", Array{Object{{"key", "report_id"}, {"value", id}},
                         Object{{"key", "owner_user"}, {"value", owner.id.hex()}}}}};
}

Object shown(const View& view) { return store::single_object(view.document, *view.access, false, false); }

/// Two reports, their place in the datacenter and their schedules: all of it or nothing.
Result<Answer> analytics(Call& call) {
  static const model::Entity& datacenters = *model::find_entity("datacenters");
  static const model::Entity& reports = *model::find_entity("reports");
  static const model::Entity& scheduler = *model::find_entity("scheduler");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  auto& inventory = call.services.inventory;
  auto& documents = call.services.store.documents();
  TRY(inventory.get(call.context, datacenters, id));
  std::vector<Document> made;
  Array out;
  TRY(call.services.store.write(
      call.context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
        made.clear();
        out.clear();
        TRY_ASSIGN(const auto found, documents.find(tx, datacenters, id));
        if (!found || !found->active) return inventory::not_there();
        if (documents.access(tx, found->access)->role_of(call.context.actor.principal) < store::kRead)
          return inventory::not_there();
        Document after = *found;
        Array listed, schedules;
        for (const Standing& standing : kStanding) {
          TRY_ASSIGN(const View report, inventory.create(tx, call.context, reports, report_body(*found, standing)));
          listed.emplace_back(Object{{"_id", report.document.id.hex()}, {"component", standing.component}});
          TRY_ASSIGN(const View schedule,
                     inventory.create(tx, call.context, scheduler,
                                      schedule_body(report.document, call.context.actor.principal)));
          schedules.emplace_back(shown(schedule));
          made.push_back(report.document);
        }
        after.body["reports"] = listed;
        after.updated = tx.now();
        TRY(documents.update(tx, *found, after,
                             {.verb = "update", .changes = inventory::describe_changes(*found, after)}));
        out.emplace_back(Object{{"updated_at", to_iso(after.updated)}, {"active", true}, {"reports", listed}});
        for (Value& schedule : schedules) out.emplace_back(std::move(schedule));
        return {};
      }));
  for (const Document& report : made) TRY(work_out_report(call, report));
  return json_answer(200, Value(out));
}

}  // namespace

std::vector<Route> standing_report_routes() {
  return {{.method = http::Method::kPost,
           .pattern = "/datacenters/:id/analytics",
           .handler = analytics,
           .doc = "Make the two standing reports of a datacenter with their schedules.",
           .tag = "datacenters",
           .entity = model::find_entity("datacenters"),
           .team = store::kWrite}};
}

}  // namespace maestro::api
