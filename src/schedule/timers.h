// Timers: when the task of a connection is due, as arithmetic.
#pragma once

#include <string_view>
#include <vector>

#include "provider/provider.h"
#include "schedule/documents.h"
#include "store/types.h"

namespace maestro::schedule {

/// Milliseconds of {every, period}; 0 when the period is no known word or `every` is not in 1..1024.
Millis interval(int every, std::string_view period);
Millis interval_of(const store::Schedule& schedule);
/// When a schedule is due again after it was claimed at `now`. Keeps its grid; a time that was missed by more than an
/// interval is made up once, and the grid starts anew with the schedule's own small spread.
Time next_time(const store::Schedule& schedule, Time now);
/// A whole interval from now and the schedule's spread.
Time first_time(const store::Schedule& schedule, Time now);

/// The first resource of each task of the connection's provider: its period is the task's.
std::vector<const provider::Resource*> tasks_of(const provider::Packs& packs, const store::Document& connection);
/// With the period that the template states for the task, else the resource's.
Period period_of(const provider::Resource& resource, const Template& form);
store::Schedule make_timer(const provider::Resource& resource, const ObjectId& connection, const Template& form,
                           Time now);

}  // namespace maestro::schedule
