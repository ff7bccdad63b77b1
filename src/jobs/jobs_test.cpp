#include <gmock/gmock.h>

#include "discovery/bed_test.h"
#include "jobs/watchdog.h"
#include "jobs/workers.h"
#include "schedule/schedules.h"
#include "store_sqlite/store.h"

namespace maestro::jobs {
namespace {

using discovery::Bed;
using discovery::FakeClouds;
using store::RunState;

bool wait_for(const std::function<bool()>& what, int seconds = 20) {
  for (int i = 0; i < seconds * 200; ++i) {
    if (what()) return true;
    std::this_thread::sleep_for(Millis(5));
  }
  return false;
}

/// A real clock: leases and polls run on it.
class WorkersTest : public testing::Test, public Bed {
 protected:
  WorkersTest() : Bed([](const std::string& path, const Clock&) { return store_sqlite::open({.path = path}); }) {}
  FakeClouds::Estate& estate(const std::string& region = "r1") { return clouds.at("acc", region); }
  WorkersOptions quick() {
    return {.lanes = {{"provider", 4}, {"bulk", 1}}, .lease = Millis(3'000), .poll = Millis(10)};
  }
  bool ends(const store::Run& run) {
    return wait_for([&] { return is_final(get(run).state); });
  }
};

TEST_F(WorkersTest, ReadManyListingsAtOnceAndLoseNothing) {
  std::vector<std::string> regions;
  for (int i = 0; i < 8; ++i) regions.push_back(fmt::format("r{}", i));
  const ObjectId conn = connect(ann_id, "acc", regions);
  for (int i = 0; i < 8; ++i) fill(estate(regions[static_cast<std::size_t>(i)]), 20, i * 100);
  Workers workers(*store, discovery_jobs(engine), quick());
  workers.start();
  const store::Run run = start(conn);
  ASSERT_TRUE(ends(run));
  EXPECT_EQ(get(run).state, RunState::kSuccess) << get(run).message;
  EXPECT_EQ(get(run).counts.created, 160);
  EXPECT_EQ(rows().size(), 160U);
  const store::Run second = start(conn);
  ASSERT_TRUE(ends(second));
  EXPECT_EQ(get(second).counts.unchanged, 160);
  EXPECT_TRUE(wait_for([&] { return workers.busy() == 0; }));
}

TEST_F(WorkersTest, TwoConnectionsOntoOneAccountAtOnceMakeEachRowOnce) {
  const ObjectId one = connect(ann_id, "acc");
  const ObjectId two = connect(ann_id, "acc");
  fill(estate(), 60);
  Workers workers(*store, discovery_jobs(engine), quick());
  workers.start();
  const store::Run first = start(one);
  const store::Run second = start(two);
  ASSERT_TRUE(ends(first));
  ASSERT_TRUE(ends(second));
  EXPECT_EQ(rows().size(), 60U);
  EXPECT_EQ(get(first).counts.created + get(second).counts.created, 60);
}

TEST_F(WorkersTest, StopGivesRunningJobsBackAndTheNextProcessFinishesThem) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 40);
  std::atomic<bool> arrived{false};
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page == 3) arrived = true;
    if (place.page >= 3) std::this_thread::sleep_for(Millis(20));
    return std::nullopt;
  };
  const store::Run run = start(conn);
  {
    Workers workers(*store, discovery_jobs(engine), quick());
    workers.start();
    ASSERT_TRUE(wait_for([&] { return arrived.load(); }));
    workers.stop();
    EXPECT_EQ(workers.busy(), 0U);
  }
  EXPECT_EQ(scope(run).state, RunState::kQueued);
  EXPECT_EQ(*store->ledger().waiting_jobs(Context(), "provider"), 1);
  Workers next(*store, discovery_jobs(engine), quick());
  next.start();
  ASSERT_TRUE(ends(run));
  EXPECT_EQ(get(run).state, RunState::kSuccess);
  EXPECT_EQ(rows().size(), 40U);
}

