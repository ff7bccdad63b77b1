#include "discovery/runs.h"

#include <gmock/gmock.h>

#include "discovery/bed_test.h"
#include "discovery/work.h"
#include "store_sqlite/store.h"

namespace maestro::discovery {
namespace {

using store::RunState;
using testing::ElementsAre;
using testing::HasSubstr;

class RunsTest : public testing::Test, public Bed {
 protected:
  RunsTest()
      : Bed([](const std::string& path, const Clock& c) { return store_sqlite::open({.path = path, .clock = &c}); }) {}
  FakeClouds::Estate& estate() { return clouds.at("acc", "r1"); }
  std::string process_state(const ObjectId& conn, const char* member = "state") {
    const auto document = connection(conn);
    const json::Value* value = json::find(document.body, std::string("process.server-list.") + member);
    return value == nullptr ? "" : json::scalar_text(*value);
  }
};

TEST_F(RunsTest, OneOpenRunPerConnectionAndTask) {
  const ObjectId conn = connect(ann_id, "acc");
  const auto all = runs.start(ann(), connection(conn), {}, kByUser);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), 3U);
  const store::Run again = start(conn);
  EXPECT_TRUE(std::any_of(all->begin(), all->end(), [&](const store::Run& run) { return run.id == again.id; }));
  EXPECT_EQ(process_state(conn), "warning");
  work();
  EXPECT_NE(start(conn).id, again.id);
  EXPECT_EQ(process_state(conn, "msg").find("In progress"), 0U);
}

TEST_F(RunsTest, RefusesUnknownTasksAndDisabledConnections) {
  const ObjectId conn = connect(ann_id, "acc");
  EXPECT_EQ(runs.start(ann(), connection(conn), {"no-list"}, kByUser).error().code, Code::kInvalid);
  set_connection(conn, [](store::Document& document) { document.body["status"] = "disabled"; });
  EXPECT_EQ(runs.start(ann(), connection(conn), {"server-list"}, kByUser).error().code, Code::kInvalid);
}

TEST_F(RunsTest, ShowsWhatTheContractSays) {
  const ObjectId conn = connect(ann_id, "acc", {"r1", "r2"});
  fill(estate(), 3);
  const store::Run run = discover(conn);
  const json::Object shown = *runs.show(Context(), run);
  EXPECT_EQ(json::text_or(shown, "_id"), run.id.hex());
  EXPECT_EQ(json::text_or(shown, "connection"), conn.hex());
  EXPECT_EQ(shown.at("task"), "server-list");
  EXPECT_EQ(shown.at("trigger"), "user");
  EXPECT_EQ(shown.at("by").as_object().at("name"), "ann");
  EXPECT_EQ(shown.at("state"), "success");
  EXPECT_EQ(shown.at("message"), "3 found, 3 new");
  EXPECT_EQ(shown.at("counts").as_object().at("created"), 3);
  ASSERT_EQ(shown.at("scopes").as_array().size(), 2U);
  const json::Object& part = shown.at("scopes").as_array()[0].as_object();
  EXPECT_EQ(part.at("region"), "r1");
  EXPECT_EQ(part.at("resource"), "aws/machines");
  EXPECT_EQ(part.at("label"), "Machines");
  EXPECT_EQ(part.at("pages"), 2);
  EXPECT_FALSE(part.contains("error"));
  EXPECT_FALSE(part.contains("held"));
  EXPECT_EQ(process_state(conn), "success");
}

TEST_F(RunsTest, AllRegionsAreAskedForAndDescriptionsDropped) {
  const auto regions = [&](const std::vector<std::string>& stored) {
    const store::Run run = discover(connect(ann_id, "acc", stored));
    std::vector<std::string> out;
    const auto parts = *runs.scopes(Context(), run.id);
    for (const auto& part : parts) out.push_back(part.region);
    return out;
  };
  EXPECT_THAT(regions({"all"}), ElementsAre("r1", "r2"));
  EXPECT_THAT(regions({}), ElementsAre("r1", "r2"));
  EXPECT_THAT(regions({"r2 (Far away)", "r2", "r1"}), ElementsAre("r2", "r1"));
  clouds.all_regions.clear();
  EXPECT_THAT(regions({"all"}), ElementsAre("all"));
}

TEST_F(RunsTest, ARunThatCannotBePlannedFailsWithWords) {
  const ObjectId conn = connect(ann_id, "acc");
  clouds.refuse_to_open = [] { return invalid("url is needed"); };
  store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.message, HasSubstr("url is needed"));
  EXPECT_EQ(process_state(conn), "danger");
  clouds.refuse_to_open = [] { return unavailable("no way there"); };
  run = work_through(start(conn));
  EXPECT_EQ(run.state, RunState::kFailed);
  clouds.refuse_to_open = nullptr;
  EXPECT_EQ(discover(conn).state, RunState::kSuccess) << "a failure switches nothing off";
}

