// The catalog of providers in the words of the original's clients: forms, permissions, task names.
#pragma once

#include "json/json.h"
#include "provider/provider.h"

namespace maestro::provider {

/// One tile of the provider choice: {icon, label, method}.
json::Object original_tile(const Provider& provider);
/// The complete form: {icon, label, method, dc, data: [{label, service, template: {intro, dc, conn, extra}}]}.
json::Object original_form(const Provider& provider);
/// {<task>: [{..., init_job: true}]}: one command a resource.
json::Object original_permissions(const Packs& packs, const Provider& provider);

}  // namespace maestro::provider
