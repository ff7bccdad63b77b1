#include "cloudsim/openstack_render.h"

#include <fmt/format.h>

#include "cloudsim/aws_instance.h"
#include "cloudsim/mix.h"

namespace maestro::cloudsim::openstack {

namespace {

/// Members of one JSON object, appended to a string.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }
  std::string& name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
    return out_;
  }
  /// Ready-made JSON.
  Members& raw(std::string_view key, std::string_view json) {
    name(key) += json;
    return *this;
  }
  Members& text(std::string_view key, std::string_view value) {
    append_json_text(name(key), value);
    return *this;
  }
  Members& number(std::string_view key, std::int64_t value) {
    name(key) += fmt::format("{}", value);
    return *this;
  }
  Members& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string nova_time(std::int64_t seconds) { return aws_time(seconds).substr(0, 19) + "Z"; }
std::string long_time(std::int64_t seconds) { return aws_time(seconds).substr(0, 19) + ".000000"; }

void append_links(std::string& out, const std::string& root, std::string_view collection, std::string_view id) {
  out += fmt::format(R"([{{"rel":"self","href":"{0}/v2.1/{1}/{2}"}},{{"rel":"bookmark","href":"{0}/{1}/{2}"}}])", root,
                     collection, id);
}

std::string bookmark(const std::string& root, std::string_view collection, std::string_view id) {
  return fmt::format(R"({{"id":"{2}","links":[{{"rel":"bookmark","href":"{0}/{1}/{2}"}}]}})", root, collection, id);
}

void append_specs(std::string& out, const Flavor& flavor) {
  Members specs(out);
  for (const auto& [key, value] : flavor.extra_specs) specs.text(key, value);
  specs.end();
}

void append_addresses(std::string& out, const ServerView& view, const Server& server) {
  if (server.fixed_ip == 0) {
    out += "{}";
    return;
  }
  const std::uint64_t hash = server.hash;
  const std::string mac =
      fmt::format("fa:16:3e:{:02x}:{:02x}:{:02x}", hash >> 8 & 255, hash >> 16 & 255, hash >> 24 & 255);
  const auto address = [&](int version, const std::string& text, const char* kind) {
    return fmt::format(R"({{"version":{},"addr":"{}","OS-EXT-IPS:type":"{}","OS-EXT-IPS-MAC:mac_addr":"{}"}})", version,
                       text, kind, mac);
  };
  out += '{';
  append_json_text(out, view.names.projects[server.project] + "-net");
  out += ":[" + address(4, ip_text(server.fixed_ip), "fixed");
  if (hash >> 58 & 1) {
    out += "," + address(6,
                         fmt::format("fd00:{:x}::f816:3eff:fe{:02x}:{:x}", server.project + 80, hash >> 8 & 255,
                                     hash >> 16 & 0xffff),
                         "fixed");
  }
  if (server.floating_ip != 0) out += "," + address(4, ip_text(server.floating_ip), "floating");
  out += "]}";
}

struct StateRow {
  const char* vm_state;
  int power_state;
};

StateRow state_row(Server::Status status) {
  switch (status) {
    case Server::Status::kActive:
      return {"active", 1};
    case Server::Status::kShutoff:
      return {"stopped", 4};
    case Server::Status::kPaused:
      return {"paused", 3};
    case Server::Status::kSuspended:
      return {"suspended", 4};
    case Server::Status::kError:
      return {"error", 0};
    case Server::Status::kBuild:
      break;
  }
  return {"building", 0};
}

void append_flavor_of(std::string& out, const ServerView& view, const Server& server) {
  const Flavor& flavor = view.names.flavors[server.flavor];
  if (view.microversion < 47) {
    out += bookmark(view.root, "flavors", flavor.id);
    return;
  }
  Members members(out);
  members.number("vcpus", flavor.vcpus).number("ram", flavor.ram_mib).number("disk", flavor.disk_gb);
  members.number("ephemeral", flavor.ephemeral_gb).number("swap", flavor.swap_mib).text("original_name", flavor.name);
  append_specs(members.name("extra_specs"), flavor);
  members.end();
}

void append_volumes(std::string& out, const ServerView& view, const Server& server) {
  out += '[';
  for (unsigned i = 0; i < server.volumes; ++i) {
    if (i != 0) out += ',';
    Members volume(out);
    volume.text("id", volume_id(view.region, server.slot, i));
    if (view.microversion >= 3) volume.flag("delete_on_termination", i == 0 && server.from_volume);
    volume.end();
  }
  out += ']';
}

/// Host names of instances are the names with everything unusual dropped.
std::string hostname_of(const Server& server) {
  std::string out;
  for (const char c : server.name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (plain)
      out += c;
    else if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if (c == ' ' && !out.empty() && out.back() != '-')
      out += '-';
  }
  return out;
}

}  // namespace

void append_server_brief(std::string& out, const ServerView& view, const Server& server) {
  Members members(out);
  members.text("id", server.id).text("name", server.name);
  append_links(members.name("links"), view.root, "servers", server.id);
  members.end();
}