TEST_F(RunsTest, CredentialsOpenOnlyWhereTheyBelong) {
  const ObjectId conn = connect(ann_id, "acc");
  const auto opened = runs.open_connection(Context(), connection(conn));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->credentials.at("account"), "acc");
  store::Document moved = connection(conn);
  moved.id = connect(ann_id, "other");
  const auto mixed =
      store->write(ann(), store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
        TRY_ASSIGN(const auto sealed, store->vault().secret(tx, conn));
        return store->vault().set_secret(tx, moved.id, *sealed);
      });
  ASSERT_TRUE(mixed.ok());
  EXPECT_FALSE(runs.open_connection(Context(), moved).ok());
}

TEST_F(RunsTest, CancelStopsWaitingPartsAtOnceAndRunningOnesAtTheNextPage) {
  const ObjectId conn = connect(ann_id, "acc", {"r1", "r2"});
  fill(estate(), 6);
  fill(clouds.at("acc", "r2"), 2, 100);
  discover(conn);
  estate().erase("i-000");
  store::Run run = start(conn);
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page == 2) {
      EXPECT_TRUE(runs.cancel(ann(), run.id).ok());
      EXPECT_EQ(get(run).state, RunState::kRunning);
      EXPECT_EQ(scope(run, 1).state, RunState::kCanceled);
    }
    return std::nullopt;
  };
  work();
  run = get(run);
  EXPECT_EQ(run.state, RunState::kCanceled);
  EXPECT_EQ(scope(run, 0).state, RunState::kCanceled);
  EXPECT_TRUE(row("i-000")->active);
  EXPECT_FALSE(store->ledger().waiting_jobs(Context(), kProviderLane).value() > 0);
}

TEST_F(RunsTest, CancelBeforeTheFirstStepEndsTheRun) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 2);
  const store::Run run = start(conn);
  EXPECT_EQ(runs.cancel(ann(), run.id)->state, RunState::kCanceled);
  work();
  EXPECT_EQ(get(run).state, RunState::kCanceled);
  EXPECT_TRUE(rows().empty());
}

TEST_F(RunsTest, AConnectionThatIsSwitchedOffOrDeletedStopsItsRuns) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  store::Run run = start(conn);
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page == 2) set_connection(conn, [](store::Document& document) { document.body["status"] = "disabled"; });
    return std::nullopt;
  };
  work();
  EXPECT_EQ(get(run).state, RunState::kCanceled);
  EXPECT_EQ(rows().size(), 2U);

  const ObjectId second = connect(ann_id, "acc");
  run = start(second);
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page == 2) forget(second);
    return std::nullopt;
  };
  work();
  EXPECT_EQ(get(run).state, RunState::kCanceled);
  EXPECT_EQ((*store->ledger().seen_counts(Context(), std::vector<ObjectId>{second})).front(), 0);
}

