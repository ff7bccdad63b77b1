#include "discovery/reconcile.h"

#include <gmock/gmock.h>

#include "discovery/bed_test.h"
#include "store_sqlite/store.h"

namespace maestro::discovery {
namespace {

using store::RunState;
using testing::ElementsAre;

class Reconcile : public testing::Test, public Bed {
 protected:
  Reconcile()
      : Bed([](const std::string& path, const Clock& c) { return store_sqlite::open({.path = path, .clock = &c}); }) {}
  FakeClouds::Estate& estate() { return clouds.at("acc", "r1"); }
  ObjectId enter(const char* text, const ObjectId& owner) {
    auto view = inventory.create(user(owner), *model::find_entity("servers"), json::parse(text)->get_object());
    EXPECT_TRUE(view.ok()) << (view.ok() ? "" : view.error().message);
    return view.ok() ? view->document.id : ObjectId();
  }
  store::Document get_server(const ObjectId& id) {
    return **store->documents().find(Context(), *model::find_entity("servers"), id);
  }
};

TEST_F(Reconcile, CreatesWhatIsListedForThePeopleOfTheConnection) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 5);
  estate()["i-000"].fields["created_at"] = "2020-01-02T03:04:05Z";
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kSuccess) << run.message;
  EXPECT_EQ(run.counts.seen, 5);
  EXPECT_EQ(run.counts.created, 5);
  EXPECT_EQ(scope(run).pages, 3);
  const auto first = row("i-000");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, "aws/machines|i-000");
  EXPECT_EQ(first->access, connection(conn).access);
  EXPECT_EQ(to_iso(first->created), "2020-01-02T03:04:05.000Z");
  EXPECT_EQ(first->updated, clock.now());
  EXPECT_EQ(json::write(first->body.at("owner").as_object()),
            R"({"email":"ann@x.org","_id":")" + ann_id.hex() + R"(","refs":"users"})");
  EXPECT_EQ(json::write(first->body.at("accountant")), "[\"" + conn.hex() + "\"]");
  EXPECT_FALSE(first->body.contains("active"));
  EXPECT_FALSE(first->body.contains("created_at"));
  EXPECT_THAT(verbs(*first), ElementsAre("create"));
  const auto entry = history(*first).front();
  EXPECT_EQ(entry.run, run.id);
  EXPECT_EQ(entry.actor, (Principal{Principal::Kind::kConnection, conn}));
  EXPECT_EQ(entry.actor_name, "to acc");
  const auto view = inventory.get(ann(), *model::find_entity("servers"), first->id);
  EXPECT_TRUE(view.ok()) << "the connection's people may read it";
  EXPECT_FALSE(inventory.get(user(bob_id), *model::find_entity("servers"), first->id).ok());
}

TEST_F(Reconcile, SecondReadingOfAnUnchangedEstateWritesNothing) {
  const ObjectId conn = connect(ann_id, "acc", {"r1", "r2"});
  fill(estate(), 9);
  fill(clouds.at("acc", "r2"), 4, 100);
  discover(conn);
  std::map<std::string, std::int64_t> revs;
  for (const auto& document : rows()) revs[document.id.hex()] = document.rev;
  ASSERT_EQ(revs.size(), 13U);
  const std::size_t history_before = history_size();
  clock.advance(Millis(60'000));
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kSuccess);
  EXPECT_EQ(run.counts.unchanged, 13);
  EXPECT_EQ(run.counts.created + run.counts.updated + run.counts.retired, 0);
  EXPECT_EQ(history_size(), history_before);
  for (const auto& document : rows()) EXPECT_EQ(document.rev, revs[document.id.hex()]);
}

TEST_F(Reconcile, WritesWhatChangedAndClearsWhatTheProviderCleared) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 3);
  estate()["i-001"].fields["ipv4_public"] = "1.2.3.4";
  discover(conn);
  clock.advance(Millis(1000));
  estate()["i-001"].fields["name"] = "renamed";
  estate()["i-001"].fields.erase("ipv4_public");
  const store::Run run = discover(conn);
  EXPECT_EQ(run.counts.updated, 1);
  EXPECT_EQ(run.counts.unchanged, 2);
  const auto changed = row("i-001");
  EXPECT_EQ(changed->body.at("name"), "renamed");
  EXPECT_FALSE(changed->body.contains("ipv4_public"));
  EXPECT_EQ(changed->updated, clock.now());
  EXPECT_THAT(verbs(*changed), ElementsAre("create", "update"));
  const json::Value changes = json::parse_trusted(history(*changed).front().changes);
  ASSERT_EQ(changes.as_array().size(), 2U) << json::write(changes);
}

