#include "api/router.h"

#include <gtest/gtest.h>

#include "api/errors.h"
#include "api/openapi.h"
#include "api/routes/tables.h"
#include "api/team_routes.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using enum http::Method;

Router small() {
  return Router({{.method = kGet, .pattern = "/servers", .doc = "list"},
                 {.method = kGet, .pattern = "/servers/count", .doc = "count"},
                 {.method = kGet, .pattern = "/servers/:id", .doc = "one"},
                 {.method = kGet, .pattern = "/servers/:id/history", .doc = "history"},
                 {.method = kDelete, .pattern = "/servers/:id", .doc = "remove"}});
}

std::string matched(const Router& router, http::Method method, std::string_view path) {
  const auto match = router.match(method, path);
  return match.route == nullptr ? "none" : match.route->doc;
}

TEST(Router, TakesAnyCaseAndATrailingSlash) {
  const Router router = small();
  for (const char* path : {"/servers", "/SERVERS", "/servers/", "//Servers//"})
    EXPECT_EQ(matched(router, kGet, path), "list") << path;
  EXPECT_EQ(matched(router, kHead, "/servers"), "list");
}

TEST(Router, PrefersLiteralsAndKeepsTheCaseOfValues) {
  const Router router = small();
  EXPECT_EQ(matched(router, kGet, "/servers/Count"), "count");
  const auto match = router.match(kGet, "/Servers/aB%2Fc/HISTORY");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.params, std::vector<std::string>{"aB/c"});
}

TEST(Router, FallsBackFromALiteralThatLeadsNowhere) {
  const Router router = small();
  EXPECT_EQ(matched(router, kGet, "/servers/count/history"), "history");
  EXPECT_EQ(matched(router, kDelete, "/servers/count"), "remove");
}

TEST(Router, TellsTheMethodsOfAPath) {
  const Router router = small();
  EXPECT_EQ(router.match(kPut, "/servers/1").route, nullptr);
  EXPECT_EQ(router.match(kPut, "/servers/1").allowed, (std::vector{kGet, kDelete}));
  EXPECT_TRUE(router.match(kGet, "/nothing").allowed.empty());
}

TEST(Routes, AreDocumentedAndUnambiguous) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Route& route : server_routes()) {
    EXPECT_NE(route.doc[0], '\0') << route.pattern;
    EXPECT_NE(route.handler, nullptr) << route.pattern;
    std::string shape;
    for (const auto part : text::split(route.pattern, '/'))
      shape += part.starts_with(":") ? "/*" : "/" + std::string(part);
    EXPECT_TRUE(seen.emplace(http::method_name(route.method), shape).second) << route.pattern;
  }
}

TEST(Routes, NewNamesDoNotTakeTheOriginalsPlaces) {
  // First segments that the original serves: new routes stay clear of them, except below the path of an entity.
  const std::set<std::string> taken = {"adminer", "services", "graphs",    "projects",       "versions", "applications",
                                       "clients", "images",   "network",   "snapshots",      "system",   "volumes",
                                       "events",  "reports",  "scheduler", "flavors_public", "static"};
  for (const Route& route : server_routes()) {
    if (route.original || route.entity != nullptr) continue;
    const std::string pattern = plain_pattern(route);
    const auto parts = text::split(pattern, '/');
    EXPECT_FALSE(taken.contains(std::string(parts[1]))) << route.pattern;
  }
}

TEST(Routes, WordsOfNewRoutesBelowAnEntityAreReserved) {
  for (const Route& route : server_routes()) {
    if (route.original || route.entity == nullptr || route.method != kGet) continue;
    const auto parts = text::split(route.pattern, '/');
    if (parts.size() == 3 && parts[1] == std::string_view(route.entity->route) && !parts[2].starts_with(":")) {
      EXPECT_TRUE(is_reserved(parts[2])) << route.pattern;
    }
  }
  const Router router(server_routes());
  for (const http::Method method : {kPut, kPatch, kDelete, kPost})
    EXPECT_EQ(router.match(method, "/servers/Facets").route, nullptr);
  EXPECT_EQ(router.match(kGet, "/servers/facets/history").route, nullptr);
  EXPECT_EQ(matched(router, kGet, "/servers/FACETS/"), "How often each value of a field occurs in a list.");
}

