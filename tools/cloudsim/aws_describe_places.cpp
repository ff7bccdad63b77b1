// What does not depend on a single machine: regions, zones, instance types, the caller.
#include <fmt/format.h>

#include <algorithm>
#include <shared_mutex>

#include "base/text.h"
#include "cloudsim/aws_instance.h"
#include "cloudsim/aws_service.h"
#include "cloudsim/xml.h"

namespace maestro::cloudsim::aws {

namespace {

/// Shown by AllRegions only.
constexpr const char* kNotOptedIn[] = {"af-south-1", "ap-east-1", "eu-south-1", "me-south-1"};

Result<bool> type_accepted(const Filter& filter, const InstanceType& type) {
  if (filter.name == "instance-type") return filter.accepts(type.name);
  if (filter.name == "current-generation") return filter.accepts(type.current ? "true" : "false");
  if (filter.name == "burstable-performance-supported") return filter.accepts(type.burst ? "true" : "false");
  if (filter.name == "processor-info.supported-architecture") return filter.accepts(type.arm ? "arm64" : "x86_64");
  if (filter.name == "vcpu-info.default-vcpus") return filter.accepts(fmt::format("{}", type.vcpus));
  if (filter.name == "memory-info.size-in-mib") return filter.accepts(fmt::format("{}", type.memory_mib));
  return unknown_filter(filter);
}

void append_type(Xml& xml, const InstanceType& type) {
  xml.open("item").leaf("instanceType", type.name).leaf("currentGeneration", type.current);
  xml.leaf("freeTierEligible", type.name == "t2.micro" || type.name == "t3.micro");
  xml.raw(
      "<supportedUsageClasses><item>on-demand</item><item>spot</item></supportedUsageClasses>"
      "<supportedRootDeviceTypes><item>ebs</item></supportedRootDeviceTypes>"
      "<supportedVirtualizationTypes><item>hvm</item></supportedVirtualizationTypes>");
  xml.leaf("bareMetal", false).leaf("hypervisor", type.name == "t2.micro" ? "xen" : "nitro");
  xml.open("processorInfo")
      .open("supportedArchitectures")
      .leaf("item", type.arm ? "arm64" : "x86_64")
      .close("supportedArchitectures");
  xml.leaf("sustainedClockSpeedInGhz", type.clock_ghz)
      .leaf("manufacturer", type.arm ? "AWS" : "Intel")
      .close("processorInfo");
  xml.open("vCpuInfo").leaf("defaultVCpus", type.vcpus).leaf("defaultCores", type.cores);
  xml.leaf("defaultThreadsPerCore", type.vcpus / type.cores).close("vCpuInfo");
  xml.open("memoryInfo").leaf("sizeInMiB", type.memory_mib).close("memoryInfo").leaf("instanceStorageSupported", false);
  xml.open("ebsInfo")
      .leaf("ebsOptimizedSupport", "default")
      .leaf("encryptionSupport", "supported")
      .leaf("nvmeSupport", "required")
      .close("ebsInfo");
  xml.open("networkInfo")
      .leaf("networkPerformance", type.network)
      .leaf("maximumNetworkInterfaces", "4")
      .leaf("maximumNetworkCards", "1");
  xml.leaf("defaultNetworkCardIndex", "0").open("networkCards").open("item").leaf("networkCardIndex", "0");
  xml.leaf("networkPerformance", type.network)
      .leaf("maximumNetworkInterfaces", "4")
      .close("item")
      .close("networkCards");
  xml.leaf("ipv4AddressesPerInterface", "15").leaf("ipv6AddressesPerInterface", "15").leaf("ipv6Supported", true);
  xml.leaf("enaSupport", "required")
      .leaf("efaSupported", false)
      .leaf("encryptionInTransitSupported", false)
      .close("networkInfo");
  xml.raw(
      "<placementGroupInfo><supportedStrategies><item>cluster</item><item>partition</item><item>spread</item>"
      "</supportedStrategies></placementGroupInfo>");
  xml.leaf("hibernationSupported", false)
      .leaf("burstablePerformanceSupported", type.burst)
      .leaf("dedicatedHostsSupported", !type.burst);
  xml.leaf("autoRecoverySupported", true).open("supportedBootModes");
  if (!type.arm) xml.leaf("item", "legacy-bios");
  xml.leaf("item", "uefi").close("supportedBootModes").close("item");
}

}  // namespace

Result<void> describe_instance_types(Call& call, std::string& out) {
  const auto names = call.list("InstanceType");
  const auto filters = read_filters(call);
  TRY_ASSIGN(const std::size_t asked, call.max_results(5, 100));
  if (names.size() > 100) {
    return fail("InvalidParameterValue",
                fmt::format("The maximum number of instance types is 100, {} were given", names.size()));
  }
  if (!names.empty() && asked != 0) {
    return fail("InvalidParameterCombination",
                "The parameter InstanceTypes cannot be used with the parameter MaxResults");
  }
  TRY_ASSIGN(const auto position, call.position());
  std::vector<const InstanceType*> types;
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    const InstanceType* type = find_instance_type(name);
    if (type != nullptr)
      types.push_back(type);
    else
      missing.push_back(name);
  }
  if (!missing.empty()) {
    return fail("InvalidInstanceType",
                fmt::format("The following supplied instance types do not exist: [{}]", text::join(missing, ", ")));
  }
  if (names.empty()) {
    for (const InstanceType& type : instance_types()) types.push_back(&type);
  }
  for (const Filter& filter : filters) {
    TRY(type_accepted(filter, instance_types().front()));
    std::erase_if(types, [&](const InstanceType* type) { return !*type_accepted(filter, *type); });
  }
  const PagePlan plan = call.next_page(types.size(), position.value_or(0), asked != 0 ? asked : 100);
  const auto [begin, end] = plan.shown(call.fault);
  Xml xml(out);
  xml.open("instanceTypeSet");
  for (std::size_t i = begin; i < end; ++i) append_type(xml, *types[i]);
  xml.close("instanceTypeSet");
  call.append_next(out, plan, plan.end);
  return {};
}