TEST_F(Reconcile, VanishedIsRetiredAndComesBackAsTheSameDocument) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 4);
  discover(conn);
  const FakeItem gone = estate()["i-002"];
  const ObjectId id = row("i-002")->id;
  estate().erase("i-002");
  store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kSuccess);
  EXPECT_EQ(run.counts.retired, 1);
  auto document = row("i-002");
  EXPECT_FALSE(document->active);
  EXPECT_EQ(json::write(document->body.at("accountant")), "[]");
  EXPECT_EQ(history(*document).front().run, run.id);
  estate()["i-002"] = gone;
  run = discover(conn);
  EXPECT_EQ(run.counts.revived, 1);
  document = row("i-002");
  EXPECT_TRUE(document->active);
  EXPECT_EQ(document->id, id);
  EXPECT_THAT(verbs(*document), ElementsAre("create", "retire", "revive"));
}

TEST_F(Reconcile, TerminatedIsRetiredAndNeverCreated) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 3);
  estate()["i-002"].fields["active"] = false;
  discover(conn);
  EXPECT_FALSE(row("i-002"));
  estate()["i-001"].fields["active"] = false;
  store::Run run = discover(conn);
  EXPECT_EQ(run.counts.retired, 1);
  EXPECT_FALSE(row("i-001")->active);
  EXPECT_THAT(verbs(*row("i-001")), ElementsAre("create", "retire"));
  estate().erase("i-001");
  const std::int64_t entries = static_cast<std::int64_t>(history_size());
  run = discover(conn);
  EXPECT_EQ(run.state, RunState::kSuccess);
  EXPECT_EQ(run.counts.retired, 0) << "it was retired before it left the list";
  EXPECT_EQ(static_cast<std::int64_t>(history_size()), entries);
}

TEST_F(Reconcile, AdoptsAHandMadeRowByItsProviderId) {
  const ObjectId conn = connect(ann_id, "acc");
  const ObjectId by_hand = enter(R"({"name":"my own name","unique_id":"i-000"})", ann_id);
  fill(estate(), 2);
  estate()["i-000"].fields["cpu"] = 8;
  const store::Run run = discover(conn);
  EXPECT_EQ(run.counts.adopted, 1);
  EXPECT_EQ(run.counts.created, 1);
  EXPECT_EQ(rows().size(), 2U);
  const store::Document document = get_server(by_hand);
  EXPECT_EQ(document.key, "aws/machines|i-000");
  EXPECT_EQ(document.body.at("cpu"), 8) << "what nobody typed is the provider's to say";
  EXPECT_EQ(document.body.at("name"), "my own name") << "what a person chose stays";
  EXPECT_TRUE(inventory::is_pinned(document, "name"));
  EXPECT_THAT(verbs(document), ElementsAre("create", "adopt"));
  EXPECT_EQ(discover(conn).counts.unchanged, 2);
}

TEST_F(Reconcile, AdoptsAHandMadeRowByItsInstanceId) {
  const ObjectId conn = connect(ann_id, "acc");
  const ObjectId by_hand = enter(R"({"name":"n","datacenters":{"name":"DC","instance_id":"i-001"}})", ann_id);
  fill(estate(), 2);
  EXPECT_EQ(discover(conn).counts.adopted, 1);
  EXPECT_EQ(rows().size(), 2U);
  EXPECT_EQ(get_server(by_hand).key, "aws/machines|i-001");
}

TEST_F(Reconcile, NeverAdoptsAnotherOwnersRow) {
  const ObjectId conn = connect(ann_id, "acc");
  const ObjectId bobs = enter(R"({"name":"bobs","unique_id":"i-000"})", bob_id);
  fill(estate(), 1);
  EXPECT_EQ(discover(conn).counts.created, 1);
  EXPECT_TRUE(get_server(bobs).key.empty());
  EXPECT_EQ(get_server(bobs).body.at("name"), "bobs");
}

TEST_F(Reconcile, NeverAdoptsWhatAnotherResourceDiscovered) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 1);
  fill(clouds.at("acc", "r1", "aws/boxes"), 1);
  discover(conn);
  EXPECT_EQ(discover(conn, "box-list").counts.adopted, 0);
  EXPECT_EQ(rows().size(), 2U);
}

