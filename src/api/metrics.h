// Metrics: what /metrics shows, in Prometheus text format.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace maestro::http {
struct ServerStats;
}

namespace maestro::api {

/// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// One answered request. `route` is the pattern, or "unmatched".
  void request(std::string_view listener, std::string_view method, std::string_view route, int status, double seconds);
  /// Sets a gauge of the process (connections, queued requests, waiting jobs).
  void gauge(const std::string& name, const std::string& help, double value);
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace maestro::api