TEST_F(RunsTest, ThrottlingIsRetriedWithGrowingPauses) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 2);
  int tries = 0;
  clouds.fault = [&](const FakeClouds::Place&) -> std::optional<Error> {
    ++tries;
    if (tries == 1) return Error{.code = Code::kThrottled, .message = "slow down", .retry_after_ms = 90'000};
    if (tries == 2) return unavailable("gone fishing");
    return std::nullopt;
  };
  store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kRunning);
  EXPECT_EQ(scope(run).state, RunState::kRetrying);
  EXPECT_EQ(*scope(run).next_attempt, clock.now() + Millis(90'000)) << "as long as the provider asked for";
  EXPECT_EQ(json::text_or(to_json(scope(run)), "next_attempt_at"), to_iso(clock.now() + Millis(90'000)));
  EXPECT_EQ(tries, 1);
  clock.advance(Millis(89'999));
  EXPECT_EQ(work(), 0);
  clock.advance(Millis(1));
  work();
  EXPECT_EQ(tries, 2);
  const Millis pause = *scope(run).next_attempt - clock.now();
  EXPECT_GE(pause, Millis(5'000));
  EXPECT_LE(pause, Millis(10'000));
  clock.advance(pause);
  work();
  run = get(run);
  EXPECT_EQ(run.state, RunState::kSuccess);
  EXPECT_EQ(scope(run).attempt, 3);
  EXPECT_TRUE(scope(run).error_code.empty());
}

TEST_F(RunsTest, BackoffGrowsAndStaysBelowItsLimit) {
  const Options options;
  Millis last{0};
  for (int attempt = 1; attempt < 40; ++attempt) {
    const Millis pause = backoff(options, attempt, 7, 0);
    EXPECT_LE(pause, options.longest_backoff);
    if (attempt < 7) {
      EXPECT_GT(pause * 2, last);
    }
    last = pause;
  }
  EXPECT_GE(last, options.longest_backoff / 2);
}

TEST_F(RunsTest, AnOrderlyStopGivesTheJobBackWithoutCountingATry) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  const store::Run run = start(conn);
  ASSERT_TRUE(engine.handle(Context(), *claim()).ok());
  std::stop_source stop;
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page == 2) stop.request_stop();
    return std::nullopt;
  };
  ASSERT_TRUE(engine.handle({.actor = {}, .stop = stop.get_token()}, *claim()).ok());
  EXPECT_EQ(scope(run).state, RunState::kQueued);
  EXPECT_EQ(scope(run).attempt, 0);
  clouds.fault = nullptr;
  work();
  EXPECT_EQ(get(run).state, RunState::kSuccess);
  EXPECT_EQ(rows().size(), 6U);
}

TEST_F(RunsTest, AWorkerThatLostItsLeaseWritesNothingMore) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  const store::Run run = start(conn);
  ASSERT_TRUE(engine.handle(Context(), *claim()).ok());
  const store::Job slow = *claim("slow");
  bool once = false;
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page != 2 || once) return std::nullopt;
    once = true;
    clock.advance(Millis(31'000));
    const auto taken = claim("quick");
    EXPECT_TRUE(taken);
    if (!taken) return std::nullopt;
    EXPECT_TRUE(engine.handle(Context(), *taken).ok());
    EXPECT_EQ(get(run).state, RunState::kSuccess);
    return std::nullopt;
  };
  const auto late = engine.handle(Context(), slow);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Code::kConflict);
  EXPECT_EQ(rows().size(), 6U);
  EXPECT_EQ(get(run).counts.created, 6);
}

TEST_F(RunsTest, AWorkerThatLostItsLeaseIsFencedOffWhileTheOtherOneIsStillReading) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  const store::Run run = start(conn);
  ASSERT_TRUE(engine.handle(Context(), *claim()).ok());
  const store::Job slow = *claim("slow");
  int depth = 0;
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (depth == 1) throw Crash();  // the other one has begun, and gets no further
    if (place.page != 2) return std::nullopt;
    ++depth;
    clock.advance(Millis(31'000));
    EXPECT_THROW(static_cast<void>(engine.handle(Context(), *claim("quick"))), Crash);
    ++depth;
    return std::nullopt;
  };
  const auto late = engine.handle(Context(), slow);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Code::kConflict);
  EXPECT_EQ(rows().size(), 2U) << "only the first page, from when the lease was its own";
  EXPECT_EQ(scope(run).state, RunState::kRunning);
  EXPECT_EQ(scope(run).attempt, 2);
  clouds.fault = nullptr;
  clock.advance(Millis(31'000));
  work();
  EXPECT_EQ(get(run).state, RunState::kSuccess);
  EXPECT_EQ(rows().size(), 6U);
}

TEST_F(RunsTest, AKilledWorkerLosesNothingWhereverItDies) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 7);
  discover(conn);
  std::vector<std::string> expected;
  // Every transaction of a run, killed right before and right after its commit.
  for (int at = 0; at < 12; ++at) {
    for (const bool after : {false, true}) {
      const std::string fresh = fmt::format("i-9{:02}{}", at, after ? "b" : "a");
      const std::string gone = estate().begin()->first;
      estate().erase(gone);
      estate()[fresh] = named(fresh);
      const store::Run run = start(conn);
      store->writes = 0;
      store->crash_at = at;
      store->after_commit = after;
      store->armed = true;
      const store::Run ended = work_through(run);
      store->armed = false;
      EXPECT_EQ(ended.state, RunState::kSuccess) << ended.message;
      std::set<std::string> want;
      for (const auto& [id, item] : estate()) want.insert(id);
      EXPECT_EQ(active(), want) << "killed at " << at << (after ? " after" : " before");
      EXPECT_FALSE(row(gone)->active);
      EXPECT_EQ(ended.counts.retired, 1);
      EXPECT_EQ(ended.counts.created, 1);
    }
  }
  EXPECT_EQ(rows().size(), 7U + 24U) << "nothing twice";
}

TEST_F(RunsTest, AScopeWhoseWorkersKeepDyingFails) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 4);
  discover(conn);
  estate().erase("i-000");
  clouds.fault = [](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page == 2) throw Crash();
    return std::nullopt;
  };
  const store::Run run = work_through(start(conn));
  EXPECT_EQ(run.state, RunState::kFailed);
  EXPECT_THAT(run.message, HasSubstr("5 tries"));
  EXPECT_TRUE(row("i-000")->active);
}

TEST_F(RunsTest, OldRunsArePruned) {
  const ObjectId conn = connect(ann_id, "acc");
  for (int i = 0; i < 55; ++i) {
    clock.advance(Millis(1000));
    discover(conn);
  }
  EXPECT_EQ(runs.list(Context(), conn, 100, "")->runs.size(), 50U);
}

TEST_F(RunsTest, JobsCarryNoSecrets) {
  const ObjectId conn = connect(ann_id, "very-secret-account");
  start(conn);
  while (const auto job = claim()) {
    EXPECT_EQ(json::write(job->payload).find("very-secret"), std::string::npos);
    ASSERT_TRUE(engine.handle(Context(), *job).ok());
  }
}

}  // namespace
}  // namespace maestro::discovery
