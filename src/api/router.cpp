#include "api/router.h"

#include "base/text.h"
#include "base/utf8.h"

namespace maestro::api {

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
  std::unique_ptr<Node> any;
  std::vector<const Route*> routes;
};

namespace {

constexpr std::string_view kReserved[] = {"facets", "duplicates"};

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  for (const auto part : text::split(path, '/'))
    if (!part.empty()) out.push_back(part);
  return out;
}

}  // namespace

bool is_reserved(std::string_view segment) {
  return std::find(std::begin(kReserved), std::end(kReserved), text::lower(segment)) != std::end(kReserved);
}

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)), root_(std::make_unique<Node>()) {
  for (const Route& route : routes_) {
    Node* node = root_.get();
    for (const auto part : segments(route.pattern)) {
      auto& next = part.front() == ':' ? node->any : node->literal[std::string(part)];
      if (!next) next = std::make_unique<Node>();
      node = next.get();
    }
    node->routes.push_back(&route);
  }
}

Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

Router::Match Router::match(http::Method method, std::string_view encoded_path) const {
  const http::Method wanted = method == http::Method::kHead ? http::Method::kGet : method;
  std::vector<std::string> parts;
  for (const auto part : segments(encoded_path)) parts.push_back(text::to_utf8(text::percent_decode(part)));

  Match best;
  // A literal that leads nowhere falls back to the :name beside it (/datacenters/x/servers against /datacenters/:id).
  std::vector<std::string> params;
  const auto walk = [&](const auto& self, const Node& node, std::size_t depth) -> bool {
    if (depth == parts.size()) {
      for (const Route* route : node.routes) {
        best.allowed.push_back(route->method);
        if (route->method == wanted && best.route == nullptr) {
          best.route = route;
          best.params = params;
        }
      }
      return best.route != nullptr;
    }
    const auto literal = node.literal.find(text::lower(parts[depth]));
    if (literal != node.literal.end() && self(self, *literal->second, depth + 1)) return true;
    if (!node.any || is_reserved(parts[depth])) return false;
    params.push_back(parts[depth]);
    const bool found = self(self, *node.any, depth + 1);
    params.pop_back();
    return found;
  };
  walk(walk, *root_, 0);
  return best;
}

}  // namespace maestro::api
