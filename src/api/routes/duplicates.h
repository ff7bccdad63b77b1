// Which fields of a kind are looked at for duplicates.
#pragma once

#include <span>

#include "model/entity.h"

namespace maestro::api {

/// Empty for kinds without such warnings.
std::span<const char* const> watched_fields(const model::Entity& entity);

}  // namespace maestro::api
