// Connections: how to reach a cloud account, and what of it to discover.
#pragma once

#include "model/entity.h"

namespace maestro::model {

namespace connections {
inline constexpr const char* kRelations[] = {"owner_user"};
inline constexpr Field kFields[] = {
    {.name = "conn", .doc = "Signed envelope of the public values; secrets are write-only and shown as ********.", .label = "Credentials",
     .type = Type::kString, .need = Need::kAlways, .show = Show::kList, .group = Group::kAccess, .max_length = 10800},
    {.name = "name", .doc = "Name of the connection.", .label = "Name", .type = Type::kString, .need = Need::kAlways, .show = Show::kList,
     .index = Index::kText, .group = Group::kGeneral, .list_default = true, .max_length = 4050},
    {.name = "url", .doc = "Endpoint instead of the provider's own; the Keystone URL of OpenStack.", .label = "Endpoint",
     .type = Type::kString, .show = Show::kList, .group = Group::kNetwork, .max_length = 250},
    {.name = "project", .doc = "OpenStack project.", .label = "Project", .type = Type::kString, .show = Show::kList,
     .group = Group::kPlacement, .max_length = 250},
    {.name = "method", .doc = "Kept for stored documents of the original.", .type = Type::kString, .written = Written::kDropped, .max_length = 250},
    {.name = "status", .doc = "Only an enabled connection is discovered by schedule.", .label = "Status", .type = Type::kString,
     .need = Need::kAlways, .show = Show::kList, .index = Index::kEq, .group = Group::kGeneral, .list_default = true, .fallback = "\"enabled\""},
    {.name = "roles", .doc = "Who may see and change it; copied onto what it discovers.", .label = "Access", .type = Type::kArray,
     .show = Show::kList, .origin = Origin::kServer, .group = Group::kAccess, .of = Type::kObject, .unique_by = "_id", .members = kRoleShape},
    {.name = "dc", .doc = "Name of the datacenter.", .label = "Datacenter", .type = Type::kString, .need = Need::kAlways, .show = Show::kList,
     .index = Index::kEq, .group = Group::kPlacement, .list_default = true, .max_length = 150},
    {.name = "provider", .doc = "Provider.", .label = "Provider", .type = Type::kString, .need = Need::kAlways, .show = Show::kList,
     .index = Index::kEq, .group = Group::kPlacement, .list_default = true, .max_length = 30},
    {.name = "service", .doc = "Way to sign in.", .label = "Method", .type = Type::kString, .need = Need::kAlways, .show = Show::kList,
     .group = Group::kAccess, .max_length = 30},
    {.name = "regions", .doc = "Regions to discover.", .label = "Regions", .type = Type::kArray, .need = Need::kAlways, .show = Show::kList,
     .group = Group::kPlacement, .list_default = true, .unique = true},
    {.name = "dc_id", .doc = "Datacenter document.", .label = "Datacenter id", .type = Type::kString, .need = Need::kAlways,
     .show = Show::kList, .index = Index::kEq, .group = Group::kPlacement, .max_length = 250},
    {.name = "user_domain_id", .doc = "OpenStack domain of the user.", .label = "User domain", .type = Type::kString, .show = Show::kList,
     .group = Group::kAccess, .max_length = 250},
    {.name = "api_version", .doc = "OpenStack identity API version.", .label = "API version", .type = Type::kString, .show = Show::kList,
     .group = Group::kAccess, .max_length = 5},
    {.name = "tab", .doc = "Tab of the form that it was made with.", .type = Type::kNumber, .show = Show::kList, .max = 3, .has_min = true,
     .fallback = "0"},
    {.name = "owner", .doc = "Who it belongs to.", .label = "Owner", .type = Type::kObject, .show = Show::kSingle,
     .origin = Origin::kServer, .group = Group::kAccess, .members = kOwnerShape},
    {.name = "owner_user", .doc = "On whose behalf its resources are written.", .type = Type::kObject, .show = Show::kList,
     .origin = Origin::kServer, .members = kRoleShape},
    {.name = "process", .doc = "State of each task, as the original's client reads it.", .show = Show::kSingle, .origin = Origin::kServer},
    {.name = "active", .doc = "False once deleted.", .type = Type::kBoolean, .show = Show::kList, .origin = Origin::kServer},
    {.name = "created_at", .doc = "When it was entered here.", .label = "Created", .show = Show::kList, .index = Index::kRange,
     .origin = Origin::kServer, .group = Group::kProvenance},
    {.name = "auth_api", .doc = "Kept for stored documents of the original.", .written = Written::kRefused, .show = Show::kList},
    {.name = "translate_api", .doc = "Kept for stored documents of the original.", .written = Written::kRefused, .show = Show::kList},
};
}  // namespace connections

inline constexpr Entity kConnections = {
    .name = "connections", .route = "connections", .collection = "connections", .label = "Connection", .label_plural = "Connections",
    .doc = "How to reach a cloud account, and what of it to discover.", .audited = false, .has_audit_route = false,
    .fields = connections::kFields, .relations = connections::kRelations, .defaults = R"({"status":"enabled"})",
};

}  // namespace maestro::model
