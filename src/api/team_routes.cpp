#include "api/team_routes.h"

namespace maestro::api {
namespace {

constexpr std::string_view kPrefix = "/teams/:team";

}  // namespace

Route mirrored(const Route& route) {
  Route mirror = route;
  mirror.pattern = std::string(kPrefix) + route.pattern;
  mirror.as_team = true;
  return mirror;
}

void add_team_routes(std::vector<Route>& routes) {
  const std::size_t plain = routes.size();
  for (std::size_t i = 0; i < plain; ++i)
    if (routes[i].team > 0 && !routes[i].as_team) routes.push_back(mirrored(routes[i]));
}

std::string plain_pattern(const Route& route) {
  return route.as_team ? route.pattern.substr(kPrefix.size()) : route.pattern;
}

}  // namespace maestro::api
