// Users: people who sign in.
#pragma once

#include "model/entity.h"

namespace maestro::model {

namespace users {
inline constexpr Field kFields[] = {
    {.name = "name", .doc = "Short name.", .label = "Name", .type = Type::kString, .need = Need::kOnCreate, .show = Show::kList,
     .index = Index::kText, .group = Group::kGeneral, .list_default = true, .min_length = 3, .max_length = 30},
    {.name = "email", .doc = "Mail address; signs in with it.", .label = "Email", .type = Type::kEmail, .need = Need::kOnCreate,
     .show = Show::kList, .index = Index::kText, .group = Group::kGeneral, .list_default = true},
    {.name = "password", .doc = "Write-only.", .type = Type::kString, .need = Need::kOnCreate, .min_length = 4, .max_length = 30},
    {.name = "active", .doc = "False once deleted.", .type = Type::kBoolean, .written = Written::kDropped, .origin = Origin::kServer},
    {.name = "fullname", .doc = "Full name.", .label = "Full name", .type = Type::kString, .show = Show::kList, .group = Group::kGeneral},
    {.name = "phone", .doc = "Telephone.", .label = "Phone", .type = Type::kString, .show = Show::kSingle, .group = Group::kGeneral},
    {.name = "company", .doc = "Company.", .label = "Company", .type = Type::kString, .show = Show::kSingle, .group = Group::kGeneral},
    {.name = "avatar", .doc = "File name of the picture.", .type = Type::kString, .show = Show::kList},
    {.name = "job", .doc = "Job.", .label = "Job", .type = Type::kString, .show = Show::kSingle, .group = Group::kGeneral},
    {.name = "country", .doc = "Country.", .label = "Country", .type = Type::kObject, .show = Show::kSingle, .group = Group::kGeneral, .open = true},
    {.name = "city", .doc = "City.", .label = "City", .type = Type::kString, .show = Show::kSingle, .group = Group::kGeneral},
    {.name = "address", .doc = "Address.", .label = "Address", .type = Type::kString, .show = Show::kSingle, .group = Group::kGeneral},
};
}  // namespace users

inline constexpr Entity kUsers = {
    .name = "users", .route = "users", .collection = "users", .label = "User", .label_plural = "Users",
    .doc = "People who sign in.", .access = Access::kNone, .visible_inactive = false, .has_roles_routes = false, .shows_owner = false,
    .fields = users::kFields,
};

}  // namespace maestro::model
