// Short lists of the other services, belonging to the same estate: Cinder volumes, Neutron networks, Glance images.
#include <fmt/format.h>

#include <algorithm>
#include <shared_mutex>

#include "base/text.h"
#include "cloudsim/openstack_server.h"
#include "cloudsim/openstack_service.h"

namespace maestro::cloudsim::openstack {

namespace {

constexpr const char* kLongAgo = "2024-01-01T00:00:00Z";

/// One page of rows with the links in the manner of Nova, Cinder and Neutron.
http::Reply answer_rows(Call& call, const char* word, json::Array rows, std::string_view url) {
  call.action = word;
  auto limit_or = read_limit(call, 1000);
  if (auto* refusal = std::get_if<http::Reply>(&limit_or)) return std::move(*refusal);
  const std::size_t limit = std::get<std::size_t>(limit_or);
  std::size_t begin = 0;
  if (const std::string* marker = call.param("marker")) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const json::Value& row) {
      return json::text_or(row.get_object(), "id") == *marker;
    });
    if (found == rows.end()) return error_reply(call, 400, fmt::format("marker [{}] not found", *marker));
    begin = static_cast<std::size_t>(found - rows.begin()) + 1;
  }
  const PagePlan plan = call.next_page(rows.size(), begin, limit);
  const auto [from, to] = plan.shown(call.fault);
  json::Object body;
  json::Array shown;
  for (std::size_t i = from; i < to; ++i) shown.push_back(rows[i]);
  body[word] = std::move(shown);
  if (plan.more() && plan.end > plan.begin) {
    const std::string next = next_link(call, url, json::text_or(rows[plan.end - 1].get_object(), "id"));
    if (call.service == Service::kImage)
      body["next"] = next;
    else
      body[fmt::format("{}_links", word)] = json::Array{json::Object{{"rel", "next"}, {"href", next}}};
  }
  return json_reply(200, json::Value(std::move(body)));
}

bool is_read(const Call& call) {
  return call.request.method == http::Method::kGet || call.request.method == http::Method::kHead;
}

}  // namespace

http::Reply serve_volume(Call& call) {
  const std::string root = call.root("volume");
  if (call.path.size() <= 1) {
    call.action = "versions";
    return json_reply(
        call.path.empty() ? 300 : 200,
        json::Object{
            {"versions", json::Array{json::Object{
                             {"id", "v3.0"},
                             {"status", "CURRENT"},
                             {"version", "3.70"},
                             {"min_version", "3.0"},
                             {"updated", "2022-08-31T00:00:00Z"},
                             {"links", json::Array{json::Object{{"rel", "self"}, {"href", root + "/v3/"}}}}}}}});
  }
  if (auto refusal = demand_token(call)) return *std::move(refusal);
  const Names names(call.world.options);
  const bool listed = call.path.size() >= 3 && call.path[0] == "v3" && call.path[2] == "volumes" &&
                      (call.path.size() == 3 || (call.path.size() == 4 && call.path[3] == "detail"));
  if (!listed || !is_read(call)) return error_reply(call, 404, "The resource could not be found.");
  const bool all = call.flag("all_tenants") && call.token->admin;
  const std::shared_lock lock(call.world.openstack.mutex);
  json::Array rows;
  for (const Slot slot : call.region->live()) {
    const Server server = make_server(names, *call.region, slot);
    if (!all && names.projects[server.project] != call.token->project) continue;
    const std::string tenant = names.project_id(names.projects[server.project]);
    for (unsigned i = 0; i < server.volumes; ++i) {
      const std::string id = volume_id(*call.region, slot, i);
      const bool boot = i == 0 && server.from_volume;
      json::Object attachment{{"id", id},
                              {"attachment_id", id},
                              {"volume_id", id},
                              {"server_id", server.id},
                              {"host_name", fmt::format("compute-{:02}", server.host + 1)},
                              {"device", boot ? "/dev/vda" : "/dev/vdb"}};
      rows.push_back(json::Object{
          {"id", id},
          {"status", "in-use"},
          {"size", 10 + (server.hash >> i * 8) % 20 * 10},
          {"availability_zone", zone_name(server.zone)},
          {"created_at", to_iso(from_ms(server.created_s * 1000)).substr(0, 19) + ".000000"},
          {"updated_at", nullptr},
          {"attachments", json::Array{std::move(attachment)}},
          {"name", boot ? "" : "data-" + server.name},
          {"description", nullptr},
          {"volume_type", "__DEFAULT__"},
          {"snapshot_id", nullptr},
          {"source_volid", nullptr},
          {"metadata", json::Object()},
          {"links",
           json::Array{json::Object{{"rel", "self"}, {"href", fmt::format("{}/v3/{}/volumes/{}", root, tenant, id)}}}},
          {"user_id", names.user_id},
          {"bootable", boot ? "true" : "false"},
          {"encrypted", false},
          {"replication_status", nullptr},
          {"consistencygroup_id", nullptr},
          {"multiattach", false},
          {"migration_status", nullptr},
          {"os-vol-tenant-attr:tenant_id", tenant}});
    }
  }
  http::Reply reply =
      answer_rows(call, "volumes", std::move(rows), fmt::format("{}/{}", root, text::join(call.path, "/")));
  reply.headers.add("OpenStack-API-Version", "volume 3.0");
  return reply;
}

