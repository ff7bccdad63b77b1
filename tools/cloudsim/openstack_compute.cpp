// Nova: versions and microversions, servers, flavors, zones, limits.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <shared_mutex>

#include "base/text.h"
#include "cloudsim/openstack_render.h"
#include "cloudsim/openstack_server.h"
#include "cloudsim/openstack_service.h"

namespace maestro::cloudsim::openstack {

namespace {

constexpr int kNewest = 93;  // 2.93
constexpr std::size_t kMaxLimit = 1000;

json::Object version_document(const Call& call, bool with_media) {
  json::Object out{{"id", "v2.1"},
                   {"status", "CURRENT"},
                   {"version", fmt::format("2.{}", kNewest)},
                   {"min_version", "2.1"},
                   {"updated", "2013-07-23T11:33:21Z"},
                   {"links", json::Array{json::Object{{"rel", "self"}, {"href", call.root("compute") + "/v2.1/"}}}}};
  if (with_media) {
    out["media-types"] = json::Array{
        json::Object{{"base", "application/json"}, {"type", "application/vnd.openstack.compute+json;version=2.1"}}};
  }
  return out;
}

http::Reply versions(Call& call) {
  call.action = "versions";
  json::Object old{{"id", "v2.0"},
                   {"status", "SUPPORTED"},
                   {"version", ""},
                   {"min_version", ""},
                   {"updated", "2011-01-21T11:33:21Z"},
                   {"links", json::Array{json::Object{{"rel", "self"}, {"href", call.root("compute") + "/v2/"}}}}};
  return json_reply(200, json::Object{{"versions", json::Array{std::move(old), version_document(call, false)}}});
}

/// The wanted microversion from either header, the new one first; the Reply is the refusal.
std::optional<http::Reply> read_microversion(Call& call) {
  std::string wanted;
  if (const std::string* legacy = call.request.headers.find("x-openstack-nova-api-version"))
    wanted = text::trim(*legacy);
  if (const std::string* header = call.request.headers.find("openstack-api-version")) {
    for (const std::string_view part : text::split(*header, ',')) {
      const auto words = text::split(text::trim(part), ' ');
      if (words.size() == 2 && words[0] == "compute") wanted = words[1];
    }
  }
  if (wanted.empty()) return std::nullopt;
  if (wanted == "latest") {
    call.microversion = kNewest;
    return std::nullopt;
  }
  int major = 0, minor = 0;
  const char* end = wanted.data() + wanted.size();
  const auto first = std::from_chars(wanted.data(), end, major);
  const bool dotted = first.ec == std::errc() && first.ptr != end && *first.ptr == '.';
  const auto second = dotted ? std::from_chars(first.ptr + 1, end, minor) : first;
  if (!dotted || second.ec != std::errc() || second.ptr != end || major < 1) {
    return error_reply(
        call, 400,
        fmt::format("API Version String {} is of invalid format. Must be of format MajorNum.MinorNum.", wanted));
  }
  if (major != 2 || minor < 1 || minor > kNewest) {
    return error_reply(
        call, 406,
        fmt::format("Version {} is not supported by the API. Minimum is 2.1 and maximum is 2.{}.", wanted, kNewest));
  }
  call.microversion = minor;
  return std::nullopt;
}

bool wants_all(const Call& call) {
  return call.param("all_tenants") != nullptr && *call.param("all_tenants") != "0" &&
         !text::iequals(*call.param("all_tenants"), "false");
}

/// What of a listing's parameters chooses servers.
class ServerFilter {
 public:
  ServerFilter(const Call& call, const Names& names) : names_(names) {
    if (!wants_all(call)) project_ = call.token->project;
    for (const auto& [name, value] : call.query) {
      if (name == "status")
        statuses_.push_back(text::upper(value));
      else if (name == "name")
        name_ = value;
      else if (name == "flavor")
        flavor_ = value;
      else if (name == "image")
        image_ = value;
      else if (name == "ip")
        ip_ = value;
      else if (name == "host")
        host_ = value;
      else if (name == "availability_zone")
        zone_ = value;
      else if (name == "deleted")
        nothing_ = value == "1" || text::iequals(value, "true");
      else if (name == "changes-since")
        since_ = parse_iso(value);
      else if ((name == "project_id" || name == "tenant_id") && wants_all(call))
        project_ = names.project_named(value).value_or("?");
    }
    deep_ = !name_.empty() || !flavor_.empty() || !image_.empty() || !ip_.empty() || !host_.empty() || !zone_.empty() ||
            since_;
  }

