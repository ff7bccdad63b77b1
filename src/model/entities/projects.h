// Projects: projects that may hold roles.
#pragma once

#include "model/entity.h"

namespace maestro::model {

namespace projects {
inline constexpr Field kFields[] = {
    {.name = "name",
     .doc = "Name of the project.",
     .label = "Name",
     .type = Type::kString,
     .need = Need::kAlways,
     .show = Show::kList,
     .index = Index::kText,
     .group = Group::kGeneral,
     .list_default = true,
     .min_length = 3,
     .max_length = 30},
    {.name = "roles",
     .doc = "Who may see and change it.",
     .label = "Access",
     .type = Type::kArray,
     .show = Show::kList,
     .origin = Origin::kServer,
     .group = Group::kAccess,
     .of = Type::kObject,
     .unique_by = "_id",
     .members = kRoleShape},
    {.name = "owner",
     .doc = "Who it belongs to.",
     .label = "Owner",
     .type = Type::kObject,
     .show = Show::kList,
     .origin = Origin::kServer,
     .group = Group::kAccess,
     .members = kOwnerShape},
    {.name = "active", .doc = "False once deleted.", .type = Type::kBoolean, .origin = Origin::kServer},
    {.name = "created_at",
     .doc = "When it was entered here.",
     .label = "Created",
     .show = Show::kList,
     .index = Index::kRange,
     .origin = Origin::kServer,
     .group = Group::kProvenance},
};
}  // namespace projects

inline constexpr Entity kProjects = {
    .name = "projects",
    .route = "projects",
    .collection = "projects",
    .label = "Project",
    .label_plural = "Projects",
    .doc = "Projects that may hold roles.",
    .visible_inactive = false,
    .audited = false,
    .has_audit_route = false,
    .autocompletes = true,
    .fields = projects::kFields,
};

}  // namespace maestro::model
