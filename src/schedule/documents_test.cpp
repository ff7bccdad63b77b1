#include <gmock/gmock.h>

#include "discovery/bed_test.h"
#include "discovery/events.h"
#include "schedule/schedules.h"
#include "store_sqlite/store.h"

namespace maestro::schedule {
namespace {

using discovery::Bed;
using json::Object;
using store::Document;

class ScheduleDocument : public testing::Test, public Bed {
 protected:
  ScheduleDocument()
      : Bed([](const std::string& path, const Clock& c) { return store_sqlite::open({.path = path, .clock = &c}); }) {}

  ObjectId connected() {
    const ObjectId conn = connect(ann_id, "acc");
    in_write([&](store::Transaction& tx) { return schedules.create(tx, connection(conn)); });
    work();
    return conn;
  }
  void in_write(const store::Store::Work& what) {
    const auto done = store->write(ann(), store::Store::Priority::kInteractive, what);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  std::vector<Document> documents(const ObjectId& conn, std::string_view task = "server-list") {
    std::vector<Document> out;
    in_write([&](store::Transaction& tx) -> Result<void> {
      TRY_ASSIGN(out, find_documents(*store, tx, conn, task));
      return {};
    });
    return out;
  }
  Document document(const ObjectId& conn, std::string_view task = "server-list") {
    const auto all = documents(conn, task);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Document() : all.front();
  }
  store::Schedule timer(const ObjectId& conn, std::string_view task = "server-list") {
    const auto all = *schedules.list(Context(), conn);
    for (const auto& one : all)
      if (one.task == task) return one;
    ADD_FAILURE() << "no timer";
    return {};
  }
  Result<void> patch(const Document& which, const Object& body, const Context& who) {
    const auto done = ruled.patch(who, scheduler_entity(), which.id, body);
    return done.ok() ? Result<void>() : Result<void>(done.error());
  }
  std::vector<store::HistoryRow> history(const Document& which) {
    return *store->documents().history(Context(), {.row = which.row});
  }
  std::vector<store::ListItem> events_of(const Principal& who) {
    return store->documents()
        .list(Context(), {.entity = model::find_entity("events"), .viewer = {.readers = {who}}})
        .value()
        .items;
  }

  Schedules schedules{*store, runs, clock};
  inventory::Inventory ruled{*store,
                             {{"scheduler", [this](store::Transaction& tx, const Document* before, Document& after) {
                                 return schedules.follow(tx, before, after);
                               }}}};
};

TEST_F(ScheduleDocument, EachTaskOfANewConnectionHasOne) {
  const ObjectId conn = connected();
  EXPECT_EQ(documents(conn, "").size(), 3U);
  const Document one = document(conn);
  EXPECT_THAT(std::string(json::text_or(one.body, "name")),
              testing::StartsWith("connections - server-list - " + conn.hex() + " ("));
  EXPECT_EQ(json::text_or(one.body, "endpoint"), "crawler/AWS/" + conn.hex() + "/server-list");
  EXPECT_EQ(json::write(one.body.at("interval")), R"({"every":5,"period":"minutes"})");
  EXPECT_EQ(json::write(one.body.at("link")),
            R"({"name":"to acc","_id":")" + conn.hex() + R"(","task":"server-list","provider":"AWS"})");
  EXPECT_EQ(json::text_or(one.body, "source"), "discovery");
  EXPECT_EQ(one.access, connection(conn).access);
  ASSERT_EQ(history(one).size(), 1U);
  EXPECT_EQ(history(one).front().verb, "create");
}

TEST_F(ScheduleDocument, SetsItsTimer) {
  const ObjectId conn = connected();
  ASSERT_TRUE(patch(document(conn), {{"interval", {{"every", 2}, {"period", "hours"}}}}, ann()).ok());
  EXPECT_EQ(timer(conn).every, 2);
  EXPECT_EQ(timer(conn).period, "hours");
  EXPECT_GE(timer(conn).next_at, clock.now() + Millis(7'200'000));
  ASSERT_TRUE(patch(document(conn), {{"enabled", false}}, ann()).ok());
  EXPECT_FALSE(timer(conn).enabled);
  ASSERT_TRUE(patch(document(conn), {{"enabled", true}, {"run_immediately", true}}, ann()).ok());
  EXPECT_TRUE(timer(conn).enabled);
  // It was true already: a client that sends back what it read does not start a run.
  EXPECT_GT(timer(conn).next_at, clock.now());
  EXPECT_TRUE(json::bool_or(document(conn).body, "crawling"));
}

TEST_F(ScheduleDocument, RefusesWhatNoTimerCanDo) {
  const ObjectId conn = connected();
  const Document before = document(conn);
  for (const Object& body :
       {Object{{"interval", {{"every", 5}, {"period", "moons"}}}}, Object{{"interval", {{"every", 0}}}},
        Object{{"interval", {{"every", 1.5}}}}, Object{{"period_type", "cron"}}}) {
    const auto done = patch(before, body, ann());
    ASSERT_FALSE(done.ok()) << json::write(body);
    EXPECT_EQ(done.error().code, Code::kInvalid);
  }
  EXPECT_EQ(document(conn).rev, before.rev);
  EXPECT_EQ(history(before).size(), 1U);
}

TEST_F(ScheduleDocument, NeedsRightsOnTheConnectionToo) {
  const ObjectId conn = connected();
  const ObjectId bob = ObjectId::generate();
  const Document own = document(conn);
  const Object grant{{"id", bob.hex()}, {"refs", "users"}, {"role", "7"}};
  ASSERT_TRUE(ruled.add_role(ann(), scheduler_entity(), own.id, grant).ok());
  EXPECT_EQ(patch(own, {{"enabled", false}}, user(bob, "bob")).error().code, Code::kForbidden);
  EXPECT_EQ(ruled.remove(user(bob, "bob"), scheduler_entity(), own.id).error().code, Code::kForbidden);
  const Object body{{"name", "mine"},
                    {"endpoint", "x"},
                    {"task", "connections"},
                    {"link", {{"_id", conn.hex()}, {"task", "server-list"}}}};
  EXPECT_EQ(ruled.create(user(bob, "bob"), scheduler_entity(), body).error().code, Code::kForbidden);
  EXPECT_TRUE(timer(conn).enabled);
  Object reader = grant;
  reader["role"] = "3";
  ASSERT_TRUE(ruled.add_role(ann(), discovery::connections_entity(), conn, reader).ok());
  EXPECT_TRUE(patch(own, {{"enabled", false}}, user(bob, "bob")).ok());
  EXPECT_FALSE(timer(conn).enabled);
}

TEST_F(ScheduleDocument, StopsItsTimerWhenItIsDeletedAndStartsItWhenItIsRestored) {
  const ObjectId conn = connected();
  const Document one = document(conn);
  ASSERT_TRUE(ruled.remove(ann(), scheduler_entity(), one.id).ok());
  EXPECT_FALSE(timer(conn).enabled);
  in_write([&](store::Transaction& tx) { return schedules.refresh(tx, connection(conn)); });
  EXPECT_TRUE(documents(conn).empty()) << "a change of the connection does not bring it back";
  ASSERT_TRUE(ruled.restore(ann(), scheduler_entity(), one.id).ok());
  EXPECT_TRUE(timer(conn).enabled);
}

TEST_F(ScheduleDocument, FollowsItsTimer) {
  const ObjectId conn = connected();
  ASSERT_TRUE(schedules.change(ann(), conn, "server-list", {.enabled = false, .every = 30, .period = {}}).ok());
  EXPECT_EQ(json::write(document(conn).body.at("interval")), R"({"every":30,"period":"minutes"})");
  EXPECT_FALSE(json::bool_or(document(conn).body, "enabled", true));
  EXPECT_EQ(history(document(conn)).front().verb, "update");

  ASSERT_TRUE(ruled.remove(ann(), scheduler_entity(), document(conn).id).ok());
  ASSERT_TRUE(schedules.change(ann(), conn, "server-list", {.enabled = true, .every = {}, .period = {}}).ok());
  EXPECT_TRUE(json::bool_or(document(conn).body, "enabled")) << "what runs again is listed again";
}

TEST_F(ScheduleDocument, AnotherOneOfTheTaskTakesOver) {
  const ObjectId conn = connected();
  const Document first = document(conn);
  const Object body = *schedules.describe(ann(), connection(conn), "server-list");
  const auto second = ruled.create(ann(), scheduler_entity(), body);
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_LE(timer(conn).next_at, clock.now()) << "it runs at once";
  ASSERT_TRUE(ruled.remove(ann(), scheduler_entity(), first.id).ok());
  EXPECT_TRUE(timer(conn).enabled);
  ASSERT_TRUE(ruled.remove(ann(), scheduler_entity(), second->document.id).ok());
  EXPECT_FALSE(timer(conn).enabled);
}

TEST_F(ScheduleDocument, EndsAndComesBackWithItsConnection) {
  const ObjectId conn = connected();
  ASSERT_TRUE(patch(document(conn), {{"interval", {{"every", 9}, {"period", "hours"}}}}, ann()).ok());
  const Document deleted = document(conn, "flavor-list");
  ASSERT_TRUE(ruled.remove(ann(), scheduler_entity(), deleted.id).ok());
  clock.advance(Millis(1000));
  const Time ended = clock.now();
  in_write([&](store::Transaction& tx) { return schedules.remove(tx, conn); });
  EXPECT_TRUE(documents(conn, "").empty());
  EXPECT_TRUE(schedules.list(Context(), conn)->empty());
  clock.advance(Millis(1000));
  in_write([&](store::Transaction& tx) { return schedules.restore(tx, connection(conn), ended); });
  EXPECT_EQ(documents(conn, "").size(), 2U);
  EXPECT_EQ(timer(conn).every, 9);
  EXPECT_FALSE(timer(conn, "flavor-list").enabled) << "what a person had deleted before stays deleted";
}

TEST_F(ScheduleDocument, CountsItsRunsWithoutHistory) {
  const ObjectId conn = connected();
  const std::size_t rows = history(document(conn)).size();
  clock.advance(Millis(6 * 60'000));
  ASSERT_EQ(*schedules.tick(Context()), 1);
  const Document one = document(conn);
  EXPECT_EQ(json::int_or(one.body, "total_run_count"), 2);
  EXPECT_EQ(json::text_or(one.body, "last_run_at"), to_iso(clock.now()));
  EXPECT_FALSE(json::bool_or(one.body, "run_immediately"));
  EXPECT_EQ(history(one).size(), rows);
  EXPECT_LT(one.updated, clock.now());
}

TEST_F(ScheduleDocument, IsMadeForATimerFromBeforeThereWereAny) {
  const ObjectId conn = connect(ann_id, "acc");
  in_write([&](store::Transaction& tx) {
    store::Schedule old{
        .connection = conn, .task = "server-list", .every = 5, .period = "minutes", .next_at = tx.now()};
    return store->ledger().insert_schedule(tx, old);
  });
  ASSERT_EQ(*schedules.tick(Context()), 1);
  EXPECT_EQ(json::text_or(document(conn).body, "source"), "discovery");
}

TEST_F(ScheduleDocument, HasAnEventForEachScheduledRun) {
  const ObjectId conn = connected();
  const Document one = document(conn);
  const Principal itself{Principal::Kind::kSchedule, one.id};
  EXPECT_TRUE(events_of(itself).empty()) << "the first runs were asked for by a person";
  const std::size_t written = store->documents().history(Context(), {.limit = 500})->size();
  clock.advance(Millis(6 * 60'000));
  ASSERT_EQ(*schedules.tick(Context()), 1);
  clouds.fault = [](const discovery::FakeClouds::Place&) -> std::optional<Error> {
    return unauthenticated("wrong key");
  };
  work();
  clouds.fault = nullptr;
  clock.advance(Millis(6 * 60'000));
  ASSERT_EQ(*schedules.tick(Context()), 1);
  work();
  const auto items = events_of(itself);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_THAT(items[0].text, testing::HasSubstr(R"("msg":"server-list of to acc: 0 found")"));
  EXPECT_THAT(items[0].text, testing::HasSubstr(R"("status":"success")"));
  EXPECT_THAT(items[1].text, testing::HasSubstr(R"("status":"danger")"));
  EXPECT_EQ(events_of({Principal::Kind::kUser, ann_id}).size(), 2U);
  EXPECT_TRUE(events_of({Principal::Kind::kUser, ObjectId::generate()}).empty());
  EXPECT_TRUE(events_of({Principal::Kind::kSchedule, document(conn, "box-list").id}).empty());
  EXPECT_EQ(store->documents().history(Context(), {.limit = 500})->size(), written);

  EXPECT_EQ(*discovery::expire_events(*store, Context(), clock.now() + Millis(15LL * 24 * 3'600'000), 100), 1)
      << "the newest document of a store stays until there is another";
}

TEST_F(ScheduleDocument, TheOptionsSayHowOften) {
  Document options;
  options.entity = model::find_entity("adminer");
  options.body = {
      {"key", "scheduler_options"},
      {"value",
       {{"configs", json::Array{Object{{"name", "connections"},
                                       {"url", "go/<task>/<_id>"},
                                       {"method", "POST"},
                                       {"options", {{"server-list", {{"every", 7}, {"period", "weeks"}}}}}}}}}}};
  in_write([&](store::Transaction& tx) { return store->documents().insert(tx, options, {.verb = "create"}); });
  const ObjectId conn = connected();
  EXPECT_EQ(timer(conn).every, 7);
  EXPECT_EQ(timer(conn).period, "weeks");
  EXPECT_EQ(timer(conn, "flavor-list").every, 14) << "the packs' own period";
  EXPECT_EQ(json::text_or(document(conn).body, "endpoint"), "go/server-list/" + conn.hex());
  EXPECT_EQ(json::text_or(document(conn).body, "method"), "POST");
}

}  // namespace
}  // namespace maestro::schedule
