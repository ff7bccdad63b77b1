// Timers: when each task of a connection ran in the original, as schedules of ours.
#pragma once

#include <map>
#include <string>

#include "moving/convert.h"
#include "schedule/documents.h"
#include "store/store.h"

namespace maestro::moving {

class Timers {
 public:
  explicit Timers(const provider::Packs& packs) : packs_(packs) {}

  /// A document of `schedulers`. Those of other tasks stay documents alone.
  void take(const json::Object& body, bool active, std::vector<Remark>& remarks);
  /// One schedule a task that this product knows of the connection's provider. A task that the original had no timer
  /// for gets the default, which `form` may state.
  std::vector<store::Schedule> of(const ObjectId& connection, const Source& source, const schedule::Template& form,
                                  Time now) const;

 private:
  struct Timer {
    bool enabled = false;
    int every = 0;  ///< 0: no interval, the default then
    std::string period;
  };
  const provider::Packs& packs_;
  std::map<std::pair<ObjectId, std::string>, Timer> timers_;
};

}  // namespace maestro::moving