TEST_F(WorkersTest, ACanceledRunStopsAPageThatHangs) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 10);
  std::atomic<bool> hanging{false};
  std::atomic<bool> released{false};
  WorkersOptions options = quick();
  options.lease = Millis(300);
  JobTypes types = discovery_jobs(engine);
  const auto handle = types["discovery.scope"].handle;
  types["discovery.scope"].handle = [&, handle](const Context& context, const store::Job& job) {
    hanging = true;  // as if the provider did not answer, until it is told to stop
    released = wait_for([&] { return context.stopped(); });
    return handle(context, job);
  };
  Workers workers(*store, types, options);
  workers.start();
  const store::Run run = start(conn);
  ASSERT_TRUE(wait_for([&] { return hanging.load(); }));
  ASSERT_TRUE(runs.cancel(ann(), run.id).ok());
  ASSERT_TRUE(wait_for([&] { return released.load(); }));
  ASSERT_TRUE(ends(run));
  EXPECT_EQ(get(run).state, RunState::kCanceled);
}

TEST_F(WorkersTest, LeasesOfLongJobsStayAlive) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 4);
  std::atomic<int> pages{0};
  clouds.fault = [&](const FakeClouds::Place&) -> std::optional<Error> {
    ++pages;
    std::this_thread::sleep_for(Millis(900));
    return std::nullopt;
  };
  WorkersOptions options = quick();
  options.lease = Millis(600);
  Workers workers(*store, discovery_jobs(engine), options);
  workers.start();
  const store::Run run = start(conn);
  ASSERT_TRUE(ends(run));
  EXPECT_EQ(pages, 3) << "nobody else took it over";
  EXPECT_EQ(scope(run).attempt, 1);
}

TEST_F(WorkersTest, AJobThatThrowsOrThatNobodyKnowsDoesNotEndTheProcess) {
  JobTypes types;
  std::atomic<int> tries{0};
  types["bad"] = {.handle = [&](const Context&, const store::Job&) -> Result<void> {
                    ++tries;
                    throw std::runtime_error("a bug");
                  },
                  .should_stop = {}};
  WorkersOptions options = quick();
  options.attempts = 1;
  Workers workers(*store, types, options);
  workers.start();
  ASSERT_TRUE(store
                  ->write(ann(), store::Store::Priority::kInteractive,
                          [&](store::Transaction& tx) -> Result<void> {
                            for (const char* type : {"bad", "unknown"}) {
                              store::Job job{
                                  .type = type, .lane = "bulk", .payload = {}, .run_at = tx.now(), .worker = {}};
                              TRY(store->ledger().enqueue(tx, job));
                            }
                            return {};
                          })
                  .ok());
  EXPECT_TRUE(wait_for(
      [&] { return tries == 1 && *store->ledger().waiting_jobs(Context(), "bulk") == 0 && workers.busy() == 0; }));
}

TEST_F(WorkersTest, SchedulesAndWorkersTogetherKeepAnInventoryFresh) {
  const SystemClock real;
  schedule::Schedules schedules(*store, runs, real);
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 5);
  ASSERT_TRUE(store
                  ->write(ann(), store::Store::Priority::kInteractive,
                          [&](store::Transaction& tx) -> Result<void> {
                            TRY_ASSIGN(const auto document,
                                       store->documents().find(tx, discovery::connections_entity(), conn));
                            return schedules.create(tx, *document);
                          })
                  .ok());
  ASSERT_TRUE(schedules.change(ann(), conn, "server-list", {.enabled = {}, .every = 1, .period = "seconds"}).ok());
  Workers workers(*store, discovery_jobs(engine), quick());
  workers.start();
  schedule::Ticker ticker(schedules, Millis(20));
  EXPECT_TRUE(wait_for([&] {
    const auto page = *runs.list(Context(), conn, 100, "");
    return std::count_if(page.runs.begin(), page.runs.end(), [](const store::Run& run) {
             return run.trigger == "schedule" && run.state == RunState::kSuccess;
           }) >= 2;
  }));
  EXPECT_EQ(active().size(), 5U);
}

