#include "inventory/inventory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "inventory/provenance.h"
#include "store_sqlite/store.h"

namespace maestro::inventory {
namespace {

using json::Object;

Object object(std::string_view text) { return json::parse(text)->get_object(); }

class InventoryTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("maestro-inventory-" + ObjectId::generate().hex());
    std::filesystem::create_directories(folder_);
    auto opened = store_sqlite::open({.path = (folder_ / "m.db").string(), .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
    inventory_ = std::make_unique<Inventory>(*store_);
  }
  void TearDown() override {
    inventory_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static Context as(const char* name) {
    static std::map<std::string, ObjectId> ids;
    ObjectId& id = ids[name];
    if (!id) id = ObjectId::generate();
    Context context;
    context.actor = {.principal = {Principal::Kind::kUser, id},
                     .name = name,
                     .email = std::string(name) + "@x",
                     .user = id,
                     .run = {}};
    return context;
  }
  ObjectId make(const Context& context, std::string_view body = R"({"name":"web-1"})") {
    auto made = inventory_->create(context, servers_, object(body));
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made->document.id;
  }
  std::vector<std::string> verbs(const Context& context, const ObjectId& id) {
    std::vector<std::string> out;
    const auto found = store_->documents().find(context, servers_, id);
    const auto rows = store_->documents().history(context, {.row = (*found)->row});
    for (const auto& row : *rows) out.push_back(row.verb);
    return out;
  }
  static Object role(const Context& holder, const char* word) {
    return {{"refs", "users"}, {"id", holder.actor.user.hex()}, {"role", word}};
  }

  FakeClock clock_{from_ms(1'800'000'000'000)};
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Inventory> inventory_;
  const model::Entity& servers_ = *model::find_entity("servers");
};

TEST_F(InventoryTest, MakerAdministersAndOthersSeeNothing) {
  const ObjectId id = make(as("alice"));
  EXPECT_TRUE(inventory_->get(as("alice"), servers_, id).ok());
  EXPECT_EQ(inventory_->get(as("bob"), servers_, id).error().code, Code::kNotFound);
  EXPECT_EQ(inventory_->patch(as("bob"), servers_, id, object(R"({"name":"x"})")).error().code, Code::kForbidden);
  EXPECT_EQ(inventory_->remove(as("bob"), servers_, id).error().code, Code::kForbidden);
}

TEST_F(InventoryTest, RolesOpenExactlyWhatTheySay) {
  const ObjectId id = make(as("alice"));
  ASSERT_TRUE(inventory_->add_role(as("alice"), servers_, id, role(as("bob"), "1")).ok());
  EXPECT_TRUE(inventory_->get(as("bob"), servers_, id).ok());
  EXPECT_FALSE(inventory_->patch(as("bob"), servers_, id, object(R"({"name":"x"})")).ok());
  EXPECT_FALSE(inventory_->add_role(as("alice"), servers_, id, role(as("bob"), "3")).ok()) << "holds one already";
  ASSERT_TRUE(
      inventory_
          ->put_role(as("alice"), servers_, id, as("bob").actor.user.hex(), object(R"({"refs":"users","role":"3"})"))
          .ok());
  EXPECT_TRUE(inventory_->patch(as("bob"), servers_, id, object(R"({"name":"x"})")).ok());
  EXPECT_FALSE(inventory_->remove(as("bob"), servers_, id).ok());
  EXPECT_FALSE(inventory_->add_role(as("bob"), servers_, id, role(as("carol"), "1")).ok());
  ASSERT_TRUE(inventory_->remove_role(as("alice"), servers_, id, as("bob").actor.user.hex()).ok());
  EXPECT_FALSE(inventory_->get(as("bob"), servers_, id).ok());
}

TEST_F(InventoryTest, LastAdministratorStays) {
  const ObjectId id = make(as("alice"));
  const std::string alice = as("alice").actor.user.hex();
  EXPECT_FALSE(inventory_->remove_role(as("alice"), servers_, id, alice).ok());
  EXPECT_FALSE(inventory_->put_role(as("alice"), servers_, id, alice, object(R"({"refs":"users","role":"1"})")).ok());
  EXPECT_FALSE(inventory_->put_roles(as("alice"), servers_, id, json::Array{}).ok());
  ASSERT_TRUE(inventory_->add_role(as("alice"), servers_, id, role(as("bob"), "7")).ok());
  EXPECT_TRUE(inventory_->remove_role(as("alice"), servers_, id, alice).ok());
}

TEST_F(InventoryTest, AGrantChangesNoOtherDocument) {
  const ObjectId one = make(as("alice"));
  const ObjectId two = make(as("alice"), R"({"name":"web-2"})");
  ASSERT_TRUE(inventory_->add_role(as("alice"), servers_, one, role(as("bob"), "1")).ok());
  EXPECT_TRUE(inventory_->get(as("bob"), servers_, one).ok());
  EXPECT_FALSE(inventory_->get(as("bob"), servers_, two).ok());
}

TEST_F(InventoryTest, EveryWriteLeavesOneHistoryRowAndARefusalNone) {
  const Context alice = as("alice");
  const ObjectId id = make(alice);
  EXPECT_TRUE(inventory_->patch(alice, servers_, id, object(R"({"name":"web-1"})")).ok()) << "nothing changes";
  EXPECT_TRUE(inventory_->patch(alice, servers_, id, object(R"({"name":"web-9"})")).ok());
  EXPECT_FALSE(inventory_->patch(alice, servers_, id, object(R"({"name":""})")).ok());
  EXPECT_TRUE(inventory_->add_role(alice, servers_, id, role(as("bob"), "1")).ok());
  EXPECT_TRUE(inventory_->remove(alice, servers_, id).ok());
  EXPECT_FALSE(inventory_->remove(alice, servers_, id).ok());
  EXPECT_TRUE(inventory_->restore(alice, servers_, id).ok());
  EXPECT_EQ(verbs(alice, id), (std::vector<std::string>{"restore", "delete", "grant", "update", "create"}));
}

TEST_F(InventoryTest, DeletedDocumentsAreReadableButNotWritable) {
  const Context alice = as("alice");
  const ObjectId id = make(alice);
  ASSERT_TRUE(inventory_->remove(alice, servers_, id).ok());
  const auto view = inventory_->get(alice, servers_, id);
  ASSERT_TRUE(view.ok());
  EXPECT_FALSE(view->document.active);
  EXPECT_EQ(inventory_->patch(alice, servers_, id, object(R"({"name":"x"})")).error().code, Code::kForbidden);
  EXPECT_EQ(inventory_->put(alice, servers_, id, object(R"({"name":"x"})")).error().code, Code::kForbidden);
}

TEST_F(InventoryTest, PutReplacesButKeepsOwnerAccessAndTimes) {
  const Context alice = as("alice");
  const ObjectId id = make(alice, R"({"name":"web-1","role":"db","cpu":2})");
  const auto before = inventory_->get(alice, servers_, id);
  clock_.advance(Millis(5000));
  const auto after =
      inventory_->put(alice, servers_, id, object(R"({"name":"web-2","owner":{"name":"mallory"},"roles":[]})"));
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_FALSE(after->document.body.contains("role"));
  EXPECT_FALSE(after->document.body.contains("cpu"));
  EXPECT_EQ(after->document.body.at("checksum"), "tombstone");
  EXPECT_EQ(after->document.body.at("owner"), before->document.body.at("owner"));
  EXPECT_EQ(after->document.created, before->document.created);
  EXPECT_EQ(after->document.access, before->document.access);
  EXPECT_GT(after->document.updated, before->document.updated);
}

TEST_F(InventoryTest, ATeamOwnsWhatItsMemberMakesAndHistoryNamesThePerson) {
  Context member = as("alice");
  member.actor.principal = {Principal::Kind::kTeam, ObjectId::generate()};
  member.actor.team_name = "net";
  const std::string team = member.actor.principal.id.hex();
  const ObjectId id = make(member);
  const auto view = inventory_->get(member, servers_, id);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(json::write(view->document.body.at("owner")), R"({"name":"net","_id":")" + team + R"(","refs":"teams"})");
  EXPECT_EQ(view->access->wire, R"([{"refs":"teams","_id":")" + team + R"(","name":"net","role":7}])");
  EXPECT_TRUE(inventory_->patch(member, servers_, id, object(R"({"name":"web-2"})")).ok());
  const auto rows = store_->documents().history(member, {.row = view->document.row});
  for (const auto& row : *rows) EXPECT_EQ(row.actor, (Principal{Principal::Kind::kUser, member.actor.user}));
  EXPECT_FALSE(inventory_->get(as("alice"), servers_, id).ok()) << "a role of the team is none of its member";

  Context both = as("alice");
  both.actor.also = {member.actor.principal};
  EXPECT_TRUE(inventory_->get(both, servers_, id).ok()) << "read together";
  EXPECT_FALSE(inventory_->patch(both, servers_, id, object(R"({"name":"web-3"})")).ok()) << "never written";
}

TEST_F(InventoryTest, ATeamIsAdministeredByAPerson) {
  const model::Entity& teams = *model::find_entity("teams");
  const auto made = inventory_->create(as("alice"), teams, object(R"({"name":"net"})"));
  ASSERT_TRUE(made.ok()) << made.error().message;
  const ObjectId id = made->document.id;
  const Object other{{"refs", "teams"}, {"id", ObjectId::generate().hex()}, {"role", "7"}};
  ASSERT_TRUE(inventory_->add_role(as("alice"), teams, id, other).ok());
  EXPECT_FALSE(inventory_->remove_role(as("alice"), teams, id, as("alice").actor.user.hex()).ok());
  ASSERT_TRUE(inventory_->add_role(as("alice"), teams, id, role(as("bob"), "7")).ok());
  EXPECT_TRUE(inventory_->remove_role(as("alice"), teams, id, as("alice").actor.user.hex()).ok());
}

TEST_F(InventoryTest, ProviderIdIsUniqueWithinAnOwnerOnly) {
  make(as("alice"), R"({"name":"a","unique_id":"i-1"})");
  const auto again = inventory_->create(as("alice"), servers_, object(R"({"name":"b","unique_id":"i-1"})"));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_EQ(again.error().details_json, R"([{"failed":"i-1"}])");
  EXPECT_TRUE(inventory_->create(as("bob"), servers_, object(R"({"name":"b","unique_id":"i-1"})")).ok());
}

TEST_F(InventoryTest, WhatAPersonTypedAtCreationIsPinnedButDefaultsAreNot) {
  const Context alice = as("alice");
  const auto view =
      inventory_->get(alice, servers_, make(alice, R"({"name":"a","datacenters":{"instance_id":"i-1"}})"));
  EXPECT_TRUE(is_pinned(view->document, "name"));
  EXPECT_TRUE(is_pinned(view->document, "datacenters.instance_id"));
  EXPECT_FALSE(is_pinned(view->document, "datacenters.zone"));
  EXPECT_FALSE(is_pinned(view->document, "status"));
}

TEST_F(InventoryTest, WhatAPersonSetsIsPinnedUntilUnpinned) {
  const Context alice = as("alice");
  const ObjectId id = make(alice);
  ASSERT_TRUE(inventory_->patch(alice, servers_, id, object(R"({"name":"mine"})")).ok());
  auto view = inventory_->get(alice, servers_, id);
  EXPECT_TRUE(is_pinned(view->document, "name"));
  EXPECT_FALSE(inventory_->unpin(as("bob"), servers_, id, "name").ok());
  EXPECT_EQ(inventory_->unpin(alice, servers_, id, "cpu").error().code, Code::kNotFound);
  ASSERT_TRUE(inventory_->unpin(alice, servers_, id, "name").ok());
  view = inventory_->get(alice, servers_, id);
  EXPECT_FALSE(is_pinned(view->document, "name"));
}

TEST_F(InventoryTest, AChangeMeetsTheStateThatItExpects) {
  const Context alice = as("alice");
  const ObjectId id = make(alice);
  const auto rev = [&] { return inventory_->get(alice, servers_, id)->document.rev; };
  const auto only = [](std::int64_t one) { return Expected{{{one}}}; };
  const std::int64_t first = rev();
  ASSERT_TRUE(inventory_->patch(alice, servers_, id, object(R"({"name":"web-2"})"), {}, only(first)).ok());
  const auto before = verbs(alice, id);
  const std::int64_t second = rev();
  EXPECT_NE(first, second);
  const auto is_refused = [&](const Error& error) { return error.wire_name == moved_on().wire_name; };
  EXPECT_TRUE(is_refused(inventory_->patch(alice, servers_, id, object(R"({"name":"x"})"), {}, only(first)).error()));
  EXPECT_TRUE(is_refused(inventory_->put(alice, servers_, id, object(R"({"name":"x"})"), {}, only(first)).error()));
  EXPECT_TRUE(is_refused(inventory_->remove(alice, servers_, id, {}, only(first)).error()));
  EXPECT_TRUE(is_refused(
      inventory_->put_role(alice, servers_, id, id.hex(), object(R"({"refs":"users","role":"1"})"), only(first))
          .error()));
  EXPECT_TRUE(is_refused(inventory_->unpin(alice, servers_, id, "name", only(first)).error()));
  EXPECT_TRUE(is_refused(inventory_->remove(alice, servers_, id, {}, Expected{{{}}}).error())) << "no state at all";
  EXPECT_EQ(rev(), second);
  EXPECT_EQ(verbs(alice, id), before);
  // Who may not change it learns nothing about its state.
  EXPECT_EQ(inventory_->remove(as("bob"), servers_, id, {}, only(first)).error().code, Code::kForbidden);
  ASSERT_TRUE(inventory_->remove(alice, servers_, id, {}, only(second)).ok());
  EXPECT_TRUE(is_refused(inventory_->restore(alice, servers_, id, only(second)).error()));
  EXPECT_TRUE(inventory_->restore(alice, servers_, id, Expected{{{first, rev()}}}).ok());
}

}  // namespace
}  // namespace maestro::inventory
