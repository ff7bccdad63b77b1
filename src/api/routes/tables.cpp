#include "api/routes/tables.h"

#include "api/team_routes.h"

namespace maestro::api {

std::vector<Route> server_routes() {
  std::vector<Route> all;
  for (const auto& table :
       {system_routes,          session_routes, account_routes,  administration_routes, people_routes,
        recovery_routes,        upload_routes,  static_routes,   relation_routes,       datacenter_routes,
        standing_report_routes, report_routes,  graph_routes,    audit_routes,          connection_routes,
        scheduler_routes,       run_routes,     search_routes,   facet_routes,          duplicate_routes,
        history_routes,         meta_routes,    provider_routes, entity_routes}) {
    for (Route& route : table()) all.push_back(std::move(route));
  }
  add_team_routes(all);
  return all;
}

}  // namespace maestro::api
