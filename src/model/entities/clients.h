// Clients: whom systems are run for.
#pragma once

#include "model/shared_fields.h"

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
    shared::kOwner,
    shared::kRoles,
    {.name = "tags",
     .doc = "Tags.",
     .label = "Tags",
     .type = Type::kArray,
     .show = Show::kList,
     .group = Group::kGeneral,
     .of = Type::kObject,
     .members = kTagShape},
    shared::shown(Show::kList, shared::kActive),
    shared::kCreatedAt,
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