TEST_F(Reconcile, AnIdThatOnlyMeansSomethingInItsPlaceIsAdoptedInThatPlaceOnly) {
  const ObjectId conn = connect(ann_id, "acc");
  const ObjectId elsewhere =
      enter(R"({"name":"n","unique_id":"1","datacenters":{"_id":"222222222222222222222222","name":"Other"}})", ann_id);
  estate()["1"] = named("vm");
  estate()["1"].key = "cloud/r1/1";
  EXPECT_EQ(discover(conn).counts.created, 1);
  EXPECT_TRUE(get_server(elsewhere).key.empty());
}

TEST_F(Reconcile, APersonsFieldsSurviveReadings) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 2);
  estate()["i-000"].fields["role"] = "web";
  discover(conn);
  const store::Document before = *row("i-000");
  const auto patched =
      inventory.patch(ann(), *before.entity, before.id, {{"name", "mine"}, {"environment", "Production"}});
  ASSERT_TRUE(patched.ok()) << patched.error().message;
  estate()["i-000"].fields["name"] = "theirs";
  estate()["i-000"].fields["role"] = "db";
  EXPECT_EQ(discover(conn).counts.updated, 1);
  store::Document after = *row("i-000");
  EXPECT_EQ(after.body.at("name"), "mine");
  EXPECT_EQ(after.body.at("environment"), "Production");
  EXPECT_EQ(after.body.at("role"), "db");
  ASSERT_TRUE(inventory.unpin(ann(), *before.entity, before.id, "name").ok());
  discover(conn);
  EXPECT_EQ(row("i-000")->body.at("name"), "theirs");
}

TEST_F(Reconcile, WhatAPersonDeletedComesBackWhileTheCloudHasIt) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 2);
  discover(conn);
  const store::Document document = *row("i-000");
  ASSERT_TRUE(inventory.remove(ann(), *document.entity, document.id).ok());
  EXPECT_EQ(discover(conn).counts.revived, 1);
  EXPECT_TRUE(row("i-000")->active);
}

TEST_F(Reconcile, TwoTenantsWithTheSameIdsNeverTouchEachOther) {
  const ObjectId anns = connect(ann_id, "acc");
  const ObjectId bobs = connect(bob_id, "acc-of-bob");
  fill(estate(), 3);
  fill(clouds.at("acc-of-bob", "r1"), 3);
  discover(anns);
  discover(bobs);
  EXPECT_EQ(rows().size(), 6U);
  clouds.at("acc-of-bob", "r1").erase("i-001");
  clouds.at("acc-of-bob", "r1")["i-002"].fields["name"] = "changed";
  discover(bobs);
  discover(anns);
  EXPECT_EQ(active(), (std::set<std::string>{"i-000", "i-001", "i-002"}));
  EXPECT_EQ(active(bob_id), (std::set<std::string>{"i-000", "i-002"}));
  EXPECT_EQ(row("i-002")->body.at("name"), "vm 2");
  EXPECT_EQ(row("i-002", bob_id)->body.at("name"), "changed");
}

TEST_F(Reconcile, AConnectionThatChangedHandsLeavesTheOldOwnersRowsAlone) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 2);
  discover(conn);
  set_connection(conn, [&](store::Document& document) { document.owner.id = bob_id; });
  estate()["i-000"].fields["name"] = "new";
  estate().erase("i-001");
  discover(conn);
  EXPECT_EQ(row("i-000", ann_id)->body.at("name"), "vm 0");
  EXPECT_TRUE(row("i-001", ann_id)->active);
  const auto bobs = row("i-000", bob_id);
  ASSERT_TRUE(bobs);
  EXPECT_EQ(bobs->body.at("name"), "new");
}

TEST_F(Reconcile, TwoConnectionsOfOneOwnerShareRowsUntilNeitherSeesThem) {
  const ObjectId one = connect(ann_id, "acc");
  const ObjectId two = connect(ann_id, "acc2");
  fill(estate(), 3);
  fill(clouds.at("acc2", "r1"), 3);
  discover(one);
  EXPECT_EQ(discover(two).counts.created, 0);
  EXPECT_EQ(rows().size(), 3U);
  std::set<std::string> both{one.hex(), two.hex()};
  json::Array expected;
  for (const auto& id : both) expected.emplace_back(id);
  EXPECT_EQ(json::write(row("i-000")->body.at("accountant")), json::write(json::Value(expected)));

  estate().erase("i-001");
  store::Run run = discover(one);
  EXPECT_EQ(run.counts.retired, 0);
  EXPECT_TRUE(row("i-001")->active) << "the other connection still sees it";
  EXPECT_EQ(json::write(row("i-001")->body.at("accountant")), "[\"" + two.hex() + "\"]");
  clouds.at("acc2", "r1").erase("i-001");
  run = discover(two);
  EXPECT_EQ(run.counts.retired, 1);
  EXPECT_FALSE(row("i-001")->active);
}