Result<void> describe_regions(Call& call, std::string& out) {
  const auto filters = read_filters(call);
  const auto wanted = call.list("RegionName");
  std::vector<std::pair<std::string, const char*>> rows;
  for (const Region& region : call.world.aws.regions()) rows.emplace_back(region.name, "opt-in-not-required");
  if (call.world.aws.find("us-east-1") == nullptr) rows.emplace_back("us-east-1", "opt-in-not-required");
  if (call.param("AllRegions") == "true") {
    for (const char* name : kNotOptedIn) {
      if (!is_enabled(call.world, name)) rows.emplace_back(name, "not-opted-in");
    }
  }
  std::sort(rows.begin(), rows.end());
  for (const std::string& name : wanted) {
    const bool known = std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.first == name; });
    if (!known) return fail("InvalidParameterValue", fmt::format("Invalid region provided: '{}'", name));
  }
  if (!wanted.empty()) {
    std::erase_if(rows,
                  [&](const auto& row) { return std::find(wanted.begin(), wanted.end(), row.first) == wanted.end(); });
  }
  for (const Filter& filter : filters) {
    if (filter.name != "region-name" && filter.name != "opt-in-status" && filter.name != "endpoint")
      return unknown_filter(filter);
    std::erase_if(rows, [&](const auto& row) {
      if (filter.name == "region-name") return !filter.accepts(row.first);
      if (filter.name == "opt-in-status") return !filter.accepts(row.second);
      return !filter.accepts(fmt::format("ec2.{}.amazonaws.com", row.first));
    });
  }
  Xml xml(out);
  xml.open("regionInfo");
  for (const auto& [name, status] : rows) {
    xml.open("item").leaf("regionName", name).leaf("regionEndpoint", fmt::format("ec2.{}.amazonaws.com", name));
    xml.leaf("optInStatus", status).close("item");
  }
  xml.close("regionInfo");
  return {};
}

Result<void> describe_availability_zones(Call& call, std::string& out) {
  const auto filters = read_filters(call);
  const auto wanted = call.list("ZoneName");
  const std::shared_lock lock(call.world.aws.mutex);
  const Region* found = call.world.aws.find(call.region);
  const Region nothing(call.region, 0, call.world.options.seed);
  const Network network(found != nullptr ? *found : nothing);
  for (const std::string& name : wanted) {
    const bool known = name.size() == call.region.size() + 1 && name.starts_with(call.region) && name.back() >= 'a' &&
                       name.back() < static_cast<char>('a' + kZones);
    if (!known) return fail("InvalidParameterValue", fmt::format("Invalid availability zone: [{}]", name));
  }
  Xml xml(out);
  xml.open("availabilityZoneInfo");
  for (unsigned zone = 0; zone < kZones; ++zone) {
    const std::string name = network.zone_name(zone);
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    bool accepted = true;
    for (const Filter& filter : filters) {
      if (filter.name == "zone-name")
        accepted = accepted && filter.accepts(name);
      else if (filter.name == "zone-id")
        accepted = accepted && filter.accepts(network.zone_id(zone));
      else if (filter.name == "region-name")
        accepted = accepted && filter.accepts(call.region);
      else if (filter.name == "state")
        accepted = accepted && filter.accepts("available");
      else if (filter.name == "zone-type")
        accepted = accepted && filter.accepts("availability-zone");
      else if (filter.name == "opt-in-status")
        accepted = accepted && filter.accepts("opt-in-not-required");
      else
        return unknown_filter(filter);
    }
    if (!accepted) continue;
    xml.open("item").leaf("optInStatus", "opt-in-not-required").empty("messageSet").leaf("regionName", call.region);
    xml.leaf("zoneName", name)
        .leaf("zoneId", network.zone_id(zone))
        .leaf("groupName", call.region)
        .leaf("networkBorderGroup", call.region);
    xml.leaf("zoneType", "availability-zone").leaf("zoneState", "available").close("item");
  }
  xml.close("availabilityZoneInfo");
  return {};
}

Result<void> get_caller_identity(Call& call, std::string& out) {
  const std::string& account = call.world.options.account;
  Xml(out)
      .leaf("Arn", fmt::format("arn:aws:iam::{}:user/cloudsim", account))
      .leaf("UserId", "AIDACLOUDSIMUSER00001")
      .leaf("Account", account);
  return {};
}

}  // namespace maestro::cloudsim::aws
