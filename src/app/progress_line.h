// One line on standard error that tells how far a long command has come.
#pragma once

#include <chrono>
#include <string>

#include "store_sql/depot.h"

namespace maestro::app {

/// On a terminal the line is written over again and removed at the end; elsewhere a new line comes every few seconds.
class ProgressLine {
 public:
  explicit ProgressLine(std::string verb);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Refers to this object.
  store_sql::Progress hear();
  /// "1.2 s" since it was made.
  std::string took() const;

 private:
  void show(std::string_view what, std::int64_t done);

  const std::string verb_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point next_;
  bool shown_ = false;
};

}  // namespace maestro::app