TEST_F(Reconcile, AValueThatChangesBackIsNotUnchangedForTheOtherConnection) {
  const ObjectId one = connect(ann_id, "acc");
  const ObjectId two = connect(ann_id, "acc");
  fill(estate(), 2);
  discover(one);
  discover(two);
  const FakeItem before = estate()["i-000"];
  estate()["i-000"].fields["active"] = false;
  estate()["i-001"].fields["name"] = "for a moment";
  discover(one);
  estate()["i-000"] = before;
  estate()["i-001"].fields["name"] = "vm 1";
  discover(two);
  EXPECT_TRUE(row("i-000")->active);
  EXPECT_EQ(row("i-001")->body.at("name"), "vm 1");
}

TEST_F(Reconcile, TwoDatacenterEntriesForOneAccountDoNotFightForEver) {
  const ObjectId one = connect(ann_id, "acc");
  const ObjectId two = connect(ann_id, "acc", {"r1"}, "222222222222222222222222");
  fill(estate(), 2);
  for (int i = 0; i < 2; ++i) {
    discover(one);
    discover(two);
  }
  const std::size_t entries = history_size();
  for (int i = 0; i < 3; ++i) {
    discover(one);
    discover(two);
  }
  EXPECT_EQ(history_size(), entries);
}

TEST_F(Reconcile, FailedEnrichmentKeepsItsFieldsAndIsMendedNextTime) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 1);
  estate()["i-000"].fields["cpu"] = 4;
  discover(conn);
  estate()["i-000"].fields.erase("cpu");
  estate()["i-000"].keep = {"cpu"};
  clouds.bend = [](const auto&, provider::Page& page) { page.doubts.emplace_back("sizes could not be read"); };
  store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_EQ(row("i-000")->body.at("cpu"), 4);
  estate()["i-000"].keep.clear();
  clouds.bend = nullptr;
  discover(conn);
  EXPECT_FALSE(row("i-000")->body.contains("cpu")) << "a whole reading without it clears it";
}

TEST_F(Reconcile, FlavorsOfTheSameDatacenterGiveProcessorsAndMemory) {
  const ObjectId other = connect(ann_id, "other", {"r1"}, "222222222222222222222222");
  const ObjectId conn = connect(ann_id, "acc");
  clouds.at("other", "r1", "aws/sizes")["1"] = {
      .fields = {{"name", "huge"}, {"vcpus", 64}, {"memory", 512}}, .flavor = {}, .keep = {}, .key = "other/1"};
  discover(other, "flavor-list");
  estate()["i-000"] = {.fields = {{"name", "vm"}}, .flavor = "1", .keep = {}, .key = {}};
  discover(conn);
  EXPECT_FALSE(row("i-000")->body.contains("cpu")) << "flavor 1 of another cloud is no answer";

  clouds.at("acc", "r1", "aws/sizes")["1"] = {
      .fields = {{"name", "tiny"}, {"vcpus", "2 vCPUs"}, {"memory", 2.048}}, .flavor = {}, .keep = {}, .key = "acc/1"};
  discover(conn, "flavor-list");
  EXPECT_EQ(discover(conn).counts.updated, 1) << "the look-up answers differently now";
  EXPECT_EQ(row("i-000")->body.at("cpu"), 2);
  EXPECT_EQ(row("i-000")->body.at("memory"), 2.048);
  EXPECT_EQ(discover(conn).counts.unchanged, 1);

  clouds.at("acc", "r1", "aws/sizes").erase("1");
  discover(conn, "flavor-list");
  discover(conn);
  EXPECT_EQ(row("i-000")->body.at("cpu"), 2) << "an unanswered look-up keeps what was known";
}

TEST_F(Reconcile, ADocumentOfInsaneSizeIsAnItemError) {
  const ObjectId conn = connect(ann_id, "acc");
  fill(estate(), 2);
  estate()["i-001"].fields["metas"] = json::Object{{"blob", std::string(300 << 10, 'x')}};
  const store::Run run = discover(conn);
  EXPECT_EQ(run.state, RunState::kPartial);
  EXPECT_EQ(run.counts.errors, 1);
  EXPECT_EQ(rows().size(), 1U);
  EXPECT_THAT(scope(run).message, testing::HasSubstr("too large"));
}

}  // namespace
}  // namespace maestro::discovery
