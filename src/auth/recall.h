// Recall: whom credentials stood for when the store was asked last.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/context.h"

namespace maestro::auth {

/// Saves a read of the store with every request. What it answers still holds where a read of that request tells the
/// same stamp (Context::identity); where none does, or another, the store has to be asked. Thread-safe.
class Recall {
 public:
  struct Known {
    Actor actor;
    std::int64_t stamp = 0;
    Time until{};  ///< from then on the passing of time alone may have changed it
  };

  std::optional<Known> find(std::string_view credentials, Time now);
  void put(std::string_view credentials, Known known);
  void forget(std::string_view credentials);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;  ///< by the credentials' SHA-256
};

}  // namespace maestro::auth
