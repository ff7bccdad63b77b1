// Events: what happened, for people to read; kept for 15 days.
#pragma once

#include "model/shared_fields.h"

namespace maestro::model {

namespace events {
inline constexpr Field kFields[] = {
    {.name = "msg",
     .doc = "What happened.",
     .label = "Message",
     .type = Type::kString,
     .need = Need::kAlways,
     .show = Show::kList,
     .index = Index::kText,
     .group = Group::kGeneral,
     .list_default = true,
     .min_length = 3,
     .max_length = 150},
    {.name = "status",
     .doc = "State of the event.",
     .label = "Status",
     .type = Type::kString,
     .show = Show::kList,
     .index = Index::kEq,
     .group = Group::kGeneral,
     .list_default = true,
     .min_length = 3,
     .max_length = 150},
    {.name = "context",
     .doc = "Where it happened.",
     .label = "Context",
     .type = Type::kString,
     .need = Need::kAlways,
     .show = Show::kList,
     .index = Index::kEq,
     .group = Group::kGeneral,
     .list_default = true,
     .min_length = 3,
     .max_length = 30},
    shared::kRoles,
    shared::kOwner,
    shared::kActive,
    shared::kCreatedAt,
    {.name = "description",
     .doc = "What it is about.",
     .label = "Description",
     .written = Written::kRefused,
     .show = Show::kList,
     .group = Group::kGeneral},
};
}  // namespace events

inline constexpr Entity kEvents = {
    .name = "events",
    .route = "events",
    .collection = "events",
    .label = "Event",
    .label_plural = "Events",
    .doc = "What happened, for people to read; kept for 15 days.",
    .visible_inactive = false,
    .audited = false,
    .has_audit_route = false,
    .kept_days = 15,
    .fields = events::kFields,
};

}  // namespace maestro::model
