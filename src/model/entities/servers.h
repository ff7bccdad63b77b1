// Servers: virtual and physical machines.
#pragma once

#include "model/entity.h"

namespace maestro::model {

namespace servers {
inline constexpr const char* kServiceStatus[] = {"Active", "Avaliable", "Stopped"};
inline constexpr Field kOs[] = {
    {.name = "base", .doc = "Operating system family.", .label = "OS", .type = Type::kString, .show = Show::kList,
     .index = Index::kEq, .origin = Origin::kDiscovery, .group = Group::kSoftware, .list_default = true, .max_length = 40},
    {.name = "dist", .doc = "Distribution or edition.", .label = "Distribution", .type = Type::kString, .show = Show::kList,
     .origin = Origin::kDiscovery, .group = Group::kSoftware, .max_length = 40},
    {.name = "version", .doc = "Version of the distribution.", .label = "OS version", .type = Type::kString, .group = Group::kSoftware},
    {.name = "file_path", .doc = "File that the version was read from.", .type = Type::kString},
    {.name = "variety", .doc = "Variety of the distribution.", .type = Type::kString},
    {.name = "major_version", .doc = "Major version.", .type = Type::kString},
};
inline constexpr Field kStorage[] = {
    {.name = "name", .doc = "Name of the disk.", .type = Type::kString, .max_length = 100},
    {.name = "device_name", .doc = "Device inside the machine.", .type = Type::kString, .max_length = 100},
    {.name = "size", .doc = "Size.", .type = Type::kNumber, .unit = "GiB", .positive = true, .max = 99924},
    {.name = "root", .doc = "Whether it is the root disk.", .type = Type::kString, .max_length = 10},
    {.name = "status", .doc = "State of the attachment.", .type = Type::kString, .max_length = 10},
    {.name = "volume_id", .doc = "Id of the volume.", .type = Type::kString, .max_length = 35},
    {.name = "unique_id", .doc = "The provider's id of the volume.", .type = Type::kStringOrNumber},
    {.name = "attach_time", .doc = "When it was attached.", .type = Type::kString, .max_length = 30},
    {.name = "mount", .doc = "Mount point.", .type = Type::kString, .max_length = 100},
    {.name = "ftype", .doc = "File system.", .type = Type::kString, .max_length = 100},
    {.name = "lvm", .doc = "Managed by LVM.", .type = Type::kBoolean},
    {.name = "pv", .doc = "Physical volume.", .type = Type::kString, .max_length = 100},
    {.name = "vg", .doc = "Volume group.", .type = Type::kString, .max_length = 100},
    {.name = "storage_account_type", .doc = "Storage class.", .type = Type::kString},
    {.name = "write_accelerator_enabled", .doc = "Write accelerator."},
    {.name = "create_option", .doc = "How the disk was made.", .type = Type::kString, .max_length = 100},
    {.name = "vhd", .doc = "Virtual hard disk.", .type = Type::kString},
    {.name = "diff_disk_settings", .doc = "Ephemeral disk settings.", .type = Type::kString},
    {.name = "delete_termination", .doc = "Deleted together with the server."},
    {.name = "partitions", .doc = "Partitions.", .type = Type::kArray},
    {.name = "mounts", .doc = "Mounts.", .type = Type::kArray},
};
inline constexpr Field kServices[] = {
    {.name = "name", .doc = "Name of the service.", .type = Type::kString},
    {.name = "status", .doc = "State of the service.", .type = Type::kString, .one_of = kServiceStatus, .fallback = "\"Active\""},
    {.name = "version", .doc = "Version of the service.", .type = Type::kString},
    {.name = "configs", .doc = "Configuration.", .type = Type::kObject, .open = true},
    {.name = "setup", .doc = "Setup.", .type = Type::kObject, .open = true},
};
inline constexpr Field kAuth[] = {
    {.name = "name", .doc = "Name of the key or account.", .type = Type::kString, .show = Show::kList, .max_length = 100},
    {.name = "type", .doc = "Kind of sign-in.", .type = Type::kString, .show = Show::kList, .max_length = 100},
    {.name = "username", .doc = "Account on the machine.", .type = Type::kString, .show = Show::kList, .max_length = 100},
    {.name = "key", .doc = "Name of the key.", .type = Type::kString},
};
inline constexpr Field kApplications[] = {
    {.name = "_id", .doc = "Linked application.", .type = Type::kObjectId, .need = Need::kAlways, .show = Show::kList},
    {.name = "name", .doc = "Name of the application.", .type = Type::kString, .show = Show::kList, .max_length = 250},
    {.name = "family", .doc = "Family of the application.", .type = Type::kString, .show = Show::kList},
    {.name = "endpoint", .doc = "Where the link connects."},
    {.name = "environment", .doc = "Environment of the link.", .type = Type::kString},
};
inline constexpr Field kDatacenters[] = {
    {.name = "_id", .doc = "Datacenter document.", .label = "Datacenter id", .type = Type::kString, .show = Show::kList,
     .index = Index::kEq, .origin = Origin::kDiscovery, .group = Group::kPlacement},
    {.name = "name", .doc = "Name of the datacenter.", .label = "Datacenter", .type = Type::kString, .show = Show::kList,
     .index = Index::kEq, .origin = Origin::kDiscovery, .group = Group::kPlacement, .list_default = true},
    {.name = "provider", .doc = "Provider of the datacenter.", .label = "Provider", .type = Type::kString, .index = Index::kEq,
     .origin = Origin::kDiscovery, .group = Group::kPlacement},
    {.name = "region", .doc = "Region.", .label = "Region", .type = Type::kString, .show = Show::kList, .index = Index::kEq,
     .origin = Origin::kDiscovery, .group = Group::kPlacement, .list_default = true},
    {.name = "zone", .doc = "Availability zone.", .label = "Zone", .type = Type::kString, .show = Show::kList,
     .index = Index::kEq, .origin = Origin::kDiscovery, .group = Group::kPlacement},
    {.name = "type", .doc = "Virtual or physical.", .label = "Type", .type = Type::kString, .origin = Origin::kDiscovery, .group = Group::kPlacement},
    {.name = "instance", .doc = "Instance type or flavor.", .label = "Instance type", .type = Type::kString, .index = Index::kEq,
     .origin = Origin::kDiscovery, .group = Group::kHardware, .list_default = true},
    {.name = "instance_id", .doc = "The provider's id of the instance.", .label = "Instance id", .type = Type::kString,
     .show = Show::kList, .index = Index::kText, .origin = Origin::kDiscovery, .group = Group::kPlacement},
    {.name = "image_id", .doc = "Image that it was started from.", .label = "Image id", .type = Type::kString, .origin = Origin::kDiscovery, .group = Group::kPlacement},
    {.name = "subnet_id", .doc = "Subnet of the first interface.", .label = "Subnet", .type = Type::kString, .origin = Origin::kDiscovery, .group = Group::kNetwork},
};
inline constexpr Alias kAliases[] = {
    {"datacenters", "datacenters.name"}, {"ldatacenters", "datacenters.name"}, {"application", "applications.name"},
    {"lapplication", "applications.name"}, {"os", "os.base"}, {"auth", "auth.type"}, {"user", "auth.username"}, {"_id", "id"},
};
inline constexpr const char* kRelations[] = {"applications", "datacenters"};
inline constexpr const char* kStatus[] = {"Active", "Avaliable", "Stopped"};

inline constexpr Field kFields[] = {
    {.name = "name", .doc = "Name of the server.", .label = "Name", .type = Type::kString, .need = Need::kAlways, .show = Show::kList,
     .index = Index::kText, .group = Group::kGeneral, .list_default = true, .max_length = 100},
    {.name = "hostname", .doc = "Host name.", .label = "Hostname", .type = Type::kString, .show = Show::kList, .index = Index::kText,
     .group = Group::kGeneral, .max_length = 100},
    {.name = "ipv4_private", .doc = "Private address.", .label = "Private IP", .type = Type::kIp, .show = Show::kList,
     .index = Index::kText, .origin = Origin::kDiscovery, .group = Group::kNetwork, .list_default = true},
    {.name = "ipv4_public", .doc = "Public address.", .label = "Public IP", .type = Type::kIp, .show = Show::kList,
     .index = Index::kText, .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "os", .doc = "Operating system.", .label = "Operating system", .type = Type::kObject, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kSoftware, .members = kOs},
    {.name = "cpu", .doc = "Virtual processors.", .label = "CPU", .type = Type::kNumber, .show = Show::kSingle, .index = Index::kRange,
     .origin = Origin::kDiscovery, .group = Group::kHardware, .unit = "vCPU", .positive = true, .max = 1024},
    {.name = "memory", .doc = "Main memory.", .label = "Memory", .type = Type::kNumber, .show = Show::kSingle, .index = Index::kRange,
     .origin = Origin::kDiscovery, .group = Group::kHardware, .unit = "GiB", .positive = true, .max = 1024},
    {.name = "storage", .doc = "Disks.", .label = "Storage", .type = Type::kArray, .show = Show::kSingle, .origin = Origin::kDiscovery,
     .group = Group::kHardware, .of = Type::kObject, .unique_by = "name", .members = kStorage},
    {.name = "services", .doc = "Services that run on it.", .label = "Services", .type = Type::kArray, .show = Show::kList,
     .group = Group::kSoftware, .of = Type::kObject, .members = kServices},
    {.name = "role", .doc = "What it is for.", .label = "Role", .type = Type::kString, .show = Show::kList, .index = Index::kEq,
     .group = Group::kGeneral},
    {.name = "auth", .doc = "How to sign in to it.", .label = "Sign-in", .type = Type::kArray, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kAccess, .of = Type::kObject, .members = kAuth},
    {.name = "roles", .doc = "Who may see and change it.", .label = "Access", .type = Type::kArray, .show = Show::kSingle,
     .origin = Origin::kServer, .group = Group::kAccess, .of = Type::kObject, .unique_by = "_id", .members = kRoleShape},
    {.name = "applications", .doc = "Applications that run on it.", .label = "Applications", .type = Type::kArray, .show = Show::kSingle,
     .group = Group::kGeneral, .of = Type::kObject, .unique = true, .members = kApplications},
    {.name = "tags", .doc = "Tags.", .label = "Tags", .type = Type::kArray, .show = Show::kList, .origin = Origin::kDiscovery,
     .group = Group::kGeneral, .of = Type::kObject, .members = kTagShape},
    {.name = "dns_public", .doc = "Public DNS name.", .label = "Public DNS", .type = Type::kString, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "dns_private", .doc = "Private DNS name.", .label = "Private DNS", .type = Type::kString, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "image", .doc = "Image that it was made from.", .label = "Image", .type = Type::kObject, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kSoftware, .open = true},
    {.name = "backup_ids", .doc = "Backups.", .type = Type::kArray, .show = Show::kSingle, .origin = Origin::kDiscovery},
    {.name = "next_backup_window", .doc = "Next backup.", .show = Show::kSingle, .origin = Origin::kDiscovery},
    {.name = "snapshot_ids", .doc = "Snapshots.", .type = Type::kArray, .show = Show::kSingle, .origin = Origin::kDiscovery},
    {.name = "network_interface", .doc = "Network interfaces.", .label = "Interfaces", .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "devices", .doc = "Devices.", .written = Written::kDropped, .origin = Origin::kDiscovery, .group = Group::kHardware},
    {.name = "env_vars", .doc = "Environment variables.", .show = Show::kSingle, .origin = Origin::kDiscovery, .group = Group::kSoftware},
    {.name = "dns", .doc = "Resolver settings.", .label = "DNS", .show = Show::kSingle, .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "network_lo", .doc = "Loopback interface.", .show = Show::kSingle, .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "ipv4_all", .doc = "Every IPv4 address.", .label = "All IPv4", .show = Show::kSingle, .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "ipv6_all", .doc = "Every IPv6 address.", .label = "All IPv6", .show = Show::kSingle, .origin = Origin::kDiscovery, .group = Group::kNetwork},
    {.name = "service_mgr", .doc = "Service manager.", .label = "Service manager", .type = Type::kString, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kSoftware},
    {.name = "pkg_mgr", .doc = "Package manager.", .label = "Package manager", .type = Type::kString, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kSoftware},
    {.name = "checksum", .doc = "Fingerprint of the original's discovery; \"tombstone\" after a person replaced the document.",
     .type = Type::kString, .show = Show::kSingle, .origin = Origin::kUser},
    {.name = "unique_id", .doc = "The provider's id.", .label = "Provider id", .type = Type::kStringOrNumber, .show = Show::kSingle,
     .index = Index::kText, .origin = Origin::kDiscovery, .group = Group::kProvenance},
    {.name = "datacenters", .doc = "Where it runs.", .label = "Placement", .type = Type::kObject, .show = Show::kSingle,
     .origin = Origin::kDiscovery, .group = Group::kPlacement, .members = kDatacenters, .open = true},
    {.name = "environment", .doc = "Environment: production, staging ...", .label = "Environment", .type = Type::kString,
     .show = Show::kList, .index = Index::kEq, .group = Group::kGeneral, .list_default = true},
    {.name = "status", .doc = "State of the machine.", .label = "Status", .type = Type::kString, .show = Show::kSingle,
     .index = Index::kEq, .origin = Origin::kDiscovery, .group = Group::kGeneral, .list_default = true, .fallback = "\"Active\""},
    {.name = "active", .doc = "False once it is gone or deleted.", .type = Type::kBoolean, .show = Show::kSingle, .origin = Origin::kServer},
    {.name = "metas", .doc = "Further facts from its source.", .label = "More", .show = Show::kSingle, .origin = Origin::kDiscovery},
    {.name = "owner", .doc = "Who it belongs to.", .label = "Owner", .type = Type::kObject, .show = Show::kSingle,
     .origin = Origin::kServer, .group = Group::kAccess, .members = kOwnerShape},
    {.name = "created_at", .doc = "When the provider made it, or when it was entered here.", .label = "Created", .written = Written::kDropped,
     .show = Show::kList, .index = Index::kRange, .origin = Origin::kServer, .group = Group::kProvenance},
    {.name = "ebs_optimized", .doc = "Has its own bandwidth to block storage.", .label = "EBS optimized", .type = Type::kBoolean,
     .written = Written::kDropped, .origin = Origin::kDiscovery, .group = Group::kHardware},
    {.name = "accountant", .doc = "Connections that see it now.", .label = "Seen by", .type = Type::kArray, .written = Written::kRefused,
     .show = Show::kSingle, .origin = Origin::kServer, .group = Group::kProvenance},
    {.name = "meta", .doc = "Kept for stored documents of the original.", .written = Written::kRefused, .show = Show::kSingle},
};
}  // namespace servers

inline constexpr Entity kServers = {
    .name = "servers", .route = "servers", .collection = "servers", .label = "Server", .label_plural = "Servers",
    .doc = "Virtual and physical machines, discovered or entered by hand.", .tombstone_on_put = true, .identity = "unique_id",
    .legacy_identity = "datacenters.instance_id", .fields = servers::kFields, .relations = servers::kRelations,
    .aliases = servers::kAliases,
};

}  // namespace maestro::model
