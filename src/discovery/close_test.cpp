#include <gmock/gmock.h>

#include "discovery/bed_test.h"
#include "store_sqlite/store.h"

// Taking away: when discovery may, when it must not, and when a person decides.

namespace maestro::discovery {
namespace {

using store::RunState;
using testing::HasSubstr;

class Close : public testing::Test, public Bed {
 protected:
  Close()
      : Bed([](const std::string& path, const Clock& c) { return store_sqlite::open({.path = path, .clock = &c}); }) {}
  FakeClouds::Estate& estate(const char* resource = "aws/machines") { return clouds.at("acc", "r1", resource); }
  void lose(int count, const char* resource = "aws/machines") {
    for (int i = 0; i < count; ++i) estate(resource).erase(estate(resource).begin());
  }
};

bool retried(Code code) { return code == Code::kThrottled || code == Code::kUnavailable; }

struct Fault {
  const char* name;
  Code code;
  int page;
  RunState state;
};
class Faults : public Close, public testing::WithParamInterface<Fault> {};

TEST_P(Faults, RetireNothingAndLeaveNothingOpen) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  discover(conn);
  lose(1);
  estate()["i-900"] = named("new");
  int asked = 0;
  clouds.fault = [&](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.page != GetParam().page) return std::nullopt;
    ++asked;
    return Error{.code = GetParam().code, .message = "the cloud said no"};
  };
  const store::Run run = work_through(start(conn));
  EXPECT_EQ(run.state, GetParam().state) << run.message;
  EXPECT_TRUE(run.finished);
  EXPECT_EQ(run.counts.retired, 0);
  EXPECT_TRUE(row("i-000")->active);
  EXPECT_THAT(scope(run).message, HasSubstr("the cloud said no"));
  EXPECT_EQ(scope(run).error_code, code_name(GetParam().code));
  EXPECT_FALSE(scope(run).hint.empty() && GetParam().code != Code::kInternal);
  EXPECT_EQ(asked, retried(GetParam().code) ? 5 : 1);
  EXPECT_EQ(json::text_or(connection(conn).body.at("process").as_object().at("server-list").as_object(), "state"),
            GetParam().state == RunState::kFailed ? "danger" : "warning");

  clouds.fault = nullptr;
  EXPECT_EQ(discover(conn).state, RunState::kSuccess);
  EXPECT_FALSE(row("i-000")->active) << "the next whole listing retires it";
}

INSTANTIATE_TEST_SUITE_P(OnEveryPage, Faults,
                         testing::Values(Fault{"ThrottledFirst", Code::kThrottled, 1, RunState::kFailed},
                                         Fault{"ThrottledMiddle", Code::kThrottled, 2, RunState::kPartial},
                                         Fault{"ThrottledLast", Code::kThrottled, 3, RunState::kPartial},
                                         Fault{"ThrottledEnd", Code::kThrottled, 4, RunState::kPartial},
                                         Fault{"DownFirst", Code::kUnavailable, 1, RunState::kFailed},
                                         Fault{"DownMiddle", Code::kUnavailable, 2, RunState::kPartial},
                                         Fault{"DownLast", Code::kUnavailable, 3, RunState::kPartial},
                                         Fault{"DownEnd", Code::kUnavailable, 4, RunState::kPartial},
                                         Fault{"SignedOutFirst", Code::kUnauthenticated, 1, RunState::kFailed},
                                         Fault{"SignedOutMiddle", Code::kUnauthenticated, 2, RunState::kFailed},
                                         Fault{"SignedOutEnd", Code::kUnauthenticated, 4, RunState::kFailed},
                                         Fault{"ForbiddenFirst", Code::kForbidden, 1, RunState::kFailed},
                                         Fault{"ForbiddenLast", Code::kForbidden, 3, RunState::kFailed},
                                         Fault{"InvalidFirst", Code::kInvalid, 1, RunState::kFailed},
                                         Fault{"InvalidMiddle", Code::kInvalid, 2, RunState::kFailed},
                                         Fault{"InternalMiddle", Code::kInternal, 2, RunState::kFailed}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Close, DoubtsRetireNothing) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  discover(conn);
  lose(1);
  clouds.bend = [](const FakeClouds::Place& place, provider::Page& page) {
    if (place.page == 2) page.doubts.emplace_back("an item came twice");
  };
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_THAT(run.message, HasSubstr("an item came twice"));
  EXPECT_TRUE(row("i-000")->active);
}

TEST_F(Close, ItemErrorsRetireNothingButTakeTheRest) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  discover(conn);
  lose(1);
  estate()["i-900"] = named("new");
  clouds.bend = [](const FakeClouds::Place& place, provider::Page& page) {
    if (place.page == 1) page.item_errors.emplace_back("item 7 makes no sense");
  };
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_EQ(run.counts.errors, 1);
  EXPECT_EQ(run.counts.created, 1);
  EXPECT_TRUE(row("i-000")->active);
}

