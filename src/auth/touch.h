// Touch: a note beside a read ("last seen"), which may fail without anybody noticing.
#pragma once

#include <atomic>

#include "store/store.h"

namespace maestro::auth {

/// Thread-safe. Gives up soon, and after a failure leaves the store alone for a minute: a request must not suffer from
/// a full disk that it does not write to.
class Touch {
 public:
  Touch(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}
  void write(const store::Store::Work& work) const;

 private:
  store::Store& store_;
  const Clock& clock_;
  mutable std::atomic<std::int64_t> not_before_ = 0;
};

}  // namespace maestro::auth
