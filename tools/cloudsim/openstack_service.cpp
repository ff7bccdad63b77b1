#include "cloudsim/openstack_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/text.h"
#include "http/query.h"

namespace maestro::cloudsim::openstack {

namespace {

struct ServiceRow {
  const char* word;
  Service service;
  http::Reply (*serve)(Call&);
};

constexpr ServiceRow kServices[] = {
    {"identity", Service::kIdentity, serve_identity}, {"compute", Service::kCompute, serve_compute},
    {"volume", Service::kVolume, serve_volume},       {"network", Service::kNetwork, serve_network},
    {"image", Service::kImage, serve_image},
};

const char* title_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 429:
      return "Too Many Requests";
    default:
      return "Internal Server Error";
  }
}

const char* nova_word(int status) {
  switch (status) {
    case 400:
      return "badRequest";
    case 403:
      return "forbidden";
    case 404:
      return "itemNotFound";
    case 405:
      return "badMethod";
    case 429:
      return "overLimit";
    case 503:
      return "serviceUnavailable";
    default:
      return "computeFault";
  }
}

http::Reply fault_reply(Call& call) {
  switch (call.fault->kind) {
    case FaultKind::kThrottle: {
      http::Reply reply = error_reply(call, 429, "This request was rate-limited.");
      reply.headers.add("Retry-After", "1");
      return reply;
    }
    case FaultKind::kForbidden:
      if (call.service == Service::kCompute) {
        std::string rule = call.action;
        std::replace(rule.begin(), rule.end(), '/', ':');
        return error_reply(call, 403, fmt::format("Policy doesn't allow os_compute_api:{} to be performed.", rule));
      }
      return error_reply(call, 403, "You are not authorized to perform the requested action.");
    case FaultKind::kExpiredToken:
      if (call.token) call.tokens.revoke(call.token->value);
      return error_reply(call, 401, "The request you have made requires authentication.");
    default:
      return error_reply(call, 500,
                         "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the "
                         "Nova API log if possible.");
  }
}

bool replaces_answer(FaultKind kind) {
  return kind == FaultKind::kThrottle || kind == FaultKind::kForbidden || kind == FaultKind::kError500 ||
         kind == FaultKind::kExpiredToken;
}

/// Strips region and service from the path; false when it names no service.
bool route(Call& call, const ServiceRow*& service) {
  const auto& regions = call.world.openstack.regions();
  call.region = &regions.front();
  auto& path = call.path;
  if (!path.empty()) {
    for (const Region& region : regions) {
      if (region.name != path.front() || region.index == 0) continue;
      call.region = &region;
      call.prefix = "/" + region.name;
      path.erase(path.begin());
      break;
    }
  }
  // The root of the listener is Keystone, so that its bare address works as an auth URL.
  if (path.empty() || path.front() == "v3") {
    service = &kServices[0];
    return true;
  }
  for (const ServiceRow& row : kServices) {
    if (path.front() != row.word) continue;
    service = &row;
    path.erase(path.begin());
    return true;
  }
  return false;
}

}  // namespace

const std::string* Call::param(std::string_view name) const {
  const std::string* out = nullptr;
  for (const auto& [key, value] : query) {
    if (key == name) out = &value;
  }
  return out;
}

bool Call::flag(std::string_view name) const {
  const std::string* value = param(name);
  return value != nullptr &&
         (value->empty() || *value == "1" || text::iequals(*value, "true") || text::iequals(*value, "yes"));
}

