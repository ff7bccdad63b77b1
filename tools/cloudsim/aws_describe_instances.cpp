// DescribeInstances: ids, filters, pages, and one instance as XML.
#include <fmt/format.h>

#include <algorithm>
#include <shared_mutex>

#include "base/text.h"
#include "cloudsim/aws_instance.h"
#include "cloudsim/aws_service.h"
#include "cloudsim/mix.h"
#include "cloudsim/xml.h"

namespace maestro::cloudsim::aws {

namespace {

constexpr std::size_t kDefaultPage = 1000;

/// Nullopt for a filter that is not known.
std::optional<bool> accepts(const Filter& filter, const Network& network, const Instance& one) {
  const std::string_view name = filter.name;
  if (name == "instance-id") return filter.accepts(aws_id("i", one.id));
  if (name == "instance-state-name") return filter.accepts(state_name(one.state));
  if (name == "instance-state-code") return filter.accepts(fmt::format("{}", static_cast<int>(one.state)));
  if (name == "instance-type") return filter.accepts(one.type->name);
  if (name == "availability-zone") return filter.accepts(network.zone_name(one.zone));
  if (name == "image-id") return filter.accepts(network.image_id(one.image));
  if (name == "reservation-id") return filter.accepts(aws_id("r", one.reservation));
  if (name == "owner-id") return true;
  if (name == "architecture") return filter.accepts(one.type->arm ? "arm64" : "x86_64");
  if (name == "platform") return one.windows && filter.accepts("windows");
  if (name == "vpc-id" || name == "network-interface.vpc-id")
    return !one.gone() && filter.accepts(network.vpc_id(one.vpc));
  if (name == "subnet-id") return !one.gone() && filter.accepts(network.subnet_id(one.vpc, one.group, one.zone));
  if (name == "private-ip-address") return one.private_ip != 0 && filter.accepts(ip_text(one.private_ip));
  if (name == "ip-address") return one.public_ip != 0 && filter.accepts(ip_text(one.public_ip));
  if (name == "tag-key" || name.starts_with("tag:")) {
    for (const auto& [key, value] : tags_of(one)) {
      if (name == "tag-key" ? filter.accepts(key) : key == name.substr(4) && filter.accepts(value)) return true;
    }
    return false;
  }
  return std::nullopt;
}

Result<std::vector<Slot>> slots_of_ids(const Region& region, const std::vector<std::string>& ids) {
  std::vector<Slot> out;
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    const bool is_hex = id.size() > 2 && id.find_first_not_of("0123456789abcdef", 2) == std::string::npos;
    if (!id.starts_with("i-") || !is_hex || (id.size() != 10 && id.size() != 19)) {
      return fail("InvalidInstanceID.Malformed", id.starts_with("i-")
                                                     ? fmt::format("Invalid id: \"{}\"", id)
                                                     : fmt::format("Invalid id: \"{}\" (expecting \"i-...\")", id));
    }
    const auto number = parse_aws_id("i", id);
    const auto slot = number ? instance_slot(region, *number) : std::nullopt;
    if (slot && region.is_live(*slot))
      out.push_back(*slot);
    else
      missing.push_back(id);
  }
  if (missing.size() == 1)
    return fail("InvalidInstanceID.NotFound", fmt::format("The instance ID '{}' does not exist", missing[0]));
  if (!missing.empty())
    return fail("InvalidInstanceID.NotFound",
                fmt::format("The instance IDs '{}' do not exist", text::join(missing, ", ")));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Ids in a filter need no walk over the region; an unknown one just matches nothing.
std::optional<std::vector<Slot>> slots_of_filter(const Region& region, const std::vector<Filter>& filters) {
  for (const Filter& filter : filters) {
    if (filter.name != "instance-id") continue;
    std::vector<Slot> out;
    for (const std::string& value : filter.values) {
      if (value.find_first_of("*?") != std::string::npos) return std::nullopt;
      const auto number = parse_aws_id("i", value);
      const auto slot = number ? instance_slot(region, *number) : std::nullopt;
      if (slot && region.is_live(*slot)) out.push_back(*slot);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  return std::nullopt;
}

void append_groups(Xml& xml, const Network& network, const Instance& one) {
  xml.open("groupSet");
  const char* own = std::string_view(role_name(one)) == "db" ? "db" : "web";
  xml.open("item").leaf("groupId", network.group_id(one.vpc, own)).leaf("groupName", own).close("item");
  if (one.hash >> 55 & 1) {
    xml.open("item").leaf("groupId", network.group_id(one.vpc, "default")).leaf("groupName", "default").close("item");
  }
  xml.close("groupSet");
}

void append_association(Xml& xml, const Instance& one, const std::string& dns, const std::string& owner) {
  if (one.public_ip == 0) return;
  xml.open("association").leaf("publicIp", ip_text(one.public_ip)).leaf("publicDnsName", dns).leaf("ipOwnerId", owner);
  xml.close("association");
}

void append_interface(Xml& xml, const Network& network, const Instance& one, const std::string& owner,
                      const std::string& private_ip, const std::string& private_dns, const std::string& public_dns,
                      const std::string& launched) {
  const std::string eni = aws_id("eni", mix(one.id ^ 0xe01));
  xml.open("networkInterfaceSet").open("item");
  xml.leaf("networkInterfaceId", eni).leaf("subnetId", network.subnet_id(one.vpc, one.group, one.zone));
  xml.leaf("vpcId", network.vpc_id(one.vpc)).empty("description").leaf("ownerId", owner).leaf("status", "in-use");
  const std::uint64_t mac = one.hash;
  xml.leaf("macAddress", fmt::format("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac & 255, mac >> 8 & 255,
                                     mac >> 16 & 255, mac >> 24 & 255, mac >> 32 & 255));
  xml.leaf("privateIpAddress", private_ip).leaf("privateDnsName", private_dns).leaf("sourceDestCheck", true);
  append_groups(xml, network, one);
  xml.open("attachment").leaf("attachmentId", aws_id("eni-attach", mix(one.id ^ 0xa77))).leaf("deviceIndex", "0");
  xml.leaf("status", "attached")
      .leaf("attachTime", launched)
      .leaf("deleteOnTermination", true)
      .leaf("networkCardIndex", "0");
  xml.close("attachment");
  append_association(xml, one, public_dns, owner);
  xml.open("privateIpAddressesSet")
      .open("item")
      .leaf("privateIpAddress", private_ip)
      .leaf("privateDnsName", private_dns);
  xml.leaf("primary", true);
  append_association(xml, one, public_dns, owner);
  xml.close("item").close("privateIpAddressesSet").empty("ipv6AddressesSet").leaf("interfaceType", "interface");
  xml.close("item").close("networkInterfaceSet");
}

void append_volumes(Xml& xml, const Region& region, const Instance& one, const std::string& launched) {
  if (one.volumes == 0) {
    xml.empty("blockDeviceMapping");
    return;
  }
  xml.open("blockDeviceMapping");
  for (unsigned i = 0; i < one.volumes; ++i) {
    xml.open("item").leaf("deviceName", i == 0 ? (one.windows ? "/dev/sda1" : "/dev/xvda") : "/dev/sdf");
    xml.open("ebs").leaf("volumeId", aws_id("vol", volume_number(region, one.slot, i))).leaf("status", "attached");
    xml.leaf("attachTime", launched).leaf("deleteOnTermination", i == 0).close("ebs").close("item");
  }
  xml.close("blockDeviceMapping");
}

void append_state(Xml& xml, const Instance& one) {
  xml.open("instanceState")
      .leaf("code", static_cast<int>(one.state))
      .leaf("name", state_name(one.state))
      .close("instanceState");
}

void append_instance(std::string& out, const Network& network, const Instance& one, const std::string& owner) {
  using State = Instance::State;
  Xml xml(out);
  const Region& region = network.region;
  const std::string launched = aws_time(one.launched_s);
  const std::string domain = region.name == "us-east-1" ? "ec2.internal" : region.name + ".compute.internal";
  const std::string public_domain = region.name == "us-east-1" ? "compute-1" : region.name + ".compute";
  std::string private_ip, private_dns, public_dns;
  if (!one.gone()) {
    private_ip = ip_text(one.private_ip);
    std::string dashed = private_ip;
    std::replace(dashed.begin(), dashed.end(), '.', '-');
    private_dns = fmt::format("ip-{}.{}", dashed, domain);
  }
  if (one.public_ip != 0) {
    std::string dashed = ip_text(one.public_ip);
    std::replace(dashed.begin(), dashed.end(), '.', '-');
    public_dns = fmt::format("ec2-{}.{}.amazonaws.com", dashed, public_domain);
  }
  xml.open("item").leaf("instanceId", aws_id("i", one.id)).leaf("imageId", network.image_id(one.image));
  append_state(xml, one);
  xml.leaf("privateDnsName", private_dns).leaf("dnsName", public_dns);
  const bool ended =
      one.gone() || one.state == State::kStopped || one.state == State::kStopping || one.state == State::kShuttingDown;
  const std::string when = aws_time(one.launched_s + 86'400);
  if (ended)
    xml.leaf("reason", fmt::format("User initiated ({} {} GMT)", when.substr(0, 10), when.substr(11, 8)));
  else
    xml.empty("reason");
  if (one.hash >> 60) xml.leaf("keyName", one.vpc % 2 == 0 ? "ops" : "staging");
  xml.leaf("amiLaunchIndex", one.slot - one.first).empty("productCodes").leaf("instanceType", one.type->name);
  xml.leaf("launchTime", launched);
  xml.open("placement")
      .leaf("availabilityZone", network.zone_name(one.zone))
      .empty("groupName")
      .leaf("tenancy", "default")
      .close("placement");
  if (one.windows) xml.leaf("platform", "windows");
  xml.open("monitoring").leaf("state", one.hash >> 59 & 1 ? "enabled" : "disabled").close("monitoring");
  if (!one.gone()) {
    xml.leaf("subnetId", network.subnet_id(one.vpc, one.group, one.zone)).leaf("vpcId", network.vpc_id(one.vpc));
    xml.leaf("privateIpAddress", private_ip);
    if (one.public_ip != 0) xml.leaf("ipAddress", ip_text(one.public_ip));
    xml.leaf("sourceDestCheck", true);
    append_groups(xml, network, one);
  } else {
    xml.empty("groupSet");
  }
  if (ended) {
    const char* code = "Client.UserInitiatedShutdown";
    xml.open("stateReason")
        .leaf("code", code)
        .leaf("message", fmt::format("{}: User initiated shutdown", code))
        .close("stateReason");
  }
  xml.leaf("architecture", one.type->arm ? "arm64" : "x86_64").leaf("rootDeviceType", "ebs");
  xml.leaf("rootDeviceName", one.windows ? "/dev/sda1" : "/dev/xvda");
  append_volumes(xml, region, one, launched);
  xml.leaf("virtualizationType", "hvm").leaf("clientToken", fmt::format("{:016x}", one.reservation));
  const Tags tags = tags_of(one);
  xml.open("tagSet");
  for (const auto& [key, value] : tags) xml.open("item").text("key", key).text("value", value).close("item");
  xml.close("tagSet");
  xml.leaf("hypervisor", "xen");
  if (one.gone())
    xml.empty("networkInterfaceSet");
  else
    append_interface(xml, network, one, owner, private_ip, private_dns, public_dns, launched);
  if (one.hash >> 57 & 1 && !one.gone()) {
    xml.open("iamInstanceProfile")
        .leaf("arn", fmt::format("arn:aws:iam::{}:instance-profile/{}", owner, role_name(one)));
    xml.leaf("id", "AIPACLOUDSIMPROFILE01").close("iamInstanceProfile");
  }
  xml.leaf("ebsOptimized", !one.type->burst).leaf("enaSupport", true);
  xml.open("cpuOptions")
      .leaf("coreCount", one.type->cores)
      .leaf("threadsPerCore", one.type->vcpus / one.type->cores)
      .close("cpuOptions");
  xml.raw(
      "<capacityReservationSpecification><capacityReservationPreference>open</capacityReservationPreference>"
      "</capacityReservationSpecification><hibernationOptions><configured>false</configured></hibernationOptions>"
      "<metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpPutResponseHopLimit>2"
      "</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint><httpProtocolIpv6>disabled</httpProtocolIpv6>"
      "<instanceMetadataTags>disabled</instanceMetadataTags></metadataOptions>"
      "<enclaveOptions><enabled>false</enabled></enclaveOptions>");
  xml.leaf("platformDetails", one.windows ? "Windows" : "Linux/UNIX");
  xml.leaf("usageOperation", one.windows ? "RunInstances:0002" : "RunInstances");
  xml.leaf("usageOperationUpdateTime", launched);
  xml.open("maintenanceOptions").leaf("autoRecovery", "default").close("maintenanceOptions");
  xml.leaf("currentInstanceBootMode", one.type->arm ? "uefi" : "legacy-bios").close("item");
}

}  // namespace

Result<void> describe_instances(Call& call, std::string& out) {
  const auto ids = call.list("InstanceId");
  const auto filters = read_filters(call);
  TRY_ASSIGN(const std::size_t asked, call.max_results(5, 1000));
  if (!ids.empty() && asked != 0) {
    return fail("InvalidParameterCombination",
                "The parameter instancesSet cannot be used with the parameter maxResults");
  }
  TRY_ASSIGN(const auto position, call.position());
  const std::shared_lock lock(call.world.aws.mutex);
  const Region* region = call.world.aws.find(call.region);
  const Region nothing(call.region, 0, 0);  // an enabled region outside the estate
  if (region == nullptr) region = &nothing;
  const Network network(*region);

  std::vector<Slot> slots;
  auto direct = slots_of_filter(*region, filters);
  if (!ids.empty()) {
    TRY_ASSIGN(slots, slots_of_ids(*region, ids));
  } else {
    slots = direct ? std::move(*direct) : region->live();
  }
  if (!filters.empty()) {
    const Instance probe = make_instance(*region, 0);
    for (const Filter& filter : filters) {
      if (!accepts(filter, network, probe)) return unknown_filter(filter);
    }
    std::erase_if(slots, [&](Slot slot) {
      const Instance one = make_instance(*region, slot);
      return std::any_of(filters.begin(), filters.end(),
                         [&](const Filter& filter) { return !*accepts(filter, network, one); });
    });
  }
  const auto from = std::lower_bound(slots.begin(), slots.end(), position.value_or(0));
  const std::size_t limit = asked != 0 ? asked : !ids.empty() ? slots.size() : kDefaultPage;
  const PagePlan plan = call.next_page(slots.size(), static_cast<std::size_t>(from - slots.begin()), limit);
  const auto [begin, end] = plan.shown(call.fault);

  const std::string& owner = call.world.options.account;
  out.reserve(out.size() + (end - begin) * 5200 + 4096);
  Xml xml(out);
  xml.open("reservationSet");
  Slot current = 0;
  bool open = false;
  for (std::size_t i = begin; i < end; ++i) {
    const Instance one = make_instance(*region, slots[i]);
    if (!open || one.first != current) {
      if (open) xml.close("instancesSet").close("item");
      xml.open("item")
          .leaf("reservationId", aws_id("r", one.reservation))
          .leaf("ownerId", owner)
          .empty("groupSet")
          .open("instancesSet");
      open = true;
      current = one.first;
    }
    append_instance(out, network, one, owner);
  }
  if (open) xml.close("instancesSet").close("item");
  xml.close("reservationSet");
  call.append_next(out, plan, plan.more() ? slots[plan.end] : 0);
  return {};
}

}  // namespace maestro::cloudsim::aws
