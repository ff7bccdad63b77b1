// The filter grammar of lists: field[op]=value, or[0][field][op]=value, not[field][op]=value (docs/api.md).
#pragma once

#include "api/filter_values.h"
#include "api/violations.h"
#include "json/json.h"
#include "model/entity.h"
#include "store/types.h"

namespace maestro::api {

/// Bounds of one request.
inline constexpr std::size_t kMaxConditions = 100;  ///< each value of [contains], [within] ... is one of its own
inline constexpr std::size_t kMaxGroups = 20;
inline constexpr std::size_t kMaxListed = 500;  ///< values of one [eq], [in] ...
inline constexpr std::size_t kMaxRegexes = 10;  ///< a short pattern may need megabytes once compiled

/// True for the parameters of lists that are no fields ("limit", "sort", "or" ...).
bool is_list_parameter(std::string_view name);

/// The conditions of a nested query (http::parse_nested) that are written with brackets, all to be met; plain keys are
/// left to the caller. What breaks a rule goes to `violations`, and the filter is then not to be used.
/// An operator that begins with '$' was the database's own once: it matches nothing, negated or not.
store::Filter read_filters(const json::Object& query, const model::Entity& entity, Moment& moment,
                           Violations& violations);

}  // namespace maestro::api
