#include "api/live_feed.h"

#include "base/log.h"

namespace maestro::api {
namespace {
constexpr Millis kTick{250};
constexpr std::size_t kBatch = 200;
}  // namespace

LiveFeed::LiveFeed(store::Store& store, discovery::Runs& runs)
    : store_(store), runs_(runs), thread_([this](const std::stop_token& stop) { work(stop); }) {}

LiveFeed::~LiveFeed() {
  thread_.request_stop();
  wake_.notify_all();
  const std::scoped_lock lock(mutex_);
  for (const auto& subscriber : subscribers_) subscriber->stream->close();
}

std::shared_ptr<http::EventStream> LiveFeed::subscribe(const ObjectId& connection,
                                                       std::function<bool()> still_allowed) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->connection = connection;
  subscriber->stream = std::make_shared<http::EventStream>();
  subscriber->still_allowed = std::move(still_allowed);
  const std::scoped_lock lock(mutex_);
  subscribers_.push_back(subscriber);
  wake_.notify_all();
  return subscriber->stream;
}

void LiveFeed::deliver(const Context& context, Subscriber& subscriber, const store::Run& run) {
  const auto shown = runs_.show(context, run);
  if (!shown.ok()) return;
  if (!subscriber.stream->send("run", json::write(*shown))) subscriber.stream->close();
}

void LiveFeed::work(const std::stop_token& stop) {
  const Context context{.stop = stop};
  std::int64_t seen = 0;
  while (!stop.stop_requested()) {
    std::vector<std::shared_ptr<Subscriber>> all;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [&] { return !subscribers_.empty(); });
      subscribers_.remove_if([](const auto& subscriber) { return subscriber->stream->closed(); });
      all.assign(subscribers_.begin(), subscribers_.end());
    }
    if (all.empty()) continue;
    for (const auto& subscriber : all) {
      if (!subscriber->still_allowed()) subscriber->stream->close();
    }
    // The position is taken before fresh subscribers read the present state, so no change falls between.
    const auto position = store_.ledger().last_seq(context);
    const bool any_fresh = std::any_of(all.begin(), all.end(), [](const auto& s) { return s->fresh; });
    if (any_fresh && position.ok() && seen == 0) seen = *position;
    for (const auto& subscriber : all) {
      if (!subscriber->fresh || subscriber->stream->closed()) continue;
      subscriber->fresh = false;
      const auto runs = store_.ledger().latest_runs(context, {&subscriber->connection, 1});
      if (!runs.ok()) continue;
      for (const store::Run& run : *runs) deliver(context, *subscriber, run);
    }
    if (position.ok() && *position > seen) {
      const auto changed = store_.ledger().changed_runs(context, seen, kBatch);
      if (changed.ok()) {
        for (const store::Run& run : *changed) {
          seen = std::max(seen, run.seq);
          for (const auto& subscriber : all)
            if (subscriber->connection == run.connection && !subscriber->stream->closed())
              deliver(context, *subscriber, run);
        }
        if (changed->empty()) seen = *position;
      }
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kTick, [&] {
      return std::any_of(subscribers_.begin(), subscribers_.end(), [](const auto& s) { return s->fresh; });
    });
  }
}

}  // namespace maestro::api
