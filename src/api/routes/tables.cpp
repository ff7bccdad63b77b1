#include "api/routes/tables.h"

namespace maestro::api {

std::vector<Route> server_routes() {
  std::vector<Route> all;
  for (const auto& table :
       {system_routes, session_routes, people_routes, connection_routes, scheduler_routes, run_routes, search_routes,
        facet_routes, duplicate_routes, history_routes, meta_routes, provider_routes, entity_routes}) {
    for (Route& route : table()) all.push_back(std::move(route));
  }
  return all;
}

}  // namespace maestro::api
