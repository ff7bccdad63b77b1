// The OpenStack listener: services by path, tokens, microversions, errors in each service's words.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudsim/openstack_tokens.h"
#include "cloudsim/paging.h"
#include "cloudsim/world.h"
#include "http/message.h"
#include "json/json.h"

namespace maestro::cloudsim::openstack {

enum class Service { kIdentity, kCompute, kVolume, kNetwork, kImage };

/// One request on its way through a handler.
struct Call {
  World& world;
  Tokens& tokens;
  const http::Request& request;
  std::string base;    ///< "http://host:port" as the client names this listener
  std::string prefix;  ///< "/RegionTwo" for the services of every region but the first
  const Region* region = nullptr;
  Service service = Service::kIdentity;
  std::vector<std::string> path;  ///< decoded segments behind the service's name
  std::vector<std::pair<std::string, std::string>> query;
  std::optional<Token> token;
  int microversion = 1;  ///< the minor number of 2.x
  std::string action;    ///< what faults and counters call this request
  std::optional<Fault> fault;
  bool fault_asked = false;
  std::string request_id;

  /// The last value of a query parameter; nullptr when it is not there.
  const std::string* param(std::string_view name) const;
  bool flag(std::string_view name) const;
  /// "http://host:port/compute" and alike.
  std::string root(std::string_view word) const { return base + prefix + "/" + std::string(word); }
  PagePlan next_page(std::size_t total, std::size_t begin, std::size_t limit);
};

http::Reply json_reply(int status, std::string body);
http::Reply json_reply(int status, const json::Value& body);
/// The error in the form of the call's service. `word` is Nova's name for it.
http::Reply error_reply(const Call& call, int status, std::string_view message);

/// The token of the call or the 401 to answer.
std::optional<http::Reply> demand_token(Call& call);

/// limit and marker of a list: at most `most`, and most itself when none is given. The Reply is the refusal.
std::variant<std::size_t, http::Reply> read_limit(const Call& call, std::size_t most);
/// The address of the next page: the request's own parameters with that marker.
std::string next_link(const Call& call, std::string_view url, std::string_view marker);

http::Reply serve_identity(Call& call);
http::Reply serve_compute(Call& call);
http::Reply serve_volume(Call& call);
http::Reply serve_network(Call& call);
http::Reply serve_image(Call& call);
http::Reply serve(World& world, Tokens& tokens, const http::Request& request);

/// A JSON string with its quotes.
void append_json_text(std::string& out, std::string_view text);

}  // namespace maestro::cloudsim::openstack
