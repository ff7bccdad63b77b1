// Clients: whom systems are run for.
#pragma once

#include "model/entity.h"

namespace maestro::model {

namespace clients {
inline constexpr Field kContacts[] = {
    {.name = "channel", .doc = "Mail, telephone, ...", .type = Type::kString, .max_length = 250},
    {.name = "value", .doc = "Address or number.", .type = Type::kString, .max_length = 250},
};
inline constexpr Field kFields[] = {
    {.name = "name",
     .doc = "Name of the client.",
     .label = "Name",
     .type = Type::kString,
     .need = Need::kAlways,
     .show = Show::kList,
     .index = Index::kText,
     .group = Group::kGeneral,
     .list_default = true,
     .min_length = 3,
     .max_length = 30},
    {.name = "description",
     .doc = "What it is about.",
     .label = "Description",
     .type = Type::kString,
     .show = Show::kList,
     .group = Group::kGeneral,
     .list_default = true,
     .max_length = 800},
    {.name = "contacts",
     .doc = "How to reach them.",
     .label = "Contacts",
     .type = Type::kArray,
     .show = Show::kList,
     .group = Group::kGeneral,
     .of = Type::kObject,
     .unique = true,
     .members = kContacts},
    {.name = "owner",
     .doc = "Who it belongs to.",
     .label = "Owner",
     .type = Type::kObject,
     .show = Show::kSingle,
     .origin = Origin::kServer,
     .group = Group::kAccess,
     .members = kOwnerShape},
    {.name = "roles",
     .doc = "Who may see and change it.",
     .label = "Access",
     .type = Type::kArray,
     .show = Show::kSingle,
     .origin = Origin::kServer,
     .group = Group::kAccess,
     .of = Type::kObject,
     .unique_by = "_id",
     .members = kRoleShape},
    {.name = "tags",
     .doc = "Tags.",
     .label = "Tags",
     .type = Type::kArray,
     .show = Show::kList,
     .group = Group::kGeneral,
     .of = Type::kObject,
     .members = kTagShape},
    {.name = "active",
     .doc = "False once deleted.",
     .type = Type::kBoolean,
     .show = Show::kList,
     .origin = Origin::kServer},
    {.name = "created_at",
     .doc = "When it was entered here.",
     .label = "Created",
     .show = Show::kList,
     .index = Index::kRange,
     .origin = Origin::kServer,
     .group = Group::kProvenance},
};
}  // namespace clients

inline constexpr Entity kClients = {
    .name = "clients",
    .route = "clients",
    .collection = "clients",
    .label = "Client",
    .label_plural = "Clients",
    .doc = "Whom systems are run for.",
    .fields = clients::kFields,
};

}  // namespace maestro::model