  bool all() const { return project_.empty() && statuses_.empty() && !deep_ && !nothing_; }

  bool accepts(const Region& region, Slot slot) const {
    if (nothing_) return false;
    if (!project_.empty() && names_.projects[server_project(names_, slot)] != project_) return false;
    if (!statuses_.empty() &&
        std::find(statuses_.begin(), statuses_.end(), status_word(server_status(region, slot))) == statuses_.end())
      return false;
    if (!deep_) return true;
    const Server server = make_server(names_, region, slot);
    if (server.name.find(name_) == std::string::npos) return false;
    if (!flavor_.empty() && names_.flavors[server.flavor].id != flavor_) return false;
    if (!image_.empty() && (server.from_volume || names_.images[server.image] != image_)) return false;
    if (!host_.empty() && fmt::format("compute-{:02}", server.host + 1) != host_) return false;
    if (!zone_.empty() && zone_name(server.zone) != zone_) return false;
    if (!ip_.empty() && aws_ip(server.fixed_ip).find(ip_) == std::string::npos) return false;
    return !since_ || server.updated_s * 1000 >= to_ms(*since_);
  }

 private:
  static std::string aws_ip(std::uint32_t address) {
    return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
  }

  const Names& names_;
  std::string project_, name_, flavor_, image_, ip_, host_, zone_;
  std::vector<std::string> statuses_;
  std::optional<Time> since_;
  bool nothing_ = false;
  bool deep_ = false;
};

ServerView view_of(const Call& call, const Names& names) {
  return {.names = names,
          .region = *call.region,
          .root = call.root("compute"),
          .microversion = call.microversion,
          .admin = call.token->admin};
}

http::Reply list_servers(Call& call, const Names& names, bool detail) {
  call.action = detail ? "servers/detail" : "servers";
  if (wants_all(call) && !call.token->admin) {
    return error_reply(call, 403,
                       fmt::format("Policy doesn't allow os_compute_api:servers:{}:get_all_tenants to be performed.",
                                   detail ? "detail" : "index"));
  }
  auto limit_or = read_limit(call, kMaxLimit);
  if (auto* refusal = std::get_if<http::Reply>(&limit_or)) return std::move(*refusal);
  const std::size_t limit = std::get<std::size_t>(limit_or);
  const ServerFilter filter(call, names);
  const std::shared_lock lock(call.world.openstack.mutex);
  const Region& region = *call.region;
  // Youngest first, as Nova sorts by default.
  std::vector<Slot> slots = region.live();
  std::reverse(slots.begin(), slots.end());
  if (!filter.all()) std::erase_if(slots, [&](Slot slot) { return !filter.accepts(region, slot); });
  std::size_t begin = 0;
  const std::string* marker = call.param("marker");
  if (marker != nullptr) {
    const auto slot = server_slot(region, *marker);  // also of a server that has vanished since: Nova remembers those
    if (!slot) return error_reply(call, 400, fmt::format("marker [{}] not found", *marker));
    begin =
        static_cast<std::size_t>(std::upper_bound(slots.begin(), slots.end(), *slot, std::greater<>()) - slots.begin());
  }
  const PagePlan plan = call.next_page(slots.size(), begin, limit);
  const auto [from, to] = plan.shown(call.fault);
  const ServerView view = view_of(call, names);
  std::string out = "{\"servers\":[";
  out.reserve((to - from) * (detail ? 2400 : 400) + 512);
  for (std::size_t i = from; i < to; ++i) {
    if (i != from) out += ',';
    const Server server = make_server(names, region, slots[i]);
    if (detail)
      append_server(out, view, server);
    else
      append_server_brief(out, view, server);
  }
  out += ']';
  // Nova gives the link whenever the page is full, even when nothing follows.
  std::string next;
  if (limit != 0 && plan.end - plan.begin == limit) next = server_id(region, slots[plan.end - 1]);
  if (call.fault && call.fault->kind == FaultKind::kRepeatToken && marker != nullptr) next = *marker;
  if (!next.empty()) {
    const std::string url = call.root("compute") + (detail ? "/v2.1/servers/detail" : "/v2.1/servers");
    out += ",\"servers_links\":[{\"rel\":\"next\",\"href\":";
    append_json_text(out, next_link(call, url, next));
    out += "}]";
  }
  out += '}';
  return json_reply(200, std::move(out));
}

http::Reply show_server(Call& call, const Names& names, const std::string& id) {
  call.action = "server";
  const std::shared_lock lock(call.world.openstack.mutex);
  const auto slot = server_slot(*call.region, id);
  const bool mine = slot && call.region->is_live(*slot) &&
                    (call.token->admin || names.projects[server_project(names, *slot)] == call.token->project);
  if (!mine) return error_reply(call, 404, fmt::format("Instance {} could not be found.", id));
  std::string out = "{\"server\":";
  append_server(out, view_of(call, names), make_server(names, *call.region, *slot));
  return json_reply(200, out + "}");
}

http::Reply list_flavors(Call& call, const Names& names, bool detail) {
  call.action = detail ? "flavors/detail" : "flavors";
  auto limit_or = read_limit(call, kMaxLimit);
  if (auto* refusal = std::get_if<http::Reply>(&limit_or)) return std::move(*refusal);
  const std::size_t limit = std::get<std::size_t>(limit_or);
  const std::string* wanted = call.param("is_public");
  const bool every = wanted != nullptr && text::iequals(*wanted, "none") && call.token->admin;
  const bool hidden = wanted != nullptr && (text::iequals(*wanted, "false") || *wanted == "0") && call.token->admin;
  std::vector<const Flavor*> flavors;
  for (const Flavor& flavor : names.flavors) {
    if (every || flavor.is_public != hidden) flavors.push_back(&flavor);
  }
  std::size_t begin = 0;
  const std::string* marker = call.param("marker");
  if (marker != nullptr) {
    const auto found =
        std::find_if(flavors.begin(), flavors.end(), [&](const Flavor* flavor) { return flavor->id == *marker; });
    if (found == flavors.end()) return error_reply(call, 400, fmt::format("marker [{}] not found", *marker));
    begin = static_cast<std::size_t>(found - flavors.begin()) + 1;
  }
  const PagePlan plan = call.next_page(flavors.size(), begin, limit);
  const auto [from, to] = plan.shown(call.fault);
  std::string out = "{\"flavors\":[";
  for (std::size_t i = from; i < to; ++i) {
    if (i != from) out += ',';
    append_flavor(out, *flavors[i], call.root("compute"), call.microversion, detail);
  }
  out += ']';
  std::string next;
  if (limit != 0 && plan.end - plan.begin == limit) next = flavors[plan.end - 1]->id;
  if (call.fault && call.fault->kind == FaultKind::kRepeatToken && marker != nullptr) next = *marker;
  if (!next.empty()) {
    out += ",\"flavors_links\":[{\"rel\":\"next\",\"href\":";
    append_json_text(out,
                     next_link(call, call.root("compute") + (detail ? "/v2.1/flavors/detail" : "/v2.1/flavors"), next));
    out += "}]";
  }
  return json_reply(200, out + "}");
}

http::Reply show_flavor(Call& call, const Names& names, const std::string& id) {
  call.action = "flavor";
  for (const Flavor& flavor : names.flavors) {
    if (flavor.id != id) continue;
    std::string out = "{\"flavor\":";
    append_flavor(out, flavor, call.root("compute"), call.microversion, true);
    return json_reply(200, out + "}");
  }
  return error_reply(call, 404, fmt::format("Flavor {} could not be found.", id));
}

http::Reply list_zones(Call& call) {
  call.action = "os-availability-zone";
  json::Array zones;
  for (unsigned zone = 0; zone < kServerZones; ++zone) {
    zones.push_back(json::Object{
        {"zoneName", zone_name(zone)}, {"zoneState", json::Object{{"available", true}}}, {"hosts", nullptr}});
  }
  return json_reply(200, json::Object{{"availabilityZoneInfo", std::move(zones)}});
}

http::Reply limits(Call& call, const Names& names) {
  call.action = "limits";
  const std::shared_lock lock(call.world.openstack.mutex);
  std::int64_t count = 0, cores = 0, ram = 0;
  for (const Slot slot : call.region->live()) {
    if (names.projects[server_project(names, slot)] != call.token->project) continue;
    const Flavor& flavor = names.flavors[make_server(names, *call.region, slot).flavor];
    ++count;
    cores += flavor.vcpus;
    ram += flavor.ram_mib;
  }
  json::Object absolute{{"maxTotalInstances", -1},     {"maxTotalCores", -1},       {"maxTotalRAMSize", -1},
                        {"maxServerMeta", 128},        {"maxTotalKeypairs", 100},   {"maxServerGroups", 10},
                        {"maxServerGroupMembers", 10}, {"totalRAMUsed", ram},       {"totalCoresUsed", cores},
                        {"totalInstancesUsed", count}, {"totalServerGroupsUsed", 0}};
  if (call.microversion < 36) {
    for (const char* name : {"maxSecurityGroups", "maxSecurityGroupRules", "maxTotalFloatingIps"}) absolute[name] = -1;
    for (const char* name : {"totalFloatingIpsUsed", "totalSecurityGroupsUsed"}) absolute[name] = 0;
  }
  if (call.microversion < 39) absolute["maxImageMeta"] = 128;
  if (call.microversion < 57) {
    absolute["maxPersonality"] = 5;
    absolute["maxPersonalitySize"] = 10240;
  }
  return json_reply(200,
                    json::Object{{"limits", json::Object{{"rate", json::Array()}, {"absolute", std::move(absolute)}}}});
}

http::Reply answer(Call& call, const Names& names) {
  const auto is = [&](std::size_t at, std::string_view word) { return call.path.size() > at && call.path[at] == word; };
  const std::size_t depth = call.path.size();
  if (call.request.method != http::Method::kGet && call.request.method != http::Method::kHead) {
    return error_reply(call, is(1, "servers") ? 403 : 405, "The simulated cloud is read-only.");
  }
  if (call.token->project.empty())
    return error_reply(call, 403, "Policy doesn't allow the action with an unscoped token.");
  if (is(1, "servers") && depth == 2) return list_servers(call, names, false);
  if (is(1, "servers") && is(2, "detail") && depth == 3) return list_servers(call, names, true);
  if (is(1, "servers") && depth == 3) return show_server(call, names, call.path[2]);
  if (is(1, "flavors") && depth == 2) return list_flavors(call, names, false);
  if (is(1, "flavors") && is(2, "detail") && depth == 3) return list_flavors(call, names, true);
  if (is(1, "flavors") && depth == 3) return show_flavor(call, names, call.path[2]);
  if (is(1, "os-availability-zone") && depth == 2) return list_zones(call);
  if (is(1, "limits") && depth == 2) return limits(call, names);
  return error_reply(call, 404, "The resource could not be found.");
}

}  // namespace

http::Reply serve_compute(Call& call) {
  if (call.path.empty()) return versions(call);
  if (call.path[0] != "v2.1" && call.path[0] != "v2") return error_reply(call, 404, "The resource could not be found.");
  if (call.path.size() == 1) {
    call.action = "versions";
    return json_reply(200, json::Object{{"version", version_document(call, true)}});
  }
  const Names names(call.world.options);
  // Clients of old configure ".../v2.1/<project id>".
  if (call.path.size() > 1 && names.project_named(call.path[1])) call.path.erase(call.path.begin() + 1);
  if (auto refusal = demand_token(call)) return *std::move(refusal);
  auto refusal = read_microversion(call);
  http::Reply reply = refusal ? *std::move(refusal) : answer(call, names);
  const std::string version = fmt::format("2.{}", call.microversion);
  reply.headers.add("OpenStack-API-Version", "compute " + version);
  reply.headers.add("X-OpenStack-Nova-API-Version", version);
  reply.headers.add("Vary", "OpenStack-API-Version, X-OpenStack-Nova-API-Version");
  return reply;
}

}  // namespace maestro::cloudsim::openstack
