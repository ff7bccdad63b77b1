#include "jobs/workers.h"

#include <unistd.h>

#include "base/log.h"

namespace maestro::jobs {

using store::Job;

/// A job that runs now.
struct Workers::Active {
  Job job;
  std::stop_source stop;
  const JobType* type = nullptr;
};

JobTypes discovery_jobs(discovery::Engine& engine) {
  const JobType type{
      .handle = [&engine](const Context& context, const Job& job) { return engine.handle(context, job); },
      .should_stop = [&engine](const Context& context, const Job& job) { return engine.is_canceled(context, job); }};
  return {{discovery::kPlanJob, type}, {discovery::kScopeJob, type}, {discovery::kForgetJob, type}};
}

namespace {

Context system_context() { return {.actor = {.principal = {Principal::Kind::kSystem, {}}, .name = "worker"}}; }

Millis pause_after(int attempt) {
  long long ms = 1000;
  for (int i = 1; i < attempt && ms < 300'000; ++i) ms *= 2;
  return Millis(std::min(ms, 300'000LL));
}

}  // namespace

Workers::Workers(store::Store& store, JobTypes types, WorkersOptions options)
    : store_(store),
      types_(std::move(types)),
      options_(std::move(options)),
      name_(std::to_string(::getpid()) + "-" + ObjectId::generate().hex()) {}

Workers::~Workers() { stop(); }

void Workers::start() {
  if (!threads_.empty()) return;
  for (const auto& [lane, count] : options_.lanes)
    for (unsigned i = 0; i < count; ++i)
      threads_.emplace_back([this, lane = lane, i](const std::stop_token& stop) { work(stop, lane, i); });
  extender_ = std::jthread([this](const std::stop_token& stop) { extend(stop); });
}

void Workers::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& active : active_) active->stop.request_stop();
  }
  wake_.notify_all();
  threads_.clear();  // joins
  // Last: leases stay alive while jobs come to their end.
  extender_ = {};
}

std::size_t Workers::busy() const {
  const std::lock_guard lock(mutex_);
  return active_.size();
}

void Workers::work(const std::stop_token& stop, const std::string& lane, unsigned number) {
  const std::string worker = name_ + "-" + lane + "-" + std::to_string(number);
  const Context context = system_context();
  while (!stop.stop_requested()) {
    auto& ledger = store_.ledger();
    const auto job = options_.in_order.contains(lane) ? ledger.claim_next(context, lane, worker, options_.lease)
                                                      : ledger.claim_job(context, lane, worker, options_.lease);
    if (job.ok() && *job) {
      run(stop, **job);
      continue;
    }
    if (!job.ok()) log::warn("no job could be claimed", {{"lane", lane}, {"error", job.error().message}});
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, options_.poll, [] { return false; });
  }
}

void Workers::run(const std::stop_token& stop, const Job& job) {
  const auto at = types_.find(job.type);
  const auto active = std::make_shared<Active>();
  active->job = job;
  active->type = at == types_.end() ? nullptr : &at->second;
  {
    const std::lock_guard lock(mutex_);
    active_.push_back(active);
  }
  // After it is on the list, so that a stop in between reaches it one way or the other.
  if (stop.stop_requested()) active->stop.request_stop();
  Context context = system_context();
  context.stop = active->stop.get_token();
  Result<void> done;
  if (active->type == nullptr) {
    done = internal("No handler for jobs of type " + job.type);
  } else {
    try {
      done = active->type->handle(context, job);
    } catch (const std::exception& error) {
      // A bug must not end the process: the job's lease is given back like after any failure.
      done = internal(std::string("The handler threw: ") + error.what());
    }
  }
  {
    const std::lock_guard lock(mutex_);
    std::erase(active_, active);
  }
  if (!done.ok()) give_back(job, done.error());
}

void Workers::give_back(const Job& job, const Error& error) {
  if (error.code == Code::kConflict) {
    log::info("job went to another worker", {{"job", job.id}, {"type", job.type}});
    return;
  }
  const bool drop = job.attempt >= options_.attempts;
  log::warn(drop ? "job dropped" : "job failed",
            {{"job", job.id}, {"type", job.type}, {"attempt", job.attempt}, {"error", error.message}});
  const Context context = system_context();
  const auto written =
      store_.write(context, store::Store::Priority::kBulk, [&](store::Transaction& tx) -> Result<void> {
        TRY(store_.ledger().check_lease(tx, job));
        return drop ? store_.ledger().finish_job(tx, job)
                    : store_.ledger().release_job(tx, job, tx.now() + pause_after(job.attempt));
      });
  if (!written.ok()) log::warn("job left to its lease", {{"job", job.id}, {"error", written.error().message}});
}

void Workers::extend(const std::stop_token& stop) {
  const Context context = system_context();
  while (!stop.stop_requested()) {
    std::vector<std::shared_ptr<Active>> running;
    {
      std::unique_lock lock(mutex_);
      extend_wake_.wait_for(lock, stop, options_.lease / 3, [] { return false; });
      running = active_;
    }
    for (const auto& active : running) {
      const auto held = store_.ledger().extend_job(context, active->job, options_.lease);
      // A store out of reach for a moment is no loss yet; the fence in every transaction has the last word.
      const bool lost = held.ok() && !*held;
      const bool canceled =
          active->type != nullptr && active->type->should_stop && active->type->should_stop(context, active->job);
      if (lost || canceled) active->stop.request_stop();
    }
  }
}

}  // namespace maestro::jobs