void append_server(std::string& out, const ServerView& view, const Server& server) {
  using Status = Server::Status;
  const Names& names = view.names;
  const int version = view.microversion;
  const StateRow state = state_row(server.status);
  const bool placed = server.fixed_ip != 0;
  const std::string project = names.project_id(names.projects[server.project]);
  const std::string host = fmt::format("compute-{:02}", server.host + 1);
  Members members(out);
  members.text("id", server.id).text("name", server.name).text("status", status_word(server.status));
  members.text("tenant_id", project).text("user_id", names.user_id);
  {
    Members metadata(members.name("metadata"));
    for (const auto& [key, value] : server.metadata) {
      std::string escaped;
      append_json_text(escaped, key);
      metadata.text(std::string_view(escaped).substr(1, escaped.size() - 2), value);
    }
    metadata.end();
  }
  const std::uint64_t host_hash = combine(hash_text(project), server.host);
  members.text("hostId", placed ? fmt::format("{:016x}{:016x}{:016x}{:08x}", host_hash, mix(host_hash),
                                              mix(host_hash + 1), mix(host_hash + 2) >> 32)
                                : "");
  if (server.from_volume)
    members.raw("image", "\"\"");
  else
    members.raw("image", bookmark(view.root, "images", names.images[server.image]));
  append_flavor_of(members.name("flavor"), view, server);
  members.text("created", nova_time(server.created_s)).text("updated", nova_time(server.updated_s));
  append_addresses(members.name("addresses"), view, server);
  members.text("accessIPv4", "").text("accessIPv6", "");
  append_links(members.name("links"), view.root, "servers", server.id);
  if (server.status == Status::kError) {
    members.raw(
        "fault",
        fmt::format(
            R"({{"code":500,"created":"{}","message":"No valid host was found. There are not enough hosts available."}})",
            nova_time(server.created_s + 5)));
  }
  members.text("OS-DCF:diskConfig", "MANUAL");
  if (server.status == Status::kActive || server.status == Status::kBuild || server.status == Status::kPaused)
    members.number("progress", 0);
  members.text("OS-EXT-AZ:availability_zone", placed ? zone_name(server.zone) : "")
      .text("config_drive", server.hash >> 57 & 1 ? "True" : "");
  if (server.hash >> 60 != 0)
    members.text("key_name", "ops");
  else
    members.raw("key_name", "null");
  if (placed)
    members.text("OS-SRV-USG:launched_at", long_time(server.created_s + 18));
  else
    members.raw("OS-SRV-USG:launched_at", "null");
  members.raw("OS-SRV-USG:terminated_at", "null");
  if (view.admin) {
    if (placed)
      members.text("OS-EXT-SRV-ATTR:host", host);
    else
      members.raw("OS-EXT-SRV-ATTR:host", "null");
    members.text("OS-EXT-SRV-ATTR:instance_name", fmt::format("instance-{:08x}", server.slot + 1));
    if (placed)
      members.text("OS-EXT-SRV-ATTR:hypervisor_hostname", host);
    else
      members.raw("OS-EXT-SRV-ATTR:hypervisor_hostname", "null");
    if (version >= 3) {
      members.text("OS-EXT-SRV-ATTR:reservation_id", fmt::format("r-{:08x}", server.hash >> 32))
          .number("OS-EXT-SRV-ATTR:launch_index", 0);
      members.text("OS-EXT-SRV-ATTR:hostname", hostname_of(server))
          .text("OS-EXT-SRV-ATTR:kernel_id", "")
          .text("OS-EXT-SRV-ATTR:ramdisk_id", "");
      members.text("OS-EXT-SRV-ATTR:root_device_name", "/dev/vda").raw("OS-EXT-SRV-ATTR:user_data", "null");
    }
  } else if (version >= 90) {
    members.text("OS-EXT-SRV-ATTR:hostname", hostname_of(server));
  }
  if (server.status == Status::kBuild)
    members.text("OS-EXT-STS:task_state", "spawning");
  else
    members.raw("OS-EXT-STS:task_state", "null");
  members.text("OS-EXT-STS:vm_state", state.vm_state).number("OS-EXT-STS:power_state", state.power_state);
  append_volumes(members.name("os-extended-volumes:volumes_attached"), view, server);
  if (version >= 9) members.flag("locked", false);
  if (version >= 73) members.raw("locked_reason", "null");
  if (version >= 19) members.raw("description", "null");
  if (version >= 26) members.raw("tags", (server.hash >> 52) % 8 == 0 ? "[\"backup\",\"pci\"]" : "[]");
  if (version >= 63) members.raw("trusted_image_certificates", "null");
  if (version >= 16 && view.admin) members.text("host_status", placed ? "UP" : "");
  if (placed)
    members.raw("security_groups",
                server.hash >> 59 & 1 ? R"([{"name":"default"},{"name":"web"}])" : R"([{"name":"default"}])");
  members.end();
}

void append_flavor(std::string& out, const Flavor& flavor, const std::string& root, int microversion, bool detail) {
  Members members(out);
  members.text("id", flavor.id).text("name", flavor.name);
  if (detail) {
    members.number("ram", flavor.ram_mib).number("disk", flavor.disk_gb);
    if (flavor.swap_mib == 0 && microversion < 75)
      members.text("swap", "");
    else
      members.number("swap", flavor.swap_mib);
    members.number("OS-FLV-EXT-DATA:ephemeral", flavor.ephemeral_gb)
        .flag("OS-FLV-DISABLED:disabled", false)
        .number("vcpus", flavor.vcpus);
    members.flag("os-flavor-access:is_public", flavor.is_public).raw("rxtx_factor", "1.0");
  }
  append_links(members.name("links"), root, "flavors", flavor.id);
  if (microversion >= 55) members.raw("description", "null");
  if (detail && microversion >= 61) append_specs(members.name("extra_specs"), flavor);
  members.end();
}

}  // namespace maestro::cloudsim::openstack
