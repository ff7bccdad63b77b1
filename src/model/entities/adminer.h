// Options: choices that forms offer, edited by administrators.
#pragma once

#include "model/shared_fields.h"

namespace maestro::model {

namespace adminer {
inline constexpr Field kFields[] = {
    {.name = "key",
     .doc = "Which option it is.",
     .label = "Key",
     .type = Type::kString,
     .need = Need::kAlways,
     .show = Show::kList,
     .index = Index::kEq,
     .list_default = true,
     .max_length = 35},
    {.name = "value", .doc = "The choices.", .label = "Value", .need = Need::kAlways, .show = Show::kList},
    shared::kActive,
    {.name = "created_at",
     .doc = "When it was entered here.",
     .label = "Created",
     .origin = Origin::kServer,
     .group = Group::kProvenance},
    {.name = "entities",
     .doc = "Kept for stored documents of the original.",
     .written = Written::kRefused,
     .show = Show::kList},
};
}  // namespace adminer

inline constexpr Entity kAdminer = {
    .name = "adminer",
    .route = "adminer",
    .collection = "adminer",
    .label = "Option",
    .label_plural = "Options",
    .doc = "Choices that forms offer, edited by administrators.",
    .access = Access::kNone,
    .writes = Writes::kPatch,
    .administered = true,
    .visible_inactive = false,
    .audited = false,
    .has_audit_route = false,
    .shows_updated = false,
    .fields = adminer::kFields,
};

}  // namespace maestro::model
