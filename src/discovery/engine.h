// Engine: what the jobs of discovery do: plan a run, read a scope, forget a connection.
//
// Every step is one transaction that moves documents, sightings and the visible state of the run together, fenced by
// the job's lease. So a worker may die between any two of them, and another one carries on with nothing lost or
// doubled.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/context.h"
#include "base/result.h"
#include "discovery/runs.h"
#include "provider/provider.h"
#include "store/store.h"

namespace maestro::discovery {

inline constexpr const char* kPlanJob = "discovery.plan";      ///< {"run"}
inline constexpr const char* kScopeJob = "discovery.scope";    ///< {"run","scope"}
inline constexpr const char* kForgetJob = "discovery.forget";  ///< {"connection"}
inline constexpr const char* kProviderLane = "provider";
inline constexpr const char* kBulkLane = "bulk";

struct Options {
  int attempts = 5;       ///< readings of a scope, the first one included, before it fails
  Millis backoff{5'000};  ///< first pause before another reading; doubles, with jitter
  Millis longest_backoff{600'000};
  std::size_t batch = 1000;          ///< items that one transaction writes at most
  std::int64_t drop_count = 20;      ///< a drop of more documents than this ...
  double drop_share = 0.30;          ///< ... and of more than this share of the last reading waits for a person
  std::size_t confirm_limit = 2000;  ///< more missing documents than this are not asked for one by one
  std::size_t document_bytes = 256 << 10;
  std::size_t keep_runs = 50;  ///< finished runs kept of each connection and task
};

/// Thread-safe; one instance serves all workers.
class Engine {
 public:
  Engine(store::Store& store, provider::Clouds& clouds, const provider::Packs& packs, Runs& runs, const Clock& clock,
         Options options = {})
      : store_(store), clouds_(clouds), packs_(packs), runs_(runs), clock_(clock), options_(options) {}

  /// Does a claimed job to its end: finishes or releases it. An error means that the job was left as it is (lost lease,
  /// store out of reach): its lease runs out and another worker takes it. `context.stop` ends it at the next page.
  Result<void> handle(const Context& context, const store::Job& job);
  /// True when the run of this job was canceled: its context should be stopped.
  bool is_canceled(const Context& context, const store::Job& job);

  store::Store& store() { return store_; }
  provider::Clouds& clouds() { return clouds_; }
  const provider::Packs& packs() const { return packs_; }
  Runs& runs() { return runs_; }
  const Clock& clock() const { return clock_; }
  const Options& options() const { return options_; }

 private:
  store::Store& store_;
  provider::Clouds& clouds_;
  const provider::Packs& packs_;
  Runs& runs_;
  const Clock& clock_;
  Options options_;
};

}  // namespace maestro::discovery
