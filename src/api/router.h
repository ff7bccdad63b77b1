// Router: finds the route of a method and path. Any case, optional trailing slash; literals before :names.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace maestro::api {

/// Words that new routes take below an entity ("/servers/facets"). No :name ever stands for one of them, whatever the
/// method.
bool is_reserved(std::string_view segment);

/// Immutable once built; thread-safe.
class Router {
 public:
  explicit Router(std::vector<Route> routes);
  ~Router();
  Router(Router&&) noexcept;

  struct Match {
    const Route* route = nullptr;  ///< nullptr: no such path, or not with this method
    std::vector<std::string> params;
    std::vector<http::Method> allowed;  ///< methods of the path; empty = no such path
  };
  /// HEAD finds the GET route.
  Match match(http::Method method, std::string_view encoded_path) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Node;
  std::vector<Route> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace maestro::api