TEST_F(Close, AnItemListedTwiceIsTakenOnceAndMakesTheListingDoubtful) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 4);
  discover(conn);
  lose(1);
  clouds.bend = [](const FakeClouds::Place&, provider::Page& page) { page.items.push_back(page.items.front()); };
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_EQ(rows().size(), 4U);
  EXPECT_TRUE(row("i-000")->active);
}

TEST_F(Close, AnEmptyListingIsALegitimateOne) {
  const ObjectId conn = connect(ann_id, "acc");
  EXPECT_EQ(discover(conn).state, RunState::kSuccess);
  fill(estate(), 3);
  discover(conn);
  lose(3);
  EXPECT_EQ(discover(conn).counts.retired, 3);
}

TEST_F(Close, WhatStillExistsByIdIsNotRetired) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  discover(conn);
  lose(2);
  clouds.hidden["acc"] = {"i-000"};
  store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_EQ(
      run.message,
      "1 resources were missing from the listing but still exist when asked for by id; nothing was retired for them");
  EXPECT_TRUE(row("i-000")->active);
  EXPECT_FALSE(row("i-001")->active);
  clouds.hidden.clear();
  run = discover(conn);
  EXPECT_EQ(run.state, RunState::kSuccess);
  EXPECT_FALSE(row("i-000")->active);
}

TEST_F(Close, AnUnansweredQuestionAboutIdsRetiresNothing) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 6);
  discover(conn);
  lose(2);
  clouds.confirm_fault = [](const std::vector<std::string>&) -> Result<std::vector<std::string>> {
    return unavailable("down");
  };
  store::Run run = work_through(start(conn));
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_EQ(run.counts.retired, 0);
  clouds.confirm_fault = [](const std::vector<std::string>&) -> Result<std::vector<std::string>> {
    return forbidden("no");
  };
  run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_EQ(run.counts.retired, 0);
  EXPECT_EQ(scope(run).error_code, "forbidden");
  EXPECT_TRUE(row("i-000")->active);
}

TEST_F(Close, ALargeDropIsHeldForAPerson) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 60);
  discover(conn, "box-list");
  lose(21, "aws/boxes");
  const store::Run run = discover(conn, "box-list");
  EXPECT_EQ(run.state, RunState::kHeld);
  EXPECT_FALSE(run.finished);
  EXPECT_EQ(active().size(), 60U);
  const json::Object shown = to_json(scope(run), &packs);
  EXPECT_EQ(shown.at("held").as_object().at("vanished"), 21);
  EXPECT_EQ(shown.at("held").as_object().at("of"), 60);
  EXPECT_EQ(shown.at("held").as_object().at("names").as_array().size(), 20U);
  EXPECT_EQ(shown.at("held").as_object().at("names").as_array()[0], "vm 0");
  EXPECT_EQ(shown.at("label"), "Boxes");
}

TEST_F(Close, ASmallShareOrASmallNumberIsNot) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 100);
  discover(conn, "box-list");
  lose(30, "aws/boxes");
  EXPECT_EQ(discover(conn, "box-list").counts.retired, 30) << "exactly the share";
  lose(20, "aws/boxes");
  EXPECT_EQ(discover(conn, "box-list").counts.retired, 20);
  estate("aws/boxes").clear();
  EXPECT_EQ(discover(conn, "box-list").state, RunState::kHeld);
}

TEST_F(Close, MachinesThatWereRetiredBeforeDoNotCountAsADrop) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 40);
  discover(conn, "box-list");
  for (auto& [id, item] : estate("aws/boxes"))
    if (id < "i-030") item.fields["active"] = false;
  EXPECT_EQ(discover(conn, "box-list").counts.retired, 30) << "the provider says it of each";
  lose(30, "aws/boxes");
  EXPECT_EQ(discover(conn, "box-list").state, RunState::kSuccess);
}

TEST_F(Close, AnApprovedDropIsReadAgainAndCarriedOut) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 60);
  discover(conn, "box-list");
  lose(30, "aws/boxes");
  store::Run run = discover(conn, "box-list");
  lose(2, "aws/boxes");             // a little more has gone since
  fill(estate("aws/boxes"), 1, 0);  // and one is back
  ASSERT_TRUE(runs.decide(ann(), run.id, scope(run).id, true).ok());
  EXPECT_EQ(get(run).state, RunState::kRunning);
  EXPECT_FALSE(runs.decide(ann(), run.id, scope(run).id, true).ok()) << "decided once";
  work();
  run = get(run);
  EXPECT_EQ(run.state, RunState::kSuccess) << run.message;
  EXPECT_EQ(run.counts.retired, 31);
  EXPECT_EQ(active().size(), 29U);
  EXPECT_TRUE(row("i-000")->active);
}

