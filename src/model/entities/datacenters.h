// Datacenters: cloud accounts and places that servers run in.
#pragma once

#include "model/entity.h"

namespace maestro::model {

namespace datacenters {
inline constexpr Field kFields[] = {
    {.name = "name", .doc = "Name of the datacenter.", .label = "Name", .type = Type::kString, .need = Need::kOnCreate, .show = Show::kList,
     .index = Index::kText, .group = Group::kGeneral, .list_default = true, .min_length = 3, .max_length = 30},
    {.name = "zones", .doc = "Zones.", .label = "Zones", .type = Type::kArray, .show = Show::kList, .group = Group::kPlacement,
     .list_default = true, .unique = true},
    {.name = "regions", .doc = "Regions.", .label = "Regions", .type = Type::kArray, .show = Show::kList, .group = Group::kPlacement,
     .list_default = true, .unique = true},
    {.name = "provider", .doc = "Provider.", .label = "Provider", .type = Type::kString, .need = Need::kAlways, .show = Show::kList,
     .index = Index::kEq, .group = Group::kPlacement, .list_default = true},
    {.name = "sucessed", .doc = "Has a connection.", .label = "Connected", .type = Type::kBoolean, .show = Show::kList,
     .group = Group::kGeneral, .list_default = true},
    {.name = "reports", .doc = "Reports about it.", .type = Type::kArray, .show = Show::kList},
    {.name = "owner", .doc = "Who it belongs to.", .label = "Owner", .type = Type::kObject, .show = Show::kSingle,
     .origin = Origin::kServer, .group = Group::kAccess, .members = kOwnerShape},
    {.name = "auth", .doc = "How to sign in to its machines.", .label = "Sign-in", .type = Type::kArray, .show = Show::kSingle, .group = Group::kAccess},
    {.name = "roles", .doc = "Who may see and change it.", .label = "Access", .type = Type::kArray, .show = Show::kList,
     .origin = Origin::kServer, .group = Group::kAccess, .of = Type::kObject, .unique_by = "_id", .members = kRoleShape},
    {.name = "metas", .doc = "Further facts.", .label = "More", .show = Show::kList},
    {.name = "active", .doc = "False once deleted.", .type = Type::kBoolean, .show = Show::kList, .origin = Origin::kServer},
    {.name = "created_at", .doc = "When it was entered here.", .label = "Created", .show = Show::kList, .index = Index::kRange,
     .origin = Origin::kServer, .group = Group::kProvenance},
    {.name = "role", .doc = "Kept for stored documents of the original.", .written = Written::kRefused, .show = Show::kList},
    {.name = "tracker", .doc = "Kept for stored documents of the original.", .written = Written::kRefused, .show = Show::kSingle},
};
}  // namespace datacenters

inline constexpr Entity kDatacenters = {
    .name = "datacenters", .route = "datacenters", .collection = "datacenters", .label = "Datacenter", .label_plural = "Datacenters",
    .doc = "Cloud accounts and places that resources run in.", .fields = datacenters::kFields,
};

}  // namespace maestro::model