PagePlan Call::next_page(std::size_t total, std::size_t begin, std::size_t limit) {
  const PagePlan plan = plan_page(total, begin, limit);
  fault_asked = true;
  fault = world.faults.take(Cloud::kOpenStack, action, region->name, plan.place());
  return plan;
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

http::Reply json_reply(int status, std::string body) {
  http::Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.headers.add("Content-Type", "application/json");
  return reply;
}

http::Reply json_reply(int status, const json::Value& body) { return json_reply(status, json::write(body)); }

http::Reply error_reply(const Call& call, int status, std::string_view message) {
  json::Object body;
  if (call.service == Service::kNetwork && status != 401) {
    body["NeutronError"] =
        json::Object{{"type", status == 404 ? "NotFound" : "HTTPError"}, {"message", message}, {"detail", ""}};
  } else if ((call.service == Service::kCompute || call.service == Service::kVolume) && status != 401) {
    json::Object fault{{"code", status}, {"message", message}};
    if (status == 429) fault["retryAfter"] = "1";
    body[nova_word(status)] = std::move(fault);
  } else {
    body["error"] = json::Object{{"code", status}, {"message", message}, {"title", title_of(status)}};
  }
  http::Reply reply = json_reply(status, json::Value(std::move(body)));
  if (status == 401) reply.headers.add("WWW-Authenticate", fmt::format("Keystone uri=\"{}/identity\"", call.base));
  return reply;
}

std::optional<http::Reply> demand_token(Call& call) {
  if (const std::string* value = call.request.headers.find("x-auth-token")) call.token = call.tokens.find(*value);
  if (call.token) return std::nullopt;
  return error_reply(call, 401, "The request you have made requires authentication.");
}

std::variant<std::size_t, http::Reply> read_limit(const Call& call, std::size_t most) {
  const std::string* text = call.param("limit");
  if (text == nullptr) return most;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc() || end != text->data() + text->size()) {
    return error_reply(
        call, 400,
        fmt::format("Invalid input for query parameters limit. Value: {0}. '{0}' does not match '^[0-9]*$'", *text));
  }
  return std::min(limit, most);
}

std::string next_link(const Call& call, std::string_view url, std::string_view marker) {
  std::string out(url);
  char joint = '?';
  for (const auto& [name, value] : call.query) {
    if (name == "marker") continue;
    out += joint + text::percent_encode(name) + "=" + text::percent_encode(value);
    joint = '&';
  }
  return out + joint + "marker=" + std::string(marker);
}

http::Reply serve(World& world, Tokens& tokens, const http::Request& request) {
  Call call{.world = world,
            .tokens = tokens,
            .request = request,
            .base = {},
            .prefix = {},
            .path = {},
            .query = {},
            .token = {},
            .action = {},
            .fault = {},
            .request_id = {}};
  call.base = "http://" + (request.local_host.empty() ? world.options.host : request.local_host);
  std::string id = text::to_hex(crypto::random_bytes(16));
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, "-");
  call.request_id = "req-" + id;
  for (const std::string_view segment : text::split(request.path, '/')) {
    if (!segment.empty()) call.path.push_back(text::percent_decode(segment));
  }
  call.query = http::parse_pairs(request.query);

  const ServiceRow* service = nullptr;
  http::Reply reply;
  if (route(call, service)) {
    call.service = service->service;
    reply = service->serve(call);
  } else {
    reply = error_reply(call, 404, "The resource could not be found.");
  }
  if (call.action.empty()) {  // refused before a handler named it
    if (!call.path.empty() && call.path.front().starts_with('v')) call.path.erase(call.path.begin());
    call.action = call.path.empty() ? "versions" : text::join(call.path, "/");
  }
  // A request that was refused anyway spends no fault.
  if (!call.fault_asked && reply.status < 400) {
    call.fault = world.faults.take(Cloud::kOpenStack, call.action, call.region->name, Place{});
  }
  if (call.fault && replaces_answer(call.fault->kind)) {
    http::Reply failed = fault_reply(call);
    for (const auto& [name, value] : reply.headers.fields()) {
      const bool stays = !failed.headers.find(name) && !text::iequals(name, "x-subject-token");
      if (stays) failed.headers.add(name, value);
    }
    reply = std::move(failed);
  }
  const std::string counter = "openstack." + call.action;
  world.count(counter);
  if (call.fault) world.count(fmt::format("{}.{}", counter, fault_name(call.fault->kind)));
  if (reply.status >= 400) world.count(fmt::format("{}.{}", counter, reply.status));
  reply.headers.add("x-openstack-request-id", call.request_id);
  if (call.service == Service::kCompute || call.service == Service::kVolume)
    reply.headers.add("x-compute-request-id", call.request_id);
  reply.headers.add("Date", http_date(world.clock.now()));
  return deliver(std::move(reply), call.fault, request.stop);
}

}  // namespace maestro::cloudsim::openstack
