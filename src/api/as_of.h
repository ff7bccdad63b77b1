// ?as_of=: documents as they were.
#pragma once

#include <optional>

#include "api/list_query.h"

namespace maestro::api {

/// The instant of `as_of=`, in the forms of filter times; nullopt without it. 422 for what is no time and for the
/// future.
Result<std::optional<Time>> read_as_of(const Call& call);
/// 422 where a route shows today only, rather than today for the past.
Result<void> refuse_as_of(const Call& call);

/// GET one as of an instant: the document with `_as_of` (the instant) and `_exact` (every change was found as history
/// tells it).
Result<Answer> past_one(Call& call, const ObjectId& id, Time instant);
/// GET list and count as of an instant. 422 for another order than updated_at, for cursors, `fields` and `columns`, and
/// beyond the bounds of Inventory::list_as_of().
Result<Answer> past_list(Call& call, Time instant);
Result<Answer> past_count(Call& call, Time instant);

}  // namespace maestro::api
