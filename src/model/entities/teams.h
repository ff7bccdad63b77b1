// Teams: people who work as one; documents belong to a team as to a person.
#pragma once

#include "model/shared_fields.h"

namespace maestro::model {

namespace teams {
inline constexpr Field kFields[] = {
    {.name = "name",
     .doc = "Name of the team.",
     .label = "Name",
     .type = Type::kString,
     .need = Need::kAlways,
     .show = Show::kList,
     .index = Index::kText,
     .group = Group::kGeneral,
     .list_default = true,
     .min_length = 3,
     .max_length = 30},
    {.name = "email",
     .doc = "Mail address of the team.",
     .label = "Email",
     .type = Type::kEmail,
     .show = Show::kList,
     .index = Index::kText,
     .group = Group::kGeneral,
     .list_default = true},
    {.name = "url",
     .doc = "Where the team tells about itself.",
     .label = "Page",
     .type = Type::kUri,
     .show = Show::kList,
     .group = Group::kGeneral,
     .list_default = true},
    {.name = "avatar",
     .doc = "File name of the picture.",
     .label = "Picture",
     .type = Type::kString,
     .show = Show::kList,
     .group = Group::kGeneral,
     .min_length = 3,
     .max_length = 200},
    {.name = "members",
     .doc = "Who acts as the team: 1 reads, 3 writes, 7 administers.",
     .label = "Members",
     .type = Type::kArray,
     .show = Show::kList,
     .origin = Origin::kServer,
     .group = Group::kAccess,
     .of = Type::kObject,
     .unique_by = "_id",
     .members = kRoleShape},
    {.name = "owner",
     .doc = "Who made it.",
     .label = "Owner",
     .type = Type::kObject,
     .show = Show::kList,
     .origin = Origin::kServer,
     .group = Group::kAccess,
     .members = kOwnerShape},
    {.name = "active",
     .doc = "False once deleted.",
     .type = Type::kBoolean,
     .written = Written::kDropped,
     .origin = Origin::kServer},
};
}  // namespace teams

inline constexpr Entity kTeams = {
    .name = "teams",
    .route = "teams",
    .collection = "teams",
    .label = "Team",
    .label_plural = "Teams",
    .doc = "People who work as one, with roles of their own on documents.",
    .access = Access::kMembers,
    .visible_inactive = false,
    .autocompletes = true,
    .fields = teams::kFields,
};

}  // namespace maestro::model
