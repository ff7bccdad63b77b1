// demo-data: fills an empty instance with an invented estate.
#pragma once

#include <ostream>

#include "app/settings.h"

namespace maestro::app {

/// What stands on the command line.
struct DemoData {
  std::int64_t documents = 0;
  std::uint64_t seed = 1;
  std::int64_t access_sets = 0;  ///< 0 = by the number of documents
  std::string until = {};        ///< ISO time; empty = the fixed default
  std::string password = {};     ///< of those who sign in; empty = the published one
};

/// Progress goes to `log`, the summary to `out`. Safe to kill: the same call carries on.
Result<void> make_demo_data(Config config, const DemoData& wanted, std::ostream& out, std::ostream& log);

}  // namespace maestro::app
