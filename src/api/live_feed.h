// LiveFeed: pushes changes of runs to event streams. One thread for all of them; nothing is held for an absent reader.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "base/context.h"
#include "discovery/runs.h"
#include "http/message.h"
#include "store/store.h"

namespace maestro::api {

/// While there are subscribers, asks the store four times a second for runs whose seq moved on: works for runs of every
/// process on the same store, and never more often than a person can read. Thread-safe.
class LiveFeed {
 public:
  LiveFeed(store::Store& store, discovery::Runs& runs);
  ~LiveFeed();

  /// Sends the open and latest runs of `connection` at once, then every change. `still_allowed` is asked before each
  /// delivery: access may end while a stream is open.
  std::shared_ptr<http::EventStream> subscribe(const ObjectId& connection, std::function<bool()> still_allowed);

 private:
  struct Subscriber {
    ObjectId connection;
    std::shared_ptr<http::EventStream> stream;
    std::function<bool()> still_allowed;
    bool fresh = true;
  };
  void work(const std::stop_token& stop);
  void deliver(const Context& context, Subscriber& subscriber, const store::Run& run);

  store::Store& store_;
  discovery::Runs& runs_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::list<std::shared_ptr<Subscriber>> subscribers_;
  std::jthread thread_;
};

}  // namespace maestro::api
