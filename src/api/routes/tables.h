// The route tables: one file of this folder each. The whole API on one screen: see server_routes().
#pragma once

#include <vector>

#include "api/call.h"

namespace maestro::api {

std::vector<Route> system_routes();           // /, /health, /metrics, /versions, /openapi.json, /ui
std::vector<Route> session_routes();          // /session
std::vector<Route> account_routes();          // /tokens, /sessions
std::vector<Route> administration_routes();   // /administrators, /registration
std::vector<Route> people_routes();           // /users, /me
std::vector<Route> recovery_routes();         // /users/forgot
std::vector<Route> upload_routes();           // /users/upload, of teams and projects too
std::vector<Route> static_routes();           // /static
std::vector<Route> entity_routes();           // every declared entity with access: CRUD, roles, provenance
std::vector<Route> relation_routes();         // links between documents, dependencies
std::vector<Route> datacenter_routes();       // the servers of a datacenter
std::vector<Route> standing_report_routes();  // of a datacenter
std::vector<Route> report_routes();           // what reports do beside being documents
std::vector<Route> graph_routes();            // what graphs do beside being documents
std::vector<Route> audit_routes();            // /<entity>/:id/audit
std::vector<Route> connection_routes();       // what connections do beside that
std::vector<Route> scheduler_routes();        // templates and events of schedules
std::vector<Route> run_routes();              // /runs
std::vector<Route> search_routes();           // /search
std::vector<Route> duplicate_routes();        // /<entity>/duplicates: warnings for forms
std::vector<Route> history_routes();          // /history, and of each document
std::vector<Route> facet_routes();            // /<entity>/facets
std::vector<Route> meta_routes();             // /meta: declarations for forms and tables
std::vector<Route> provider_routes();         // /providers, as the original's clients read them

/// The table of the server listener (8888).
std::vector<Route> server_routes();
/// The table of the discovery listener (5000), for peers that speak to the original's service.
std::vector<Route> discovery_routes();
/// The table of the data listener (5010), likewise.
std::vector<Route> data_routes();
/// The table of the audit listener (10900), likewise.
std::vector<Route> audit_service_routes();

}  // namespace maestro::api
