// Services: catalogue of software that runs on servers.
#pragma once

#include "model/shared_fields.h"

namespace maestro::model {

namespace services {
inline constexpr Field kFields[] = {
    {.name = "name",
     .doc = "Name of the service.",
     .label = "Name",
     .type = Type::kString,
     .need = Need::kAlways,
     .show = Show::kList,
     .index = Index::kText,
     .group = Group::kGeneral,
     .list_default = true,
     .max_length = 180},
    {.name = "family",
     .doc = "What kind of service it is.",
     .label = "Family",
     .type = Type::kArray,
     .need = Need::kAlways,
     .show = Show::kList,
     .group = Group::kGeneral,
     .list_default = true,
     .unique = true},
    {.name = "tags",
     .doc = "Tags.",
     .label = "Tags",
     .type = Type::kArray,
     .show = Show::kList,
     .group = Group::kGeneral,
     .list_default = true,
     .max_length = 32,
     .of = Type::kString,
     .unique = true},
    {.name = "owner",
     .doc = "Whether its vendor hosts it; else one runs it oneself.",
     .label = "Hosted by its vendor",
     .type = Type::kBoolean,
     .written = Written::kOnce,
     .show = Show::kList,
     .group = Group::kAccess},
    shared::shown(Show::kList, shared::kActive),
    {.name = "created_at",
     .doc = "When it was entered here.",
     .label = "Created",
     .origin = Origin::kServer,
     .group = Group::kProvenance},
};
}  // namespace services

inline constexpr Entity kServices = {
    .name = "services",
    .route = "services",
    .collection = "services",
    .label = "Service",
    .label_plural = "Services",
    .doc = "Catalogue of software that runs on servers.",
    .access = Access::kNone,
    .administered = true,
    .visible_inactive = false,
    .audited = false,
    .has_audit_route = false,
    .shows_updated = false,
    .fields = services::kFields,
};

}  // namespace maestro::model