TEST(TeamRoutes, MirrorWhatEntitiesWithRolesHave) {
  const std::set<std::string> without = {"/datacenters/:id/servers/count"};
  std::set<std::pair<http::Method, std::string>> mirrors;
  for (const Route& route : server_routes())
    if (route.as_team) mirrors.emplace(route.method, plain_pattern(route));
  for (const Route& route : server_routes()) {
    if (route.as_team || route.auth != Auth::kUser) continue;
    // Kinds without access have what the original gave them.
    if (route.entity != nullptr && route.entity->access == model::Access::kNone) continue;
    const bool has_roles = route.entity != nullptr && route.entity->access == model::Access::kRoles;
    const bool wanted = (has_roles && !without.contains(route.pattern) && !route.pattern.ends_with("/autocomplete") &&
                         !route.pattern.starts_with("/meta/")) ||
                        route.pattern.starts_with("/runs/");
    EXPECT_EQ(mirrors.contains({route.method, route.pattern}), wanted)
        << http::method_name(route.method) << " " << route.pattern;
  }
  EXPECT_TRUE(mirrors.contains({kGet, "/datacenters/:id/analytics"})) << "the count has another name there";
}

TEST(TeamRoutes, NeedTheMemberRoleThatTheOriginalNeeds) {
  for (const Route& route : server_routes()) {
    if (!route.as_team || !route.original) continue;
    const int needed = route.method == kGet ? 1 : route.method == kDelete ? 7 : 3;
    EXPECT_EQ(route.team, needed) << http::method_name(route.method) << " " << route.pattern;
  }
}

TEST(TeamRoutes, MatchBesideTheRoutesOfTheTeamItself) {
  const Router router(server_routes());
  const auto match = router.match(kGet, "/Teams/A/Servers/B/");
  ASSERT_NE(match.route, nullptr);
  EXPECT_TRUE(match.route->as_team);
  EXPECT_EQ(match.params, (std::vector<std::string>{"A", "B"}));
  for (const char* path : {"/teams/A", "/teams/A/history", "/teams/A/provenance"}) {
    const auto own = router.match(kGet, path);
    ASSERT_NE(own.route, nullptr) << path;
    EXPECT_FALSE(own.route->as_team) << path;
  }
  EXPECT_EQ(router.match(kPost, "/teams/A/members").route->as_team, false);
  EXPECT_EQ(router.match(kGet, "/teams/A/teams").route, nullptr);
  EXPECT_EQ(router.match(kGet, "/teams/A/users").route, nullptr);
}

TEST(Errors, OriginalRoutesAnswerOnlyWhatTheirClientsKnow) {
  const std::set<int> known = {200, 400, 401, 404, 409, 422, 500, 501, 429, 503};
  for (const Code code :
       {Code::kInvalid, Code::kUnauthenticated, Code::kForbidden, Code::kNotFound, Code::kConflict, Code::kInternal})
    EXPECT_TRUE(known.contains(error_answer({.code = code, .message = "m"}, true, "r").status));
  EXPECT_EQ(error_answer(forbidden("no"), true, "r").body,
            R"({"err":{"name":"PermissionError","errors":"no","request_id":"r"}})");
  EXPECT_EQ(error_answer(forbidden("no"), false, "r").status, 403);
  const Answer unauthorized = error_answer(unauthenticated("why"), true, "r");
  EXPECT_EQ(unauthorized.body, "Unauthorized");
  EXPECT_EQ(unauthorized.content_type, "");
}

TEST(Errors, InternalOnesTellNothing) {
  EXPECT_EQ(error_answer(internal("disk /secret/path broke"), false, "r").body.find("secret"), std::string::npos);
}

/// Every "$ref" below a value.
void collect_references(const json::Value& value, std::set<std::string>& out) {
  if (const json::Object* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "$ref") out.emplace(member.value().get_string());
      collect_references(member.value(), out);
    }
  } else if (const json::Array* array = value.if_array()) {
    for (const json::Value& one : *array) collect_references(one, out);
  }
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const json::Object document = openapi_document(server_routes(), "1.0.0");
  std::set<std::string> references;
  collect_references(json::Value(document), references);
  EXPECT_GT(references.size(), 50U);
  const json::Object& components = document.at("components").get_object();
  for (const std::string& reference : references) {
    const auto parts = text::split(reference, '/');
    ASSERT_EQ(parts.size(), 4U) << reference;
    EXPECT_TRUE(components.at(parts[2]).get_object().contains(parts[3])) << reference;
  }
}

TEST(OpenApi, ChangesOfOneDocumentStateThatTheyTakeItsTag) {
  const json::Object document = openapi_document(server_routes(), "1.0.0");
  const json::Object& paths = document.at("paths").get_object();
  for (const model::Entity* entity : model::entities()) {
    if (entity->access == model::Access::kNone) continue;
    const std::string one = fmt::format("/{}/{{id}}", entity->route);
    for (const char* method : {"put", "patch", "delete"}) {
      const json::Object& operation = paths.at(one).get_object().at(method).get_object();
      EXPECT_TRUE(operation.at("responses").get_object().contains("412")) << one << " " << method;
    }
    EXPECT_TRUE(paths.at(one).get_object().at("get").get_object().at("responses").get_object().contains("304")) << one;
  }
}

}  // namespace
}  // namespace maestro::api
