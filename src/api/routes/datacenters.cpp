// What datacenters show beside the shared routes: the servers in them (spec 6.5).
#include "api/list_query.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/team_routes.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;

constexpr std::size_t kOrphansAPage = 100;

Result<ListQuery> servers_here(Call& call, std::size_t default_limit = 20) {
  static const model::Entity& servers = *model::find_entity("servers");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(ListQuery query, parse_list_query(call, servers, default_limit));
  query.spec.filter.children.push_back(
      {.kind = store::Filter::Kind::kLeaf,
       .leaf = {.path = "datacenters._id", .op = store::Condition::Op::kEq, .values = {Value(id.hex())}},
       .children = {}});
  return query;
}

Result<Answer> datacenter_servers(Call& call) {
  TRY_ASSIGN(const ListQuery query, servers_here(call));
  TRY_ASSIGN(const auto page, call.services.store.documents().list(call.context, query.spec));
  if (is_beyond(query, page)) return not_found("Data not found");
  return list_answer(call, *query.spec.entity, query, page);
}

Result<Answer> datacenter_servers_count(Call& call) {
  TRY_ASSIGN(const ListQuery query, servers_here(call));
  TRY_ASSIGN(const auto total, call.services.store.documents().count(call.context, query.spec));
  return json_answer(200, Object{{"count", total}});
}

Result<Answer> orphans(Call& call) {
  static const model::Entity& datacenters = *model::find_entity("datacenters");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY(call.services.inventory.get(call.context, datacenters, id));
  call.query.erase("query");  // of the original's parameters, this one does not count here
  TRY_ASSIGN(ListQuery query, servers_here(call, kOrphansAPage));
  query.spec.filter.children.push_back(
      {.kind = store::Filter::Kind::kLeaf,
       .leaf = {.path = "accountant", .op = store::Condition::Op::kAbsent, .values = {}},
       .children = {}});
  TRY_ASSIGN(const auto page, call.services.store.documents().list(call.context, query.spec));
  return list_answer(call, *query.spec.entity, query, page);
}

}  // namespace

std::vector<Route> datacenter_routes() {
  using enum http::Method;
  const Route count{.method = kGet,
                    .pattern = "/datacenters/:id/servers/count",
                    .handler = datacenter_servers_count,
                    .doc = "How many servers a datacenter has."};
  // The original counts under another name below a team.
  Route count_of_team = count;
  count_of_team.pattern = "/datacenters/:id/analytics";
  count_of_team.team = store::kRead;
  std::vector<Route> all = {{.method = kGet,
                             .pattern = "/datacenters/:id/servers",
                             .handler = datacenter_servers,
                             .doc = "Servers of a datacenter.",
                             .team = store::kRead},
                            count,
                            mirrored(count_of_team),
                            {.method = kGet,
                             .pattern = "/datacenters/:id/orphans",
                             .handler = orphans,
                             .doc = "Servers of a datacenter that no connection sees.",
                             .team = store::kRead}};
  for (Route& route : all) {
    route.tag = "datacenters";
    route.entity = model::find_entity("datacenters");
  }
  return all;
}

}  // namespace maestro::api