TEST_F(Close, AnApprovalDoesNotCoverAMuchLargerDrop) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 100);
  discover(conn, "box-list");
  lose(40, "aws/boxes");
  const store::Run run = discover(conn, "box-list");
  lose(50, "aws/boxes");
  ASSERT_TRUE(runs.decide(ann(), run.id, scope(run).id, true).ok());
  work();
  EXPECT_EQ(get(run).state, RunState::kHeld);
  EXPECT_EQ(json::int_or(scope(run).held, "vanished"), 90);
  EXPECT_EQ(active().size(), 100U);
}

TEST_F(Close, ARejectedDropRetiresNothing) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 60);
  discover(conn, "box-list");
  lose(30, "aws/boxes");
  const store::Run run = discover(conn, "box-list");
  const auto decided = runs.decide(ann(), run.id, scope(run).id, false);
  ASSERT_TRUE(decided.ok());
  EXPECT_EQ(decided->state, RunState::kCanceled);
  EXPECT_THAT(decided->message, HasSubstr("Rejected by ann"));
  EXPECT_EQ(work(), 0);
  EXPECT_EQ(active().size(), 60U);
}

TEST_F(Close, ALaterCompleteListingClosesTheHeldOne) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 60);
  discover(conn, "box-list");
  const auto whole = estate("aws/boxes");
  lose(30, "aws/boxes");
  const store::Run first = discover(conn, "box-list");
  const store::Run second = discover(conn, "box-list");
  EXPECT_NE(first.id, second.id) << "a held run does not keep the inventory from being fresh";
  EXPECT_EQ(get(first).state, RunState::kCanceled);
  EXPECT_EQ(get(second).state, RunState::kHeld) << "the newest one is where the decision is taken";
  EXPECT_EQ(runs.decide(ann(), first.id, scope(first).id, true).error().code, Code::kConflict);
  estate("aws/boxes") = whole;
  EXPECT_EQ(discover(conn, "box-list").state, RunState::kSuccess);
  EXPECT_EQ(get(second).state, RunState::kCanceled);
  EXPECT_EQ(active().size(), 60U);
}

TEST_F(Close, NothingIsApprovedWhileTheTaskIsBeingRead) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 60);
  discover(conn, "box-list");
  lose(30, "aws/boxes");
  const store::Run held = discover(conn, "box-list");
  start(conn, "box-list");
  EXPECT_EQ(runs.decide(ann(), held.id, scope(held).id, true).error().code, Code::kConflict);
}

TEST_F(Close, MoreThanCanBeAskedForIsHeld) {
  const ObjectId conn = connect(ann_id, "acc");
  clouds.page_size = 500;
  fill(estate(), 10'000);
  discover(conn);
  lose(2001);
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kHeld);
  EXPECT_EQ(clouds.asked_ids(), 0);
  ASSERT_TRUE(runs.decide(ann(), run.id, scope(run).id, true).ok());
  work();
  EXPECT_EQ(get(run).counts.retired, 2001);
  EXPECT_EQ(clouds.asked_ids(), 2001);
}

TEST_F(Close, ALongQuestioningNoticesACancellation) {
  const ObjectId conn = connect(ann_id, "acc");
  clouds.page_size = 500;
  fill(estate(), 3000);
  discover(conn);
  lose(800);
  const store::Run run = start(conn);
  clouds.confirm_fault = [&](std::vector<std::string> there) -> Result<std::vector<std::string>> {
    EXPECT_TRUE(runs.cancel(ann(), run.id).ok());
    return there;
  };
  work();
  EXPECT_EQ(get(run).state, RunState::kCanceled);
  EXPECT_EQ(clouds.asked_ids(), 200);
  EXPECT_EQ(active().size(), 1000U) << "as many as a list shows";
}

TEST_F(Close, OneRegionsFailureDoesNotTouchAnother) {
  const ObjectId conn = connect(ann_id, "acc", {"r1", "r2"});
  fill(clouds.at("acc", "r1"), 3);
  fill(clouds.at("acc", "r2"), 3, 100);
  discover(conn);
  clouds.at("acc", "r1").erase("i-001");
  clouds.at("acc", "r2").erase("i-101");
  clouds.fault = [](const FakeClouds::Place& place) -> std::optional<Error> {
    if (place.region == "r1") return forbidden("closed");
    return std::nullopt;
  };
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_THAT(run.message, HasSubstr("1 of 2 listings failed"));
  EXPECT_EQ(scope(run, 0).state, RunState::kFailed);
  EXPECT_EQ(scope(run, 1).state, RunState::kSuccess);
  EXPECT_TRUE(row("i-001")->active);
  EXPECT_FALSE(row("i-101")->active);
}

