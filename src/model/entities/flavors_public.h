// Public flavors: the catalogue of machine sizes that comes with the product; everybody reads it, nobody writes it.
#pragma once

#include "model/entities/flavors.h"

namespace maestro::model {

inline constexpr Entity kFlavorsPublic = {
    .name = "flavorsPublic",
    .route = "flavors_public",
    .collection = "flavors_public",
    .label = "Public flavor",
    .label_plural = "Public flavors",
    .doc = "Machine sizes that providers offer to everybody.",
    .access = Access::kNone,
    .writes = Writes::kNothing,
    .administered = true,
    .audited = false,
    .has_audit_route = false,
    .fields = flavors::kFields,
    .relations = flavors::kRelations,
};

}  // namespace maestro::model
