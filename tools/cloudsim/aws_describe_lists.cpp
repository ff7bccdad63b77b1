// Short lists of the same estate: VPCs, subnets, security groups, images, volumes.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <shared_mutex>

#include "base/text.h"
#include "cloudsim/aws_instance.h"
#include "cloudsim/aws_service.h"
#include "cloudsim/mix.h"
#include "cloudsim/xml.h"

namespace maestro::cloudsim::aws {

namespace {

/// One element of a list that is short enough to be built whole.
struct Row {
  std::string id;
  std::vector<std::pair<std::string, std::string>> facts;  ///< what filters may ask for, tags as "tag:key"
  std::string xml;
};

struct ListShape {
  const char* element;
  const char* id_parameter;
  const char* id_filter;
  const char* missing_code;
  const char* noun;
};

std::string tag_set(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string out;
  Xml xml(out);
  xml.open("tagSet");
  for (const auto& [name, value] : facts) {
    if (name.starts_with("tag:")) xml.open("item").text("key", name.substr(4)).text("value", value).close("item");
  }
  xml.close("tagSet");
  return out;
}

bool accepted(const Row& row, const Filter& filter) {
  for (const auto& [name, value] : row.facts) {
    const bool asked = filter.name == "tag-key" ? name.starts_with("tag:") && filter.accepts(name.substr(4))
                                                : name == filter.name && filter.accepts(value);
    if (asked) return true;
  }
  return false;
}

Result<void> answer_rows(Call& call, std::string& out, std::vector<Row> rows, const ListShape& shape) {
  const auto ids = call.list(shape.id_parameter);
  TRY_ASSIGN(const std::size_t asked, call.max_results(5, 1000));
  TRY_ASSIGN(const auto position, call.position());
  for (const std::string& id : ids) {
    if (std::none_of(rows.begin(), rows.end(), [&](const Row& row) { return row.id == id; })) {
      return fail(shape.missing_code, fmt::format("The {} '{}' does not exist", shape.noun, id));
    }
  }
  if (!ids.empty()) {
    std::erase_if(rows, [&](const Row& row) { return std::find(ids.begin(), ids.end(), row.id) == ids.end(); });
  }
  for (const Filter& filter : read_filters(call)) {
    const bool known = filter.name == "tag-key" || filter.name.starts_with("tag:") || rows.empty() ||
                       std::any_of(rows.front().facts.begin(), rows.front().facts.end(),
                                   [&](const auto& fact) { return fact.first == filter.name; });
    if (!known) return unknown_filter(filter);
    std::erase_if(rows, [&](const Row& row) { return !accepted(row, filter); });
  }
  const PagePlan plan = call.next_page(rows.size(), position.value_or(0), asked != 0 ? asked : 1000);
  const auto [begin, end] = plan.shown(call.fault);
  Xml xml(out);
  xml.open(shape.element);
  for (std::size_t i = begin; i < end; ++i) xml.open("item").raw(rows[i].xml).close("item");
  xml.close(shape.element);
  call.append_next(out, plan, plan.end);
  return {};
}

/// The region of the call under the estate's lock; one without machines when the estate does not have it.
template <typename Use>
Result<void> with_region(Call& call, Use use) {
  const std::shared_lock lock(call.world.aws.mutex);
  if (const Region* region = call.world.aws.find(call.region)) return use(*region);
  const Region nothing(call.region, 0, call.world.options.seed);
  return use(nothing);
}

constexpr unsigned kDefaultVpc = 1'000'000;  // apart from the machines' VPCs

std::vector<unsigned> all_vpcs(const Network& network) {
  std::vector<unsigned> out = {kDefaultVpc};
  for (unsigned vpc = 0; vpc < network.vpcs; ++vpc) out.push_back(vpc);
  return out;
}

std::string cidr_of(const Network& network, unsigned vpc) {
  return vpc == kDefaultVpc ? "172.31.0.0/16" : fmt::format("10.{}.0.0/16", network.second_octet(vpc));
}

Row vpc_row(const Network& network, unsigned vpc, const std::string& owner) {
  const bool is_default = vpc == kDefaultVpc;
  Row row{.id = network.vpc_id(vpc), .facts = {}, .xml = {}};
  const std::string cidr = cidr_of(network, vpc);
  row.facts = {{"vpc-id", row.id},
               {"cidr", cidr},
               {"cidr-block", cidr},
               {"state", "available"},
               {"is-default", is_default ? "true" : "false"},
               {"owner-id", owner}};
  if (!is_default) {
    row.facts.emplace_back("tag:Name", fmt::format("{}-{}", network.environment(vpc), vpc / 2 + 1));
    row.facts.emplace_back("tag:environment", network.environment(vpc));
  }
  Xml xml(row.xml);
  xml.leaf("vpcId", row.id).leaf("ownerId", owner).leaf("state", "available").leaf("cidrBlock", cidr);
  xml.open("cidrBlockAssociationSet")
      .open("item")
      .leaf("associationId", aws_id("vpc-cidr-assoc", combine(network.region.key, vpc)));
  xml.leaf("cidrBlock", cidr).open("cidrBlockState").leaf("state", "associated").close("cidrBlockState").close("item");
  xml.close("cidrBlockAssociationSet").leaf("dhcpOptionsId", aws_id("dopt", combine(network.region.key, 7)));
  xml.raw(tag_set(row.facts)).leaf("instanceTenancy", "default").leaf("isDefault", is_default);
  return row;
}

Row subnet_row(const Network& network, unsigned vpc, unsigned group, unsigned zone, const std::string& owner) {
  const bool is_default = vpc == kDefaultVpc;
  Row row{.id = network.subnet_id(vpc, group, zone), .facts = {}, .xml = {}};
  const unsigned part = (group * kZones + zone) * 16;
  const std::string cidr =
      is_default ? fmt::format("172.31.{}.0/20", part) : fmt::format("10.{}.{}.0/20", network.second_octet(vpc), part);
  const std::string vpc_id = network.vpc_id(vpc);
  row.facts = {{"subnet-id", row.id}, {"vpc-id", vpc_id},     {"availability-zone", network.zone_name(zone)},
               {"cidr-block", cidr},  {"state", "available"}, {"default-for-az", is_default ? "true" : "false"}};
  if (!is_default)
    row.facts.emplace_back("tag:Name",
                           fmt::format("{}-{}{}", network.environment(vpc), group + 1, static_cast<char>('a' + zone)));
  Xml xml(row.xml);
  xml.leaf("subnetId", row.id)
      .leaf("subnetArn", fmt::format("arn:aws:ec2:{}:{}:subnet/{}", network.region.name, owner, row.id));
  xml.leaf("state", "available")
      .leaf("ownerId", owner)
      .leaf("vpcId", vpc_id)
      .leaf("cidrBlock", cidr)
      .empty("ipv6CidrBlockAssociationSet");
  xml.leaf("availableIpAddressCount", is_default ? 4091 : 4091 - kMachinesPerSubnet)
      .leaf("availabilityZone", network.zone_name(zone));
  xml.leaf("availabilityZoneId", network.zone_id(zone))
      .leaf("defaultForAz", is_default)
      .leaf("mapPublicIpOnLaunch", is_default);
  xml.leaf("assignIpv6AddressOnCreation", false).raw(tag_set(row.facts)).leaf("ipv6Native", false);
  return row;
}

Row group_row(const Network& network, unsigned vpc, std::string_view name, const std::string& owner) {
  Row row{.id = network.group_id(vpc, name), .facts = {}, .xml = {}};
  const std::string description = name == "default" ? "default VPC security group"
                                  : name == "web"   ? "web <tier> & \"co\""
                                                    : "databases";
  row.facts = {{"group-id", row.id},
               {"group-name", std::string(name)},
               {"vpc-id", network.vpc_id(vpc)},
               {"description", description},
               {"owner-id", owner}};
  if (name != "default") row.facts.emplace_back("tag:Name", std::string(name));
  Xml xml(row.xml);
  xml.leaf("ownerId", owner).leaf("groupId", row.id).leaf("groupName", name).text("groupDescription", description);
  xml.leaf("vpcId", network.vpc_id(vpc)).open("ipPermissions").open("item");
  if (name == "default") {
    xml.leaf("ipProtocol", "-1")
        .open("groups")
        .open("item")
        .leaf("userId", owner)
        .leaf("groupId", row.id)
        .close("item")
        .close("groups")
        .empty("ipRanges");
  } else {
    const char* port = name == "web" ? "443" : "5432";
    xml.leaf("ipProtocol", "tcp")
        .leaf("fromPort", port)
        .leaf("toPort", port)
        .empty("groups")
        .open("ipRanges")
        .open("item");
    xml.leaf("cidrIp", name == "web" ? "0.0.0.0/0" : cidr_of(network, vpc)).close("item").close("ipRanges");
  }
  xml.raw(
      "<ipv6Ranges/><prefixListIds/></item></ipPermissions><ipPermissionsEgress><item><ipProtocol>-1</"
      "ipProtocol><groups/>"
      "<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges><ipv6Ranges/><prefixListIds/></item></"
      "ipPermissionsEgress>");
  xml.raw(tag_set(row.facts));
  return row;
}

Row image_row(const Network& network, unsigned image, const std::string& owner) {
  const bool windows = image == kImages - 1;
  const char* architecture = image == kImages - 2 ? "arm64" : "x86_64";
  Row row{.id = network.image_id(image), .facts = {}, .xml = {}};
  const std::string name = fmt::format("golden-{}-{}", windows ? "windows" : "linux", image + 1);
  row.facts = {{"image-id", row.id},
               {"name", name},
               {"state", "available"},
               {"owner-id", owner},
               {"architecture", architecture},
               {"is-public", "false"},
               {"root-device-type", "ebs"},
               {"virtualization-type", "hvm"},
               {"platform", windows ? "windows" : ""},
               {"tag:Name", name}};
  Xml xml(row.xml);
  xml.leaf("imageId", row.id)
      .leaf("imageLocation", owner + "/" + name)
      .leaf("imageState", "available")
      .leaf("imageOwnerId", owner);
  xml.leaf("creationDate", "2022-11-01T08:00:00.000Z")
      .leaf("isPublic", false)
      .leaf("architecture", architecture)
      .leaf("imageType", "machine");
  if (windows) xml.leaf("platform", "windows");
  xml.leaf("platformDetails", windows ? "Windows" : "Linux/UNIX")
      .leaf("name", name)
      .leaf("description", "golden image");
  const char* device = windows ? "/dev/sda1" : "/dev/xvda";
  xml.leaf("rootDeviceType", "ebs")
      .leaf("rootDeviceName", device)
      .open("blockDeviceMapping")
      .open("item")
      .leaf("deviceName", device);
  xml.open("ebs")
      .leaf("snapshotId", aws_id("snap", combine(network.region.key, 90 + image)))
      .leaf("volumeSize", windows ? "50" : "20");
  xml.leaf("deleteOnTermination", true)
      .leaf("volumeType", "gp3")
      .leaf("encrypted", false)
      .close("ebs")
      .close("item")
      .close("blockDeviceMapping");
  xml.leaf("virtualizationType", "hvm").raw(tag_set(row.facts)).leaf("hypervisor", "xen");
  return row;
}

/// Volume 3 of every 40th machine belongs to no instance.
constexpr unsigned kLoose = 3;

void append_volume(Xml& xml, const Network& network, Slot slot, unsigned volume) {
  const Instance one = make_instance(network.region, slot);
  const std::string id = aws_id("vol", volume_number(network.region, slot, volume));
  const std::string when = aws_time(one.launched_s);
  const bool loose = volume == kLoose;
  xml.open("item").leaf("volumeId", id).leaf("size", 20 + (one.hash >> volume * 8) % 16 * 10);
  if (!loose && volume == 0)
    xml.leaf("snapshotId", aws_id("snap", combine(network.region.key, 90 + one.image)));
  else
    xml.empty("snapshotId");
  xml.leaf("availabilityZone", network.zone_name(one.zone))
      .leaf("status", loose ? "available" : "in-use")
      .leaf("createTime", when);
  if (loose) {
    xml.empty("attachmentSet");
  } else {
    xml.open("attachmentSet").open("item").leaf("volumeId", id).leaf("instanceId", aws_id("i", one.id));
    xml.leaf("device", volume == 0 ? (one.windows ? "/dev/sda1" : "/dev/xvda") : "/dev/sdf").leaf("status", "attached");
    xml.leaf("attachTime", when).leaf("deleteOnTermination", volume == 0).close("item").close("attachmentSet");
  }
  xml.open("tagSet");
  if (volume != 0) xml.open("item").leaf("key", "Name").leaf("value", fmt::format("data-{:05}", slot)).close("item");
  xml.close("tagSet").leaf("volumeType", "gp3").leaf("iops", "3000").leaf("throughput", "125");
  xml.leaf("encrypted", (one.hash & 1) != 0).leaf("multiAttachEnabled", false).close("item");
}

}  // namespace

Result<void> describe_vpcs(Call& call, std::string& out) {
  return with_region(call, [&](const Region& region) {
    const Network network(region);
    std::vector<Row> rows;
    for (const unsigned vpc : all_vpcs(network)) rows.push_back(vpc_row(network, vpc, call.world.options.account));
    return answer_rows(call, out, std::move(rows), {"vpcSet", "VpcId", "vpc-id", "InvalidVpcID.NotFound", "vpc ID"});
  });
}

Result<void> describe_subnets(Call& call, std::string& out) {
  return with_region(call, [&](const Region& region) {
    const Network network(region);
    std::vector<Row> rows;
    for (const unsigned vpc : all_vpcs(network)) {
      const unsigned groups = vpc == kDefaultVpc ? 1 : network.groups(vpc);
      for (unsigned i = 0; i < groups * kZones; ++i) {
        rows.push_back(subnet_row(network, vpc, i / kZones, i % kZones, call.world.options.account));
      }
    }
    return answer_rows(call, out, std::move(rows),
                       {"subnetSet", "SubnetId", "subnet-id", "InvalidSubnetID.NotFound", "subnet ID"});
  });
}

Result<void> describe_security_groups(Call& call, std::string& out) {
  return with_region(call, [&](const Region& region) {
    const Network network(region);
    std::vector<Row> rows;
    for (const unsigned vpc : all_vpcs(network)) {
      for (const char* name : {"default", "web", "db"}) {
        if (vpc == kDefaultVpc && rows.size() == 1) break;
        rows.push_back(group_row(network, vpc, name, call.world.options.account));
      }
    }
    return answer_rows(call, out, std::move(rows),
                       {"securityGroupInfo", "GroupId", "group-id", "InvalidGroup.NotFound", "security group"});
  });
}

Result<void> describe_images(Call& call, std::string& out) {
  return with_region(call, [&](const Region& region) {
    const Network network(region);
    const std::string& owner = call.world.options.account;
    const auto owners = call.list("Owner");
    const bool own = owners.empty() || std::any_of(owners.begin(), owners.end(), [&](const std::string& one) {
                       return one == "self" || one == owner;
                     });
    std::vector<Row> rows;
    for (unsigned image = 0; own && image < kImages; ++image) rows.push_back(image_row(network, image, owner));
    return answer_rows(call, out, std::move(rows),
                       {"imagesSet", "ImageId", "image-id", "InvalidAMIID.NotFound", "image id"});
  });
}

Result<void> describe_volumes(Call& call, std::string& out) {
  const auto ids = call.list("VolumeId");
  const auto filters = read_filters(call);
  TRY_ASSIGN(const std::size_t asked, call.max_results(5, 1000));
  TRY_ASSIGN(const auto position, call.position());
  return with_region(call, [&](const Region& region) -> Result<void> {
    const Network network(region);
    std::vector<std::uint64_t> keys;  // slot * 4 + volume, ascending
    if (!ids.empty()) {
      for (const std::string& id : ids) {
        const auto number = parse_aws_id("vol", id);
        const auto found = number ? volume_slot(region, *number) : std::nullopt;
        const bool exists = found && region.is_live(found->first) &&
                            (found->second < make_instance(region, found->first).volumes ||
                             (found->second == kLoose && found->first % 40 == 0));
        if (!exists) return fail("InvalidVolume.NotFound", fmt::format("The volume '{}' does not exist.", id));
        keys.push_back(std::uint64_t{found->first} * 4 + found->second);
      }
      std::sort(keys.begin(), keys.end());
    } else {
      for (const Slot slot : region.live()) {
        const unsigned count = make_instance(region, slot).volumes;
        for (unsigned i = 0; i < count; ++i) keys.push_back(std::uint64_t{slot} * 4 + i);
        if (slot % 40 == 0) keys.push_back(std::uint64_t{slot} * 4 + kLoose);
      }
    }
    for (const Filter& filter : filters) {
      if (filter.name == "status") {
        std::erase_if(keys,
                      [&](std::uint64_t key) { return !filter.accepts(key % 4 == kLoose ? "available" : "in-use"); });
      } else if (filter.name == "volume-id") {
        std::erase_if(keys, [&](std::uint64_t key) {
          return !filter.accepts(aws_id("vol", volume_number(region, static_cast<Slot>(key / 4), key % 4)));
        });
      } else if (filter.name == "attachment.instance-id") {
        std::erase_if(keys, [&](std::uint64_t key) {
          return key % 4 == kLoose ||
                 !filter.accepts(aws_id("i", make_instance(region, static_cast<Slot>(key / 4)).id));
        });
      } else {
        return unknown_filter(filter);
      }
    }
    const auto from = std::lower_bound(keys.begin(), keys.end(), position.value_or(0));
    const PagePlan plan =
        call.next_page(keys.size(), static_cast<std::size_t>(from - keys.begin()), asked != 0 ? asked : 1000);
    const auto [begin, end] = plan.shown(call.fault);
    Xml xml(out);
    xml.open("volumeSet");
    for (std::size_t i = begin; i < end; ++i)
      append_volume(xml, network, static_cast<Slot>(keys[i] / 4), static_cast<unsigned>(keys[i] % 4));
    xml.close("volumeSet");
    call.append_next(out, plan, plan.more() ? keys[plan.end] : 0);
    return {};
  });
}

}  // namespace maestro::cloudsim::aws
