// Projects: projects that may hold roles.
#pragma once

#include "model/shared_fields.h"

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
    shared::shown(Show::kList, shared::kRoles),
    shared::shown(Show::kList, shared::kOwner),
    shared::kActive,
    shared::kCreatedAt,
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
