#include "base/text.h"
#include "demo/kinds/company_words.h"

namespace maestro::demo {
namespace {

// What is asked of a server's numbers; each its own stream.
enum What : std::uint64_t { kBasics, kIdentity, kAddress, kParts, kCreated, kRuns, kChange = 100, kEdit = 200 };

struct Role {
  const char* code;  ///< in host names
  const char* name;
  int weight;
  const char* services[3];
};
constexpr Role kRoles[] = {
    {"web", "Web", 260, {"nginx", "php-fpm", nullptr}},
    {"api", "Application", 240, {"envoy", "java", nullptr}},
    {"db", "Database", 140, {"postgresql", "pgbouncer", nullptr}},
    {"cache", "Cache", 80, {"redis", nullptr, nullptr}},
    {"queue", "Queue", 60, {"rabbitmq", nullptr, nullptr}},
    {"worker", "Worker", 120, {"celery", "cron", nullptr}},
    {"lb", "Load balancer", 40, {"haproxy", "keepalived", nullptr}},
    {"batch", "Batch", 30, {"cron", nullptr, nullptr}},
    {"search", "Search", 20, {"elasticsearch", nullptr, nullptr}},
    {"mon", "Monitoring", 15, {"prometheus", "grafana", nullptr}},
    {"ci", "Build", 14, {"jenkins", "docker", nullptr}},
    {"jump", "Bastion", 6, {"sshd", nullptr, nullptr}},
    {"hsm", "Key store", 1, {"vault", nullptr, nullptr}},
};
struct System {
  const char* base;
  const char* dist;
  const char* version;
  const char* next;  ///< what an upgrade brings
  int weight;
};
constexpr System kSystems[] = {
    {"Linux", "Ubuntu", "22.04", "24.04", 300},
    {"Linux", "Ubuntu", "20.04", "22.04", 160},
    {"Linux", "Debian", "12", "13", 170},
    {"Linux", "Debian", "11", "12", 70},
    {"Linux", "Red Hat Enterprise Linux", "9.3", "9.4", 110},
    {"Linux", "Amazon Linux", "2", "2023", 90},
    {"Linux", "CentOS", "7", "8", 20},
    {"Windows", "Windows Server", "2022", "2025", 50},
    {"Windows", "Windows Server", "2016", "2019", 20},
    {"FreeBSD", "FreeBSD", "13.2", "14.0", 2},
};
struct State {
  const char* status;
  const char* aws;
  const char* nova;
  int weight;
};
constexpr State kStates[] = {{"Active", "running", "ACTIVE", 8750},
                             {"Stopped", "stopped", "SHUTOFF", 1100},
                             {"Avaliable", "pending", "REBOOT", 130},
                             {"Degraded", "impaired", "RESCUE", 15},
                             {"Error", "failed", "ERROR", 5}};
constexpr const char* kCodes[] = {"prod", "stg", "dev", "test", "train", "sbx", "dr"};
constexpr Word kCosts[] = {{"CC-1000", 300}, {"CC-2000", 200}, {"CC-2100", 150},
                           {"CC-3000", 120}, {"CC-4200", 60},  {"CC-9999", 2}};

/// What a server is, before anything changes.
struct Facts {
  const Role* role;
  const Word* environment;
  const System* system;
  std::size_t size;
  const State* state;
  std::string region, zone, code;
};

Facts facts(const Item& item) {
  Random random = item.random(kBasics);
  Facts out{};
  out.role = &random.weighted(kRoles);
  out.environment = &random.weighted(kEnvironments);
  out.system = &random.weighted(kSystems);
  const auto rows = sizes(item.place->aws);
  std::int64_t sum = 0;
  for (const Size& row : rows) sum += row.weight;
  for (std::int64_t at = random.below(sum); (at -= rows[out.size].weight) >= 0;) ++out.size;
  out.state = &random.weighted(kStates);
  out.region = random.pick(std::span<const std::string>(item.place->regions));
  out.code = item.place->region_code(out.region);
  out.zone = item.place->aws ? out.code + "abc"[random.below(3)] : out.code + "-nova";
  return out;
}

/// "eu-west-1" -> "euw1": short enough for a host name.
std::string short_code(const std::string& region) {
  std::string out;
  const std::string small = text::lower(region);
  for (const std::string_view part : text::split(small, '-')) out += part.substr(0, out.empty() ? 2 : 1);
  return out;
}

std::string host_name(const Item& item, const Facts& is) {
  return fmt::format("{}-{}-{}-{:05}", is.role->code, kCodes[is.environment - kEnvironments], short_code(is.code),
                     item.index + 1);
}

std::string instance_id(const Item& item) {
  Random random = item.random(kIdentity);
  if (item.place != nullptr && !item.place->aws) {
    const std::string hex = random.hex(24);
    return fmt::format("{}-{}-4{}-8{}-{}{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 3), hex.substr(15, 3),
                       hex.substr(18, 6), fmt::format("{:06x}", item.index));
  }
  return "i-0" + random.hex(10) + fmt::format("{:06x}", item.index);
}

std::string private_address(const Item& item) {
  const std::int64_t i = item.index + 4;
  return fmt::format("10.{}.{}.{}", (i >> 16) & 255, (i >> 8) & 255, i & 255);
}

// Addresses that are set aside for measurements and documents: they belong to nobody.
std::string public_address(Random& random) {
  return fmt::format("198.{}.{}.{}", 18 + random.below(2), random.below(256), 1 + random.below(254));
}

json::Array tags(const Facts& is, const std::string& name, const std::string& team, const char* cost) {
  const auto tag = [](const char* key, const std::string& value) {
    return json::Object{{"key", key}, {"value", value}};
  };
  return {tag("Name", name), tag("env", kCodes[is.environment - kEnvironments]), tag("team", team),
          tag("cost-center", cost), tag("role", is.role->code)};
}

json::Array storage(const Item& item, const Size& size, Time since) {
  Random random = item.random(kParts);
  json::Array out;
  const std::int64_t disks = 1 + random.below(3);
  for (std::int64_t i = 0; i < disks; ++i) {
    json::Object disk;
    if (item.place->aws) {
      disk["device_name"] = i == 0 ? std::string("/dev/sda1") : fmt::format("/dev/sd{}", "fghi"[i]);
      disk["delete_termination"] = i == 0;
      disk["unique_id"] = "vol-0" + random.hex(16);
      disk["attach_time"] = to_iso(since);
      disk["status"] = "attached";
      disk["name"] = fmt::format("disk{}", i);
    } else {
      disk["name"] = "vol-" + random.hex(6);
      disk["unique_id"] = random.hex(8) + "-0000-4000-8000-" + random.hex(12);
      disk["delete_termination"] = false;
    }
    disk["size"] = i == 0 ? size.disk_gb : 50 << random.below(5);
    out.emplace_back(std::move(disk));
  }
  return out;
}

void describe_metas(const Item& item, const Facts& is, const State& state, const std::string& address,
                    const std::string& outside, json::Object& fields) {
  Random random = item.random(kAddress);
  const std::string mac_tail =
      fmt::format("{:02x}:{:02x}:{:02x}", (item.index >> 16) & 255, (item.index >> 8) & 255, item.index & 255);
  json::Object metas;
  const std::string v6 =
      fmt::format("2001:db8:{:x}:{:x}::{:x}", item.place->index + 1, item.index >> 16, (item.index & 0xffff) + 1);
  if (item.place->aws) {
    metas["vpc_id"] = "vpc-0" + Random(item.estate.seed(), 5, static_cast<std::uint64_t>(item.place->index), 0).hex(16);
    metas["account_id"] = item.place->account;
    metas["state"] = state.aws;
    metas["tenancy"] = "default";
    metas["security_groups"] =
        json::Array{json::Object{{"GroupId", "sg-0" + random.hex(16)}, {"GroupName", is.role->code}}};
    if (random.chance(0.2)) metas["ipv6_addresses"] = json::Array{v6};
    json::Object card{{"id", "eni-0" + random.hex(16)},
                      {"mac_address", "02:5e:10:" + mac_tail},
                      {"private_ip", address},
                      {"subnet_id", fields["datacenters"].get_object().at("subnet_id")}};
    if (!outside.empty()) card["public_ip"] = outside;
    metas["network_interfaces"] = json::Array{std::move(card)};
  } else {
    const auto one = [&](const std::string& addr, int version) {
      return json::Object{{"OS-EXT-IPS-MAC:mac_addr", "fa:16:3e:" + mac_tail},
                          {"OS-EXT-IPS:type", "fixed"},
                          {"addr", addr},
                          {"version", version}};
    };
    json::Array addresses{one(address, 4)};
    if (random.chance(0.4)) addresses.emplace_back(one(v6, 6));
    metas["addresses"] = json::Object{{fmt::format("{}-net", is.role->code), std::move(addresses)}};
    metas["state"] = state.nova;
    metas["flavor"] = fields["datacenters"].get_object().at("instance");
    metas["locked"] = false;
    metas["host_status"] = "UP";
  }
  fields["metas"] = std::move(metas);
}

Time created(const Item& item) {
  // Most were made shortly before they were found, some long before.
  const double x = item.random(kCreated).unit();
  return item.made - Millis(static_cast<std::int64_t>(x * x * x * x * 86'400'000.0 * 400)) - Millis(60'000);
}

void describe(const Item& item, int round, json::Object& fields) {
  const Place& place = *item.place;
  const Facts is = facts(item);
  const System& system = *is.system;
  std::size_t size = is.size;
  const State* state = is.state;
  Random address = item.random(kAddress + 50);
  std::string outside = address.chance(0.3) ? public_address(address) : std::string();
  const char* cost = address.weighted(kCosts).text;
  bool upgraded = false;
  for (int i = 1; i <= round; ++i) {
    Random random = item.random(kChange + static_cast<std::uint64_t>(i));
    switch (random.below(4)) {
      case 0:
        size = (size + 1) % sizes(place.aws).size();
        break;
      case 1:
        outside = public_address(random);
        break;
      case 2:
        upgraded = !upgraded;
        break;
      default:
        state = state == &kStates[0] ? &kStates[1] : &kStates[0];
    }
  }
  const Size& has = sizes(place.aws)[size];
  const std::string name = host_name(item, is);
  const std::string inside = private_address(item);
  const std::string id = instance_id(item);
  const std::string& team = place.owner.name;
  fields["unique_id"] = id;
  fields["name"] = name;
  fields["hostname"] = fmt::format("{}.{}.example.internal", name, place.name);
  fields["role"] = is.role->name;
  fields["environment"] = is.environment->text;
  fields["ipv4_private"] = inside;
  if (!outside.empty()) fields["ipv4_public"] = outside;
  fields["dns_private"] = fmt::format("{}.{}.compute.internal", name, is.code);
  fields["cpu"] = has.cpu;
  fields["memory"] = whole_or(has.memory_gib);
  fields["os"] =
      json::Object{{"base", system.base}, {"dist", system.dist}, {"version", upgraded ? system.next : system.version}};
  json::Object where = placement(place, is.region);
  where["zone"] = is.zone;
  where["type"] = "Virtual";
  where["instance"] = has.name;
  where["instance_id"] = id;
  Random random = item.random(kParts + 50);
  where["image_id"] = place.aws ? "ami-0" + random.hex(16) : random.hex(8) + "-0000-4000-8000-000000000000";
  if (place.aws) {
    where["subnet_id"] = "subnet-0" + Random(item.estate.seed(), 6, static_cast<std::uint64_t>(place.index),
                                             static_cast<std::uint64_t>(random.below(6)))
                                          .hex(16);
    where["architecture"] = random.chance(0.9) ? "x86_64" : "arm64";
    where["hypervisor"] = "xen";
  } else {
    where["project_id"] = place.account;
    where["hypervisor_hostname"] = fmt::format("compute-{:02}", random.below(64));
  }
  fields["datacenters"] = std::move(where);
  fields["status"] = state->status;
  fields["storage"] = storage(item, has, created(item));
  fields["tags"] = tags(is, name, team, cost);
  fields["auth"] = json::Array{json::Object{{"name", team + " key"}, {"type", "PKI"}}};
  Random runs = item.random(kRuns);
  if (runs.chance(0.5)) {
    if (const auto application = application_on(item.estate, is.role->code, runs))
      fields["applications"] = json::Array{link_to(item.estate, "applications", *application)};
  }
  describe_metas(item, is, *state, inside, outside, fields);
  if (item.by_hand) {
    // What a person types: less, and what runs on it.
    for (const char* left_out : {"metas", "auth", "dns_private"}) fields.erase(left_out);
    json::Array services;
    for (const char* service : is.role->services)
      if (service != nullptr) services.emplace_back(json::Object{{"name", service}, {"status", "Active"}});
    fields["services"] = std::move(services);
  }
}

void edit(const Item& item, int round, const json::Object& body, json::Object& fields) {
  Random random = item.random(kEdit + static_cast<std::uint64_t>(round));
  const Facts is = facts(item);
  switch (random.below(3)) {
    case 0: {
      const char* now = random.weighted(kEnvironments).text;
      fields["environment"] = json::text_or(body, "environment") == now ? "Decommissioning" : now;
      break;
    }
    case 1: {
      const char* now = random.weighted(kRoles).name;
      fields["role"] = json::text_or(body, "role") == now ? "Spare" : now;
      break;
    }
    default: {
      json::Array services;
      for (const char* service : is.role->services) {
        if (service == nullptr) continue;
        services.emplace_back(json::Object{{"name", service},
                                           {"status", random.chance(0.9) ? "Active" : "Stopped"},
                                           {"version", fmt::format("{}.{}", round, random.below(20))}});
      }
      fields["services"] = std::move(services);
    }
  }
}

const char* resource(const Place& place) { return place.aws ? "aws/ec2_instances" : "openstack/nova_servers"; }

}  // namespace

const Kind kServers = {.entity = "servers",
                       .by_hand = 0.04,
                       .resource = resource,
                       .key = instance_id,
                       .describe = describe,
                       .edit = edit,
                       .created = created};

}  // namespace maestro::demo
