// Systems: groups of applications that serve one purpose.
#pragma once

#include "model/shared_fields.h"

namespace maestro::model {

namespace system {
inline constexpr Alias kAliases[] = {{"lclients", "clients.name"}};
inline constexpr const char* kRelations[] = {"clients", "entry"};
inline constexpr Field kClients[] = {
    {.name = "name", .doc = "Name of the client.", .type = Type::kString, .need = Need::kAlways, .show = Show::kList},
    {.name = "_id", .doc = "Client.", .type = Type::kObjectId, .show = Show::kList},
};
inline constexpr Field kFields[] = {
    {.name = "name",
     .doc = "Name of the system.",
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
    {.name = "clients",
     .doc = "Clients that it serves.",
     .label = "Clients",
     .type = Type::kArray,
     .show = Show::kSingle,
     .group = Group::kGeneral,
     .of = Type::kObject,
     .unique = true,
     .members = kClients},
    {.name = "entry",
     .doc = "Applications through which it is entered.",
     .label = "Entry points",
     .type = Type::kArray,
     .show = Show::kList,
     .group = Group::kGeneral,
     .of = Type::kObject,
     .unique = true,
     .members = kEntryShape},
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
    shared::shown(Show::kSingle, shared::kActive),
    shared::kCreatedAt,
};
}  // namespace system

inline constexpr Entity kSystem = {
    .name = "system",
    .route = "system",
    .collection = "systems",
    .label = "System",
    .label_plural = "Systems",
    .doc = "Groups of applications that serve one purpose.",
    .links_entries = true,
    .fields = system::kFields,
    .relations = system::kRelations,
    .aliases = system::kAliases,
};

}  // namespace maestro::model
