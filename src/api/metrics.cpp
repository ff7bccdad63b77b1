#include "api/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace maestro::api {

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("maestro_http_requests_total").Help("Answered requests.").Register(registry);
  prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                             .Name("maestro_http_request_seconds")
                                                             .Help("Time to answer, by route.")
                                                             .Register(registry);
  // Looking a child up by its labels costs several allocations: the ones in use are remembered.
  std::mutex mutex;
  std::map<std::string, std::pair<prometheus::Counter*, prometheus::Histogram*>, std::less<>> known;
  std::map<std::string, prometheus::Gauge*, std::less<>> gauges;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::request(std::string_view listener, std::string_view method, std::string_view route, int status,
                      double seconds) {
  std::string key;
  key.reserve(64);
  key.append(listener).append(" ").append(method).append(" ").append(route).append(" ").append(std::to_string(status));
  std::pair<prometheus::Counter*, prometheus::Histogram*> found;
  {
    const std::scoped_lock lock(impl_->mutex);
    auto& slot = impl_->known[key];
    if (slot.first == nullptr) {
      slot.first = &impl_->requests.Add({{"listener", std::string(listener)},
                                         {"method", std::string(method)},
                                         {"route", std::string(route)},
                                         {"status", std::to_string(status)}});
      slot.second = &impl_->durations.Add({{"route", std::string(route)}, {"method", std::string(method)}},
                                          prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10});
    }
    found = slot;
  }
  found.first->Increment();
  found.second->Observe(seconds);
}

void Metrics::gauge(const std::string& name, const std::string& help, double value) {
  const std::scoped_lock lock(impl_->mutex);
  auto& slot = impl_->gauges[name];
  if (slot == nullptr) slot = &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add({});
  slot->Set(value);
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace maestro::api
