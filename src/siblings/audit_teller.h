// AuditTeller: tells an audit service that runs elsewhere of every write of an audited document, with the calls of the
// spec of the server API, 12.4 (people) and of the spec of the audit service, 5 (discovery).
//
// A call is a job in the transaction of the write: it is told when the write is there, and never delays or fails it.
// Jobs of one document share a lane that is worked off in order; what the peer refuses is logged and left out, what it
// cannot be reached for waits.
#pragma once

#include <string>
#include <vector>

#include "siblings/siblings.h"
#include "store/store.h"

namespace maestro::siblings {

inline constexpr const char* kTellJob = "audit.tell";  ///< {"method","path","body"?}

/// Thread-safe.
class AuditTeller final : public store::Observer {
 public:
  AuditTeller(const Siblings& siblings, store::Store& store) : siblings_(siblings), store_(store) {}

  Result<void> written(store::Transaction& tx, const store::Document* before, const store::Document& after,
                       const store::Change& change) override;
  Result<void> handle(const Context& context, const store::Job& job);
  /// Lanes of the jobs; all are to be worked off in order.
  static std::vector<std::string> lanes();

 private:
  const Siblings& siblings_;
  store::Store& store_;
};

}  // namespace maestro::siblings
