// ?fields=name,os.base: answers that hold only `_id` and these declared paths.
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "api/violations.h"
#include "store/types.h"

namespace maestro::api {

/// The paths of `fields=`, `_id` first; empty when the call has none. `in_list`: of items that others may see.
std::vector<std::string> read_fields(const json::Object& query, const model::Entity& entity, bool in_list,
                                     Violations& violations);

/// One item of a list as JSON text, with these paths only.
Result<std::string> sparse_item(Call& call, const model::Entity& entity, const store::ListItem& item,
                                const std::vector<std::string>& fields);

/// What GET one answers, reduced to `fields=` of the call when it has any.
Result<json::Object> sparse_one(const Call& call, const model::Entity& entity, json::Object single);

}  // namespace maestro::api
