// Fields and shapes that several entities share.
#pragma once

#include "model/entity.h"

namespace maestro::model {

inline constexpr const char* kRefs[] = {"users", "teams", "projects", "organization"};
inline constexpr const char* kRoleWords[] = {"1", "3", "7"};
inline constexpr Field kRoleShape[] = {
    {.name = "_id", .doc = "User or team that holds the role.", .type = Type::kObjectId},
    {.name = "role",
     .doc = "1 reads, 3 writes, 7 administers.",
     .type = Type::kNumber,
     .need = Need::kAlways,
     .one_of = kRoleWords},
    {.name = "refs", .doc = "Kind of the holder.", .type = Type::kString, .need = Need::kAlways, .one_of = kRefs},
    {.name = "name", .doc = "Name of the holder when the role was given.", .type = Type::kString, .max_length = 100},
    {.name = "email",
     .doc = "Mail address of the holder when the role was given.",
     .type = Type::kEmail,
     .max_length = 250},
};
inline constexpr Field kOwnerShape[] = {
    {.name = "name", .doc = "Name of the owner.", .type = Type::kString, .max_length = 100},
    {.name = "email", .doc = "Mail address of the owner.", .type = Type::kEmail},
    {.name = "_id", .doc = "User or team that owns it.", .type = Type::kObjectId},
    {.name = "refs", .doc = "Kind of the owner.", .type = Type::kString},
};
inline constexpr Field kEntryShape[] = {
    {.name = "name", .doc = "Name of the linked document.", .type = Type::kString, .max_length = 250},
    {.name = "family", .doc = "Family of the linked application.", .type = Type::kString},
    {.name = "_id", .doc = "Linked document.", .type = Type::kObjectId, .need = Need::kAlways},
    {.name = "endpoint", .doc = "Where the link connects.", .type = Type::kAny},
    {.name = "environment", .doc = "Environment of the link.", .type = Type::kString},
};
inline constexpr Field kEntityShape[] = {
    {.name = "name", .doc = "Name of the linked document.", .type = Type::kString, .need = Need::kAlways},
    {.name = "_id", .doc = "Linked document.", .type = Type::kObjectId},
};
inline constexpr Field kTagShape[] = {
    {.name = "key", .doc = "Tag key.", .type = Type::kString, .max_length = 100},
    {.name = "value", .doc = "Tag value.", .type = Type::kString, .max_length = 100},
};

namespace shared {
/// The same field, shown elsewhere.
constexpr Field shown(Show where, Field field) {
  field.show = where;
  return field;
}

inline constexpr Field kCreatedAt = {.name = "created_at",
                                     .doc = "When it was entered here.",
                                     .label = "Created",
                                     .show = Show::kList,
                                     .index = Index::kRange,
                                     .origin = Origin::kServer,
                                     .group = Group::kProvenance};
inline constexpr Field kRoles = {.name = "roles",
                                 .doc = "Who may see and change it.",
                                 .label = "Access",
                                 .type = Type::kArray,
                                 .show = Show::kSingle,
                                 .origin = Origin::kServer,
                                 .group = Group::kAccess,
                                 .of = Type::kObject,
                                 .unique_by = "_id",
                                 .members = kRoleShape};
inline constexpr Field kOwner = {.name = "owner",
                                 .doc = "Who it belongs to.",
                                 .label = "Owner",
                                 .type = Type::kObject,
                                 .show = Show::kSingle,
                                 .origin = Origin::kServer,
                                 .group = Group::kAccess,
                                 .members = kOwnerShape};
inline constexpr Field kActive = {
    .name = "active", .doc = "False once deleted.", .type = Type::kBoolean, .origin = Origin::kServer};
inline constexpr Field kTags = {.name = "tags",
                                .doc = "Tags.",
                                .label = "Tags",
                                .type = Type::kArray,
                                .show = Show::kList,
                                .origin = Origin::kDiscovery,
                                .group = Group::kGeneral,
                                .of = Type::kObject,
                                .members = kTagShape};

// Members of `datacenters`: where something runs.
inline constexpr Field kDatacenterId = {.name = "_id",
                                        .doc = "Datacenter document.",
                                        .label = "Datacenter id",
                                        .type = Type::kString,
                                        .index = Index::kEq,
                                        .origin = Origin::kDiscovery,
                                        .group = Group::kPlacement};
inline constexpr Field kDatacenterName = {.name = "name",
                                          .doc = "Name of the datacenter.",
                                          .label = "Datacenter",
                                          .type = Type::kString,
                                          .index = Index::kEq,
                                          .origin = Origin::kDiscovery,
                                          .group = Group::kPlacement,
                                          .list_default = true};
inline constexpr Field kProvider = {.name = "provider",
                                    .doc = "Provider of the datacenter.",
                                    .label = "Provider",
                                    .type = Type::kString,
                                    .index = Index::kEq,
                                    .origin = Origin::kDiscovery,
                                    .group = Group::kPlacement};
inline constexpr Field kRegion = {.name = "region",
                                  .doc = "Region.",
                                  .label = "Region",
                                  .type = Type::kString,
                                  .index = Index::kEq,
                                  .origin = Origin::kDiscovery,
                                  .group = Group::kPlacement,
                                  .list_default = true};
inline constexpr Field kZone = {.name = "zone",
                                .doc = "Availability zone.",
                                .label = "Zone",
                                .type = Type::kString,
                                .index = Index::kEq,
                                .origin = Origin::kDiscovery,
                                .group = Group::kPlacement};
}  // namespace shared

}  // namespace maestro::model
