#include <gmock/gmock.h>

#include "discovery/bed_test.h"
#include "schedule/schedules.h"
#include "store_sqlite/store.h"

namespace maestro::schedule {
namespace {

using discovery::Bed;
using store::RunState;

class Schedule : public testing::Test, public Bed {
 protected:
  Schedule()
      : Bed([](const std::string& path, const Clock& c) { return store_sqlite::open({.path = path, .clock = &c}); }) {}
  void create(const ObjectId& conn) {
    const auto done =
        store->write(ann(), store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
          TRY_ASSIGN(const auto document, store->documents().find(tx, discovery::connections_entity(), conn));
          return schedules.create(tx, *document);
        });
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  store::Schedule get(const ObjectId& conn, std::string_view task = "server-list") {
    const auto all = *schedules.list(Context(), conn);
    for (const auto& one : all)
      if (one.task == task) return one;
    ADD_FAILURE() << "no schedule";
    return {};
  }
  std::size_t run_count(const ObjectId& conn, std::string_view task = "server-list") {
    const auto page = *runs.list(Context(), conn, 100, "");
    return static_cast<std::size_t>(
        std::count_if(page.runs.begin(), page.runs.end(), [&](const store::Run& run) { return run.task == task; }));
  }
  Schedules schedules{*store, runs, clock};
};

TEST_F(Schedule, ANewConnectionHasOnePerTaskAndRunsAtOnce) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  const auto all = *schedules.list(Context(), conn);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(get(conn).every, 5);
  EXPECT_EQ(get(conn).period, "minutes");
  EXPECT_EQ(get(conn, "flavor-list").every, 14);
  EXPECT_GT(get(conn).next_at, clock.now());
  const auto page = *runs.list(Context(), conn, 100, "");
  ASSERT_EQ(page.runs.size(), 3U);
  EXPECT_EQ(page.runs.front().trigger, "create");
  EXPECT_EQ(page.runs.front().by, ann_id);
  create(conn);
  EXPECT_EQ(schedules.list(Context(), conn)->size(), 3U) << "made once";
}

TEST_F(Schedule, OneOfFourTickersClaimsADueTime) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  work();
  for (int round = 0; round < 5; ++round) {
    const std::size_t before = run_count(conn);
    clock.advance(Millis(6 * 60'000));
    std::atomic<int> claimed{0};
    {
      std::vector<std::jthread> tickers;
      for (int i = 0; i < 4; ++i) tickers.emplace_back([&] { claimed += schedules.tick(Context()).value(); });
    }
    EXPECT_EQ(claimed, 1);
    EXPECT_EQ(run_count(conn), before + 1);
    work();
  }
  const auto page = *runs.list(Context(), conn, 1, "");
  EXPECT_EQ(page.runs.front().trigger, "schedule");
  EXPECT_FALSE(page.runs.front().by);
}

TEST_F(Schedule, KeepsItsGridAndMakesUpForAMissedTimeOnce) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  work();
  const Time first = get(conn).next_at;
  clock.advance(first - clock.now() + Millis(2'000));
  EXPECT_EQ(*schedules.tick(Context()), 1);
  EXPECT_EQ(get(conn).next_at, first + Millis(300'000)) << "a late ticker does not shift it";
  work();
  clock.advance(Millis(100 * 300'000));  // the process was off for a long while
  const std::size_t before = run_count(conn);
  schedules.tick(Context()).value();
  work();
  schedules.tick(Context()).value();
  EXPECT_EQ(run_count(conn), before + 1);
  EXPECT_GT(get(conn).next_at, clock.now());
  EXPECT_LE(get(conn).next_at, clock.now() + Millis(330'000));
}

TEST_F(Schedule, ARunThatIsStillGoingIsNotDoubled) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  clock.advance(Millis(6 * 60'000));
  schedules.tick(Context()).value();
  EXPECT_EQ(run_count(conn), 1U);
}

TEST_F(Schedule, SkipsDisabledConnectionsAndDropsDeletedOnes) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  work();
  set_connection(conn, [](store::Document& document) { document.body["status"] = "disabled"; });
  const std::size_t before = run_count(conn);
  clock.advance(Millis(6 * 60'000));
  EXPECT_EQ(*schedules.tick(Context()), 1);
  EXPECT_EQ(run_count(conn), before);
  EXPECT_GT(get(conn).next_at, clock.now());
  set_connection(conn, [](store::Document& document) { document.active = false; });
  clock.advance(Millis(6 * 60'000));
  schedules.tick(Context()).value();
  EXPECT_TRUE(schedules.list(Context(), conn)->empty());
}

TEST_F(Schedule, AFailedSignInDoesNotSwitchItOff) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  clouds.fault = [](const discovery::FakeClouds::Place&) -> std::optional<Error> {
    return unauthenticated("wrong key");
  };
  work();
  EXPECT_EQ((*runs.list(Context(), conn, 1, "")).runs.front().state, RunState::kFailed);
  EXPECT_TRUE(get(conn).enabled);
  clouds.fault = nullptr;
  clock.advance(Millis(6 * 60'000));
  schedules.tick(Context()).value();
  work();
  EXPECT_EQ((*runs.list(Context(), conn, 1, "")).runs.front().state, RunState::kSuccess);
}

TEST_F(Schedule, ChangesArePossibleWithinReason) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  work();
  EXPECT_EQ(schedules.change(ann(), conn, "server-list", {.enabled = {}, .every = 0, .period = {}}).error().code,
            Code::kInvalid);
  EXPECT_EQ(schedules.change(ann(), conn, "server-list", {.enabled = {}, .every = {}, .period = "moons"}).error().code,
            Code::kInvalid);
  EXPECT_EQ(schedules.change(ann(), conn, "no-list", {.enabled = false, .every = {}, .period = {}}).error().code,
            Code::kNotFound);
  ASSERT_TRUE(schedules.change(ann(), conn, "server-list", {.enabled = {}, .every = 30, .period = "seconds"}).ok());
  EXPECT_LE(get(conn).next_at, clock.now() + Millis(33'000)) << "a shorter period counts from now";
  ASSERT_TRUE(schedules.change(ann(), conn, "server-list", {.enabled = false, .every = {}, .period = {}}).ok());
  clock.advance(Millis(3'600'000));
  const std::size_t before = run_count(conn);
  schedules.tick(Context()).value();
  EXPECT_EQ(run_count(conn), before);
  ASSERT_TRUE(schedules.change(ann(), conn, "server-list", {.enabled = true, .every = {}, .period = {}}).ok());
  EXPECT_GT(get(conn).next_at, clock.now()) << "what was missed while it was off stays missed";
}

TEST_F(Schedule, RefreshKeepsWhatAPersonSet) {
  const ObjectId conn = connect(ann_id, "acc");
  create(conn);
  ASSERT_TRUE(schedules.change(ann(), conn, "server-list", {.enabled = false, .every = 7, .period = {}}).ok());
  const auto refresh = [&] {
    return store->write(ann(), store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
      TRY(store->ledger().delete_schedules(tx, ObjectId::generate()));
      TRY_ASSIGN(const auto document, store->documents().find(tx, discovery::connections_entity(), conn));
      return schedules.refresh(tx, *document);
    });
  };
  ASSERT_TRUE(refresh().ok());
  EXPECT_EQ(get(conn).every, 7);
  EXPECT_FALSE(get(conn).enabled);
  set_connection(conn, [](store::Document& document) { document.body["provider"] = "Openstack"; });
  ASSERT_TRUE(refresh().ok());
  EXPECT_TRUE(schedules.list(Context(), conn)->empty()) << "these packs have nothing for it";
  set_connection(conn, [](store::Document& document) { document.body["provider"] = "AWS"; });
  ASSERT_TRUE(refresh().ok());
  EXPECT_EQ(schedules.list(Context(), conn)->size(), 3U);
}

TEST(Interval, KnowsItsWords) {
  EXPECT_EQ(interval(5, "minutes"), Millis(300'000));
  EXPECT_EQ(interval(2, "weeks"), Millis(2 * 604'800'000LL));
  EXPECT_EQ(interval(5, "years"), Millis(0));
  EXPECT_EQ(interval(0, "days"), Millis(0));
  EXPECT_EQ(interval(1025, "days"), Millis(0));
}

TEST(NextTime, SpreadsConnectionsButStaysTheSameForEach) {
  std::set<std::int64_t> times;
  const Time now = from_ms(1'800'000'000'000);
  for (int i = 0; i < 50; ++i) {
    const store::Schedule one{
        .connection = ObjectId::generate(), .task = "t", .every = 1, .period = "hours", .next_at = from_ms(0)};
    EXPECT_EQ(next_time(one, now), next_time(one, now));
    times.insert(to_ms(next_time(one, now)));
  }
  EXPECT_GT(times.size(), 40U);
}

}  // namespace
}  // namespace maestro::schedule