http::Reply serve_network(Call& call) {
  const std::string root = call.root("network");
  if (call.path.size() <= 1) {
    call.action = "versions";
    return json_reply(
        200, json::Object{
                 {"versions", json::Array{json::Object{
                                  {"id", "v2.0"},
                                  {"status", "CURRENT"},
                                  {"links", json::Array{json::Object{{"rel", "self"}, {"href", root + "/v2.0/"}}}}}}}});
  }
  if (auto refusal = demand_token(call)) return *std::move(refusal);
  const Names names(call.world.options);
  const std::string what = call.path.size() == 2 && call.path[0] == "v2.0" && is_read(call) ? call.path[1] : "";
  json::Array rows;
  for (const std::string& project : names.projects) {
    if (!call.token->admin && project != call.token->project) continue;
    const std::string tenant = names.project_id(project);
    const std::string& region = call.region->name;
    const std::string network = names.uuid("network", region + project);
    const std::string subnet = names.uuid("subnet", region + project);
    json::Object row{{"tenant_id", tenant},    {"project_id", tenant},   {"tags", json::Array()},
                     {"created_at", kLongAgo}, {"updated_at", kLongAgo}, {"revision_number", 1}};
    if (what == "networks") {
      row["id"] = network;
      row["name"] = project + "-net";
      row["subnets"] = json::Array{json::Value(subnet)};
      for (const auto& [name, flag] : {std::pair("admin_state_up", true),
                                       {"shared", false},
                                       {"router:external", false},
                                       {"port_security_enabled", true}})
        row[name] = flag;
      row["status"] = "ACTIVE";
      row["mtu"] = 1450;
      row["availability_zones"] = json::Array();
      row["description"] = "tenant net <" + project + "> & more";
    } else if (what == "subnets") {
      row["id"] = subnet;
      row["name"] = project + "-v4";
      row["network_id"] = network;
      row["ip_version"] = 4;
      row["cidr"] = "172.16.0.0/12";
      row["gateway_ip"] = "172.16.0.1";
      row["enable_dhcp"] = true;
      row["allocation_pools"] = json::Array{json::Object{{"start", "172.16.0.10"}, {"end", "172.31.255.254"}}};
      row["dns_nameservers"] = json::Array();
      row["host_routes"] = json::Array();
      row["description"] = "";
    } else if (what == "security-groups") {
      for (const char* name : {"default", "web"}) {
        json::Object group = row;
        group["id"] = names.uuid("group", region + project + name);
        group["name"] = name;
        group["stateful"] = true;
        group["description"] = std::string_view(name) == "web" ? "web <tier> & co" : "Default security group";
        group["security_group_rules"] = json::Array();
        rows.push_back(std::move(group));
      }
      continue;
    } else {
      return error_reply(call, 404, "The resource could not be found.");
    }
    rows.push_back(std::move(row));
  }
  const std::string word = what == "security-groups" ? "security_groups" : what;
  return answer_rows(call, word.c_str(), std::move(rows), fmt::format("{}/v2.0/{}", root, what));
}

http::Reply serve_image(Call& call) {
  if (call.path.empty()) {
    call.action = "versions";
    return json_reply(
        300, json::Object{
                 {"versions",
                  json::Array{json::Object{
                      {"id", "v2.15"},
                      {"status", "CURRENT"},
                      {"links", json::Array{json::Object{{"rel", "self"}, {"href", call.root("image") + "/v2/"}}}}}}}});
  }
  if (auto refusal = demand_token(call)) return *std::move(refusal);
  if (call.path.size() != 2 || call.path[0] != "v2" || call.path[1] != "images" || !is_read(call))
    return error_reply(call, 404, "The resource could not be found.");
  const Names names(call.world.options);
  json::Array rows;
  for (const char* name : {"debian-12", "ubuntu-24.04", "rocky-9", "windows-2022"}) {
    const std::string id = names.uuid("image", name);
    const std::string word = name;
    rows.push_back(json::Object{{"id", id},
                                {"name", name},
                                {"status", "active"},
                                {"visibility", "public"},
                                {"disk_format", "qcow2"},
                                {"container_format", "bare"},
                                {"size", 640'000'000},
                                {"virtual_size", nullptr},
                                {"min_ram", 512},
                                {"min_disk", 1},
                                {"protected", false},
                                {"os_hidden", false},
                                {"os_distro", word.substr(0, word.find('-'))},
                                {"os_version", word.substr(word.find('-') + 1)},
                                {"owner", names.project_id(names.projects.front())},
                                {"created_at", kLongAgo},
                                {"updated_at", kLongAgo},
                                {"tags", json::Array()},
                                {"self", "/v2/images/" + id},
                                {"file", "/v2/images/" + id + "/file"},
                                {"schema", "/v2/schemas/image"}});
  }
  return answer_rows(call, "images", std::move(rows), "/v2/images");
}

}  // namespace maestro::cloudsim::openstack
