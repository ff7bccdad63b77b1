// Events: what came of the runs that a schedule started, for people to read beside it.
#pragma once

#include "store/store.h"

namespace maestro::discovery {

/// For the transaction in which a run ends: an event for each schedule of its task, seen by whoever sees the schedule,
/// and by the schedule itself. Nothing for runs that people started.
Result<void> tell_schedules(store::Transaction& tx, store::Store& store, const store::Run& run);

/// Removes up to `limit` events that have been kept long enough; how many.
Result<std::int64_t> expire_events(store::Store& store, const Context& context, Time now, std::size_t limit);

}  // namespace maestro::discovery