TEST_F(Close, ARegionTakenOffAConnectionIsSeenByItNoMore) {
  const ObjectId one = connect(ann_id, "acc", {"r1", "r2"});
  const ObjectId two = connect(ann_id, "acc", {"r1", "r2"});
  fill(clouds.at("acc", "r1"), 2);
  fill(clouds.at("acc", "r2"), 2, 100);
  discover(one);
  discover(two);
  set_connection(one, [](store::Document& document) { document.body["regions"] = json::Array{"r1"}; });
  const std::size_t entries = history_size();
  discover(one);
  EXPECT_EQ(history_size(), entries) << "nothing happened to the documents";
  EXPECT_EQ(json::write(row("i-100")->body.at("accountant")), "[\"" + two.hex() + "\"]");
  EXPECT_EQ(row("i-000")->body.at("accountant").as_array().size(), 2U);
  clouds.at("acc", "r2").erase("i-100");
  discover(two);
  EXPECT_FALSE(row("i-100")->active) << "the one that still looks there decides";
  EXPECT_TRUE(row("i-101")->active);
}

TEST_F(Close, WhatADeletedConnectionLeftBehindIsTakenOver) {
  const ObjectId old = connect(ann_id, "acc");
  fill(estate(), 6);
  discover(old);
  forget(old);
  work();
  EXPECT_EQ(active().size(), 6U) << "documents outlive their connection";
  lose(1);
  clouds.hidden["acc"] = {};
  const ObjectId conn = connect(ann_id, "acc");
  const ObjectId elsewhere = connect(ann_id, "empty", {"r1"}, "222222222222222222222222");
  discover(elsewhere);
  EXPECT_EQ(active().size(), 6U) << "another place's listing says nothing about them";
  const store::Run run = discover(conn);
  EXPECT_EQ(run.counts.created, 0) << "same rows";
  EXPECT_EQ(run.counts.retired, 1) << "asked for by id, and gone";
  EXPECT_EQ(active().size(), 5U);
}

TEST_F(Close, AnotherAccountOfTheSamePlaceSaysNothingAboutWhatADeletedConnectionSaw) {
  const ObjectId old = connect(ann_id, "acc");
  fill(estate(), 3);
  for (auto& [id, item] : estate()) item.fields["metas"] = json::Object{{"account_id", "1234"}};
  discover(old);
  forget(old);
  work();
  const ObjectId other = connect(ann_id, "acc2");
  EXPECT_EQ(discover(other).counts.retired, 0);
  fill(clouds.at("acc2", "r1"), 1, 100);
  clouds.at("acc2", "r1")["i-100"].fields["metas"] = json::Object{{"account_id", "5678"}};
  EXPECT_EQ(discover(other).counts.retired, 0);
  EXPECT_EQ(active().size(), 4U);
  lose(1);
  EXPECT_EQ(discover(connect(ann_id, "acc")).counts.retired, 1) << "its own account may";
}

TEST_F(Close, WhatNobodySeesAndNobodyCanAskForIsLeftAlone) {
  const ObjectId old = connect(ann_id, "acc");
  fill(estate("aws/boxes"), 4);
  discover(old, "box-list");
  forget(old);
  work();
  lose(1, "aws/boxes");
  const ObjectId conn = connect(ann_id, "acc");
  EXPECT_EQ(discover(conn, "box-list").counts.retired, 0);
  EXPECT_EQ(active().size(), 4U);
}

TEST_F(Close, ForgettingAConnectionTakesItOffEverythingItSaw) {
  const ObjectId one = connect(ann_id, "acc");
  const ObjectId two = connect(ann_id, "acc2");
  fill(estate(), 3);
  fill(clouds.at("acc2", "r1"), 2);
  discover(one);
  discover(two);
  const std::size_t entries = history_size();
  forget(one);
  work();
  EXPECT_EQ(history_size(), entries + 1) << "only the deletion itself is told";
  EXPECT_EQ(active().size(), 3U);
  EXPECT_EQ(json::write(row("i-002")->body.at("accountant")), "[]");
  EXPECT_EQ(json::write(row("i-000")->body.at("accountant")), "[\"" + two.hex() + "\"]");
  for (const auto& document : rows())
    for (const auto& source : inventory::sources(document)) EXPECT_NE(source.by, one);
  EXPECT_EQ((*store->ledger().seen_counts(Context(), std::vector<ObjectId>{one, two})),
            (std::vector<std::int64_t>{0, 2}));
  clouds.hidden["acc2"] = {"i-002"};
  discover(two);
  EXPECT_EQ(history_size(), entries + 1) << "the other one states the same values again";
}

}  // namespace
}  // namespace maestro::discovery
