#include "inventory/renames.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <thread>

#include "inventory/inventory.h"
#include "store_sqlite/store.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;

Object object(std::string_view text) { return json::parse(text)->get_object(); }

struct Killed {};

/// Dies right before or right after the n-th commit, as a process does that is killed.
class MortalStore final : public store::Store {
 public:
  explicit MortalStore(store::Store& real) : real_(real) {}
  void observe(store::Observer& observer) override { real_.observe(observer); }
  store::Documents& documents() override { return real_.documents(); }
  store::Vault& vault() override { return real_.vault(); }
  store::Ledger& ledger() override { return real_.ledger(); }
  store::Requests& requests() override { return real_.requests(); }
  store::Accounts& accounts() override { return real_.accounts(); }
  Result<void> tend(const Context& context) override { return real_.tend(context); }
  Result<void> write(const Context& context, Priority priority, const Work& work) override {
    const bool here = left-- == 0;
    if (here && !after_commit) throw Killed();
    auto done = real_.write(context, priority, work);
    if (here) throw Killed();
    return done;
  }
  int left = -1;
  bool after_commit = false;

 private:
  store::Store& real_;
};

class RenamesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("maestro-renames-" + ObjectId::generate().hex());
    std::filesystem::create_directories(folder_);
    auto opened = store_sqlite::open({.path = (folder_ / "m.db").string(), .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
    mortal_ = std::make_unique<MortalStore>(*store_);
    renames_ = std::make_unique<Renames>(*mortal_, Renames::Options{.page = 4, .batch = 2});
    store_->observe(*renames_);
    inventory_ = std::make_unique<Inventory>(*store_);
    ann_.actor = {.principal = {Principal::Kind::kUser, ObjectId::generate()}, .name = "ann", .email = "ann@x.org"};
    ann_.actor.user = ann_.actor.principal.id;
  }
  void TearDown() override {
    inventory_.reset();
    renames_.reset();
    mortal_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static const model::Entity& kind(const char* name) { return *model::find_entity(name); }
  ObjectId make(const char* entity, const Object& body) {
    const auto made = inventory_->create(ann_, kind(entity), body);
    EXPECT_TRUE(made.ok()) << entity << ": " << made.error().message << " " << made.error().details_json;
    return made.ok() ? made->document.id : ObjectId();
  }
  void rename(const char* entity, const ObjectId& id, const Object& body) {
    const auto done = inventory_->patch(ann_, kind(entity), id, body);
    ASSERT_TRUE(done.ok()) << done.error().message << " " << done.error().details_json;
  }
  /// A document as nobody's rules shape it.
  ObjectId plant(const char* entity, const Object& body, bool active = true) {
    store::Document document;
    document.entity = &kind(entity);
    document.active = active;
    document.body = body;
    const auto done = store_->write(ann_, store::Store::Priority::kBulk, [&](store::Transaction& tx) -> Result<void> {
      document.created = document.updated = tx.now();
      return store_->documents().insert(tx, document, {.verb = "create", .changes = {}});
    });
    EXPECT_TRUE(done.ok()) << entity << ": " << done.error().message;
    clock_.advance(Millis(1));
    return document.id;
  }
  store::Document read(const char* entity, const ObjectId& id) {
    const auto found = store_->documents().find(ann_, kind(entity), id);
    return found.ok() && *found ? **found : store::Document();
  }
  std::string at(const char* entity, const ObjectId& id, const char* path) {
    const store::Document document = read(entity, id);
    const Value* value = json::find(document.body, path);
    return value == nullptr ? "" : json::scalar_text(*value);
  }
  /// Does every job, later passes too; false when it was killed.
  bool work() {
    for (int i = 0; i < 500; ++i) {
      clock_.advance(Millis(60'000));
      const auto job = store_->ledger().claim_job(ann_, kRenameLane, "w", Millis(30'000));
      EXPECT_TRUE(job.ok());
      if (!job.ok()) return true;
      if (!*job) {
        if (i > 3 && idle_++ > 5) return true;
        continue;
      }
      idle_ = 0;
      try {
        const auto done = renames_->handle(ann_, **job);
        EXPECT_TRUE(done.ok()) << done.error().message;
      } catch (const Killed&) {
        return false;
      }
    }
    return true;
  }
  std::size_t history_of(const char* entity, const ObjectId& id) {
    return store_->documents().history(ann_, {.row = read(entity, id).row})->size();
  }

  int idle_ = 0;
  FakeClock clock_{from_ms(1'800'000'000'000)};
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<MortalStore> mortal_;
  std::unique_ptr<Renames> renames_;
  std::unique_ptr<Inventory> inventory_;
  Context ann_;
};

TEST_F(RenamesTest, EveryMatchingMemberOfEveryPlaceFollows) {
  const ObjectId app = make("applications", object(R"({"name":"shop","family":"Application"})"));
  const Object copy{{"_id", app.hex()}, {"name", "shop"}, {"family", "Application"}, {"endpoint", "e"}};
  const Object other{{"_id", ObjectId::generate().hex()}, {"name", "shop"}};
  const ObjectId server = plant("servers", {{"name", "s"}, {"applications", json::Array{copy, other, copy}}});
  const ObjectId gone = plant("servers", {{"name", "s"}, {"applications", json::Array{copy}}}, false);
  const ObjectId needs = plant("applications", {{"name", "n"}, {"deps", json::Array{other, copy}}});
  const ObjectId system = plant("system", {{"name", "y"}, {"entry", json::Array{copy}}});
  const store::Document before = read("servers", server);
  clock_.advance(Millis(5'000));
  rename("applications", app, object(R"({"name":"store","family":"Database"})"));
  ASSERT_TRUE(work());
  const Object now{{"_id", app.hex()}, {"name", "store"}, {"family", "Database"}, {"endpoint", "e"}};
  EXPECT_EQ(json::write(read("servers", server).body.at("applications")),
            json::write(Value(json::Array{now, other, now})));
  EXPECT_EQ(json::write(read("servers", gone).body.at("applications")), json::write(Value(json::Array{now})));
  EXPECT_EQ(json::write(read("applications", needs).body.at("deps")), json::write(Value(json::Array{other, now})));
  EXPECT_EQ(json::write(read("system", system).body.at("entry")), json::write(Value(json::Array{now})));
  EXPECT_EQ(read("servers", server).updated, before.updated);
  EXPECT_EQ(history_of("servers", server), 1U);
}

TEST_F(RenamesTest, ListsAndColumnsSayTheNewNameOfADatacenter) {
  const ObjectId dc = make("datacenters", object(R"({"name":"old","provider":"AWS"})"));
  const Object copy{{"_id", dc.hex()}, {"name", "old"}, {"region", "r1"}};
  std::vector<std::pair<const char*, ObjectId>> all;
  for (const char* entity : {"servers", "applications", "volume", "networks", "images", "flavors", "snapshots"})
    for (int i = 0; i < 6; ++i) all.emplace_back(entity, plant(entity, {{"name", "x"}, {"datacenters", copy}}));
  const ObjectId connection = plant("connections", {{"name", "c"}, {"dc_id", dc.hex()}, {"dc", "old"}});
  rename("datacenters", dc, object(R"({"name":"new","provider":"AWS"})"));
  ASSERT_TRUE(work());
  for (const auto& [entity, id] : all) EXPECT_EQ(at(entity, id, "datacenters.name"), "new") << entity;
  EXPECT_EQ(at("connections", connection, "dc"), "new");
  store::ListSpec spec{.entity = &kind("servers"), .viewer = {.everything = true}};
  spec.filter.children.push_back({.kind = store::Filter::Kind::kLeaf,
                                  .leaf = {.path = "datacenters.name", .values = {Value("new")}},
                                  .children = {}});
  const auto page = store_->documents().list(ann_, spec);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->total, 6);
  EXPECT_NE(page->items[0].text.find("\"new\""), std::string::npos);
}

TEST_F(RenamesTest, AMailAddressMovesRowsToOtherSetsAndEditsNone) {
  store::Document person;
  person.entity = &kind("users");
  person.id = ann_.actor.user;
  person.body = object(R"({"name":"ann","email":"ann@x.org"})");
  ASSERT_TRUE(store_
                  ->write(ann_, store::Store::Priority::kBulk,
                          [&](store::Transaction& tx) { return store_->documents().insert(tx, person, {}); })
                  .ok());
  const ObjectId first = make("servers", object(R"({"name":"a"})"));
  const ObjectId second = make("volume", object(R"({"name":"disk","size":8,"unique_id":"vol-1"})"));
  const store::SetId old_set = read("servers", first).access;
  const std::string old_wire = store_->documents().access(old_set)->wire;
  rename("users", person.id, object(R"({"email":"anna@x.org"})"));
  ASSERT_TRUE(work());
  const store::SetId set = read("servers", first).access;
  EXPECT_NE(set, old_set);
  EXPECT_EQ(read("volume", second).access, set);
  EXPECT_NE(store_->documents().access(set)->wire.find("anna@x.org"), std::string::npos);
  EXPECT_EQ(store_->documents().access(old_set)->wire, old_wire);
  EXPECT_TRUE(inventory_->get(ann_, kind("servers"), first).ok());
}

TEST_F(RenamesTest, TellNoStrangerWhoHasWrittenAnId) {
  const ObjectId dc = make("datacenters", object(R"({"name":"old","provider":"AWS"})"));
  const ObjectId team = make("teams", object(R"({"name":"crew"})"));
  const Object copy{{"name", "x"}, {"datacenters", Object{{"_id", dc.hex()}, {"name", "guess"}}}};
  const ObjectId own = make("servers", copy);
  const Context ann = ann_;
  const auto person = [&](const char* name) {
    ann_.actor.principal.id = ann_.actor.user = ObjectId::generate();
    ann_.actor.name = name;
    return ann_.actor.user;
  };
  const auto grant = [&](const char* entity, const ObjectId& id, const char* refs, const ObjectId& holder) {
    return inventory_->add_role(ann, kind(entity), id, {{"id", holder.hex()}, {"refs", refs}, {"role", "1"}}).ok();
  };
  person("mallory");
  const ObjectId spying = make("servers", copy);
  ASSERT_TRUE(inventory_
                  ->add_role(ann_, kind("servers"), spying,
                             {{"id", team.hex()}, {"refs", "teams"}, {"role", "1"}, {"name", "guess"}})
                  .ok());
  ASSERT_TRUE(grant("datacenters", dc, "users", person("bob")));
  const ObjectId of_reader = make("servers", copy);
  ASSERT_TRUE(grant("datacenters", dc, "teams", team));
  ASSERT_TRUE(grant("teams", team, "users", person("carol")));
  const ObjectId of_member = make("servers", copy);
  ann_ = ann;
  rename("datacenters", dc, object(R"({"name":"new","provider":"AWS"})"));
  rename("teams", team, object(R"({"name":"staff"})"));
  ASSERT_TRUE(work());
  EXPECT_EQ(at("servers", own, "datacenters.name"), "new");
  EXPECT_EQ(at("servers", of_reader, "datacenters.name"), "new");
  EXPECT_EQ(at("servers", of_member, "datacenters.name"), "new");
  EXPECT_EQ(at("servers", spying, "datacenters.name"), "guess");
  EXPECT_EQ(store_->documents().access(read("servers", spying).access)->wire.find("staff"), std::string::npos);
  EXPECT_NE(store_->documents().access(read("datacenters", dc).access)->wire.find("staff"), std::string::npos);
}

TEST_F(RenamesTest, KilledAtAnyCommitItEndsTheSame) {
  for (const bool after : {false, true}) {
    for (int at_write = 0; at_write < 12; ++at_write) {
      const ObjectId dc = make("datacenters", object(R"({"name":"old","provider":"AWS"})"));
      std::vector<ObjectId> servers;
      for (int i = 0; i < 9; ++i)
        servers.push_back(
            plant("servers", {{"name", "x"}, {"datacenters", Object{{"_id", dc.hex()}, {"name", "old"}}}}));
      rename("datacenters", dc, object(R"({"name":"new","provider":"AWS"})"));
      mortal_->after_commit = after;
      mortal_->left = at_write;
      work();
      mortal_->left = -1;
      ASSERT_TRUE(work());
      for (const ObjectId& id : servers) ASSERT_EQ(at("servers", id, "datacenters.name"), "new") << at_write;
    }
  }
}

TEST_F(RenamesTest, UnderConcurrentEditsNoEditIsLostAndTheLastNameStays) {
  const ObjectId dc = make("datacenters", object(R"({"name":"name0","provider":"AWS"})"));
  std::vector<ObjectId> servers;
  for (int i = 0; i < 12; ++i) {
    const ObjectId id = make("servers", object(R"({"name":"x"})"));
    ASSERT_TRUE(inventory_
                    ->patch(ann_, kind("servers"), id,
                            Object{{"name", "x"}, {"datacenters", Object{{"_id", dc.hex()}, {"name", "name0"}}}})
                    .ok());
    servers.push_back(id);
  }
  std::map<std::string, int> last;
  std::jthread editor([&] {
    std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same edits each time
    for (int i = 0; i < 300; ++i) {
      const ObjectId& id = servers[random() % servers.size()];
      const auto done = inventory_->patch(ann_, kind("servers"), id, Object{{"name", "x"}, {"cpu", i + 1}});
      ASSERT_TRUE(done.ok()) << done.error().message;
      last[id.hex()] = i + 1;
    }
  });
  for (int i = 1; i <= 5; ++i) {
    rename("datacenters", dc, Object{{"name", "name" + std::to_string(i)}, {"provider", "AWS"}});
    work();
  }
  editor.join();
  work();
  for (const ObjectId& id : servers) {
    EXPECT_EQ(at("servers", id, "datacenters.name"), "name5");
    if (last.contains(id.hex())) {
      EXPECT_EQ(at("servers", id, "cpu"), std::to_string(last[id.hex()]));
    }
  }
}

}  // namespace
}  // namespace maestro::inventory