class WatchdogTest : public testing::Test, public Bed {
 protected:
  WatchdogTest()
      : Bed([](const std::string& path, const Clock& c) { return store_sqlite::open({.path = path, .clock = &c}); }) {}
  Watchdog watchdog{*store, runs, clock};
};

TEST_F(WatchdogTest, EndsARunWhoseJobIsGone) {
  const ObjectId conn = connect(ann_id, "acc");
  const store::Run run = start(conn);
  const auto job = claim();
  ASSERT_TRUE(store
                  ->write(ann(), store::Store::Priority::kBulk,
                          [&](store::Transaction& tx) { return store->ledger().finish_job(tx, *job); })
                  .ok());
  EXPECT_EQ(*watchdog.look(Context()), 0);
  clock.advance(Millis(14 * 60'000));
  EXPECT_EQ(*watchdog.look(Context()), 0);
  clock.advance(Millis(2 * 60'000));
  EXPECT_EQ(*watchdog.look(Context()), 1);
  EXPECT_EQ(get(run).state, RunState::kFailed);
  EXPECT_NE(start(conn).id, run.id);
}

TEST_F(WatchdogTest, EndsAScopeThatRunsWithoutALifeSign) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(clouds.at("acc", "r1"), 4);
  const store::Run run = start(conn);
  clouds.fault = [](const FakeClouds::Place&) -> std::optional<Error> { throw discovery::Crash(); };
  EXPECT_THROW(work(), discovery::Crash);
  EXPECT_EQ(scope(run).state, RunState::kRunning);
  EXPECT_EQ(*watchdog.look(Context()), 0);
  clock.advance(Millis(16 * 60'000));
  EXPECT_EQ(*watchdog.look(Context()), 1);
  EXPECT_EQ(get(run).state, RunState::kFailed);
  clouds.fault = nullptr;
  work();
  EXPECT_EQ(get(run).state, RunState::kFailed) << "a late worker finds it ended";
  EXPECT_TRUE(rows().empty());
}

TEST_F(WatchdogTest, LeavesWaitingAndHeldRunsAlone) {
  const ObjectId conn = connect(ann_id, "acc");
  auto& boxes = clouds.at("acc", "r1", "aws/boxes");
  fill(boxes, 60);
  discover(conn, "box-list");
  boxes.clear();
  const store::Run held = discover(conn, "box-list");
  const store::Run queued = start(conn);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(*watchdog.look(Context()), 0);
    clock.advance(Millis(20 * 60'000));
  }
  EXPECT_EQ(get(held).state, RunState::kHeld);
  EXPECT_EQ(get(queued).state, RunState::kQueued) << "its job waits behind other work";
  clock.advance(Millis(25 * 3'600'000LL));
  EXPECT_EQ(*watchdog.look(Context()), 1);
  EXPECT_EQ(get(queued).state, RunState::kFailed);
  EXPECT_EQ(get(held).state, RunState::kHeld);
}

TEST_F(WatchdogTest, LeavesAnnouncedPausesAlone) {
  const ObjectId conn = connect(ann_id, "acc");
  clouds.fault = [](const FakeClouds::Place&) -> std::optional<Error> {
    return Error{.code = Code::kThrottled, .message = "slow", .retry_after_ms = 3'000'000};
  };
  const store::Run run = discover(conn);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(*watchdog.look(Context()), 0);
    clock.advance(Millis(10 * 60'000));
  }
  EXPECT_EQ(scope(run).state, RunState::kRetrying);
}

TEST_F(WatchdogTest, CancelsRunsOfConnectionsThatAreGone) {
  const ObjectId conn = connect(ann_id, "acc");
  const store::Run run = start(conn);
  set_connection(conn, [](store::Document& document) { document.active = false; });
  ASSERT_TRUE(watchdog.look(Context()).ok());
  EXPECT_EQ(get(run).state, RunState::kCanceled);
}

}  // namespace
}  // namespace maestro::jobs
