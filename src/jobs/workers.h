// Workers: pools that claim jobs lane by lane, keep their leases alive, and end them gently.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "base/time.h"
#include "discovery/engine.h"
#include "store/store.h"

namespace maestro::jobs {

struct JobType {
  /// Finishes or releases the job. On an error the worker gives the job back with a growing pause.
  std::function<Result<void>(const Context&, const store::Job&)> handle;
  /// Asked now and then while the job runs; true = its context is stopped. May be empty.
  std::function<bool(const Context&, const store::Job&)> should_stop;
};
using JobTypes = std::map<std::string, JobType, std::less<>>;

/// The jobs of discovery.
JobTypes discovery_jobs(discovery::Engine& engine);

struct WorkersOptions {
  std::map<std::string, unsigned> lanes = {{"provider", 4}, {"bulk", 1}};  ///< threads per lane
  std::set<std::string> in_order = {};  ///< lanes whose jobs are done one after the other
  Millis lease{30'000};
  Millis poll{500};   ///< pause of an idle worker
  int attempts = 10;  ///< claims of a job whose handler keeps failing, or that nobody handles, before it is dropped
};

/// Thread-safe. Ends its threads in the destructor.
class Workers {
 public:
  Workers(store::Store& store, JobTypes types, WorkersOptions options = {});
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void start();
  /// Asks running jobs to end at their next page and waits for them; they go back to the queue.
  void stop();
  /// Jobs that run now.
  std::size_t busy() const;

 private:
  struct Active;
  void work(const std::stop_token& stop, const std::string& lane, unsigned number);
  void run(const std::stop_token& stop, const store::Job& job);
  void give_back(const store::Job& job, const Error& error);
  void extend(const std::stop_token& stop);

  store::Store& store_;
  JobTypes types_;
  WorkersOptions options_;
  std::string name_;  ///< of this process, so that no two workers anywhere share an id
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable_any extend_wake_;
  std::vector<std::shared_ptr<Active>> active_;
  std::vector<std::jthread> threads_;
  std::jthread extender_;
};

}  // namespace maestro::jobs
