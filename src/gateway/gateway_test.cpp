#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "gateway/form.h"
#include "inventory/inventory.h"
#include "inventory/provenance.h"
#include "store_sqlite/store.h"

namespace maestro::gateway {
namespace {

using json::Array;
using json::Object;
using json::Value;

Object object(const std::string& text) { return json::parse(text)->get_object(); }
Array array(const std::string& text) { return json::parse(text)->get_array(); }

class GatewayTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("maestro-gateway-" + ObjectId::generate().hex());
    std::filesystem::create_directories(folder_);
    auto opened = store_sqlite::open({.path = (folder_ / "m.db").string(), .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
    inventory_ = std::make_unique<inventory::Inventory>(*store_);
    gateway_ = std::make_unique<Gateway>(Gateway::Parts{.store = *store_, .keyring = keyring_});
    ann_ = person("ann");
    bob_ = person("bob");
    service_.actor = {.principal = {Principal::Kind::kSystem, {}}, .name = "service"};
  }
  void TearDown() override {
    gateway_.reset();
    inventory_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static const model::Entity& kind(const char* collection) { return *find_collection(collection); }
  Context person(const char* name) {
    store::Document user;
    user.entity = model::find_entity("users");
    user.body = Object{{"name", name}, {"email", std::string(name) + "@x.org"}};
    EXPECT_TRUE(store_
                    ->write({}, store::Store::Priority::kBulk,
                            [&](store::Transaction& tx) { return store_->documents().insert(tx, user, {}); })
                    .ok());
    Context out;
    out.actor = {.principal = {Principal::Kind::kUser, user.id}, .name = name, .email = std::string(name) + "@x.org"};
    out.actor.user = user.id;
    return out;
  }
  static std::string id_of(const Context& who) { return who.actor.user.hex(); }
  ObjectId make(const Context& who, const char* collection, const std::string& body) {
    const auto made = inventory_->create(who, kind(collection), object(body));
    EXPECT_TRUE(made.ok()) << made.error().message << made.error().details_json;
    return made.ok() ? made->document.id : ObjectId();
  }
  std::vector<std::string> names(const char* collection, const std::string& query) {
    const auto read = read_query(object(query), kind(collection));
    EXPECT_TRUE(read.ok()) << query << ": " << read.error().message;
    if (!read.ok()) return {};
    const auto page = gateway_->list(service_, kind(collection), *read, 200, 1);
    EXPECT_TRUE(page.ok()) << page.error().message;
    std::vector<std::string> out;
    for (const Object& item : page->items) out.emplace_back(json::text_or(item, "name"));
    std::sort(out.begin(), out.end());
    return out;
  }
  ItemResult write_one(const char* collection, const std::string& item) {
    const auto done = gateway_->write(service_, kind(collection), Array{json::parse(item).value()});
    EXPECT_TRUE(done.ok()) << done.error().message;
    return done.ok() ? done->front() : ItemResult();
  }
  store::Document read(const char* collection, const ObjectId& id) {
    return **store_->documents().find(service_, kind(collection), id);
  }
  std::vector<std::string> verbs(const char* collection, const ObjectId& id) {
    std::vector<std::string> out;
    const auto rows = store_->documents().history(service_, {.row = read(collection, id).row});
    for (const auto& row : *rows) out.push_back(row.verb + " " + row.actor_name);
    return out;
  }

  using Kind = ItemResult::Kind;
  using Names = std::vector<std::string>;
  FakeClock clock_{from_ms(1'800'000'000'000)};
  auth::Keyring keyring_ = *auth::Keyring::from_secret("a secret of at least thirty-two bytes");
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<inventory::Inventory> inventory_;
  std::unique_ptr<Gateway> gateway_;
  Context ann_, bob_, service_;
};

TEST_F(GatewayTest, QueriesMeanWhatTheyMeantToTheOriginal) {
  make(
      ann_, "servers",
      R"({"name":"web-1","cpu":4,"ipv4_private":"10.0.0.1","storage":[{"name":"a","size":8},{"name":"b","size":20}]})");
  make(ann_, "servers", R"({"name":"Web-2","cpu":8,"storage":[{"name":"a","size":20}]})");
  make(bob_, "servers", R"({"name":"db"})");
  const std::string ann = id_of(ann_);
  EXPECT_EQ(names("servers", "{}"), (Names{"Web-2", "db", "web-1"}));
  EXPECT_EQ(names("servers", R"({"roles._id":")" + ann + "\"}"), (Names{"Web-2", "web-1"}));
  EXPECT_EQ(names("servers", R"({"roles":{"$elemMatch":{"_id":")" + ann + R"(","role":{"$in":[3,7]}}},"cpu":4})"),
            (Names{"web-1"}));
  EXPECT_EQ(names("servers", R"({"name":["db","web-1"]})"), (Names{"db", "web-1"}));
  EXPECT_EQ(names("servers", R"({"name":{"$nin":["db"]}})"), (Names{"Web-2", "web-1"}));
  EXPECT_EQ(names("servers", R"({"name":{"$regex":"web"}})"), (Names{"web-1"}));
  EXPECT_EQ(names("servers", R"({"name":{"$regex":"web","$options":"i"}})"), (Names{"Web-2", "web-1"}));
  EXPECT_EQ(names("servers", R"({"cpu":{"$gt":4,"$lte":8}})"), (Names{"Web-2"}));
  EXPECT_EQ(names("servers", R"({"cpu":{"$exists":false}})"), (Names{"db"}));
  EXPECT_EQ(names("servers", R"({"cpu":null})"), (Names{"db"}));
  EXPECT_EQ(names("servers", R"({"cpu":{"$ne":4}})"), (Names{"Web-2", "db"}));
  EXPECT_EQ(names("servers", R"({"$or":[{"name":"db"},{"$and":[{"cpu":4},{"active":true}]}]})"),
            (Names{"db", "web-1"}));
  // One and the same element.
  EXPECT_EQ(names("servers", R"({"storage":{"$elemMatch":{"name":"a","size":20}}})"), (Names{"Web-2"}));
  EXPECT_EQ(names("servers", R"({"storage.name":"a","storage.size":20})"), (Names{"Web-2", "web-1"}));
  EXPECT_EQ(names("servers", R"({"updated_at":{"$gte":"2027-01-15T08:00:00.000Z"}})"), (Names{"Web-2", "db", "web-1"}));
  EXPECT_EQ(names("servers", R"({"updated_at":{"$gt":"2027-01-15T08:00:01"}})"), Names{});
}

TEST_F(GatewayTest, WhatIsNotAllowedIsRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"$where":"1"})", "$where"},
      {R"({"name":{"$function":1}})", "$function"},
      {R"({"name":{"$not":{"$eq":1}}})", "$not"},
      {R"({"_id":"zz"})", "zz"},
      {R"({"created_at":"yesterday"})", "yesterday"},
      {R"({"name":{"$regex":"("}})", "$regex"},
      {R"({"name":{"$in":"a"}})", "$in"},
      {R"({"$or":[{"roles._id":"5f00000000000000000000ff"}]})", "roles"},
      {R"({"$or":{}})", "$or"},
      {R"({"tags":{"$elemMatch":{"a":{"$elemMatch":{"b":1}}}}})", "$elemMatch"},
  };
  for (const auto& [query, word] : cases) {
    const auto read = read_query(object(query), kind("servers"));
    ASSERT_FALSE(read.ok()) << query;
    EXPECT_EQ(read.error().code, Code::kInvalid);
    EXPECT_NE(read.error().message.find(word), std::string::npos) << read.error().message;
  }
}

TEST_F(GatewayTest, AnItemNeedsAnOwnerThatMatchesTheStoredOne) {
  const ObjectId id = make(ann_, "servers", R"({"name":"web-1"})");
  const auto with_role = [&](const Context& who) {
    return R"({"_id":")" + id.hex() + R"(","cpu":9,"roles":[{"_id":")" + id_of(who) + R"(","refs":"users","role":7}]})";
  };
  EXPECT_EQ(write_one("servers", R"({"_id":")" + id.hex() + R"(","cpu":9})").error.code, Code::kForbidden);
  EXPECT_EQ(write_one("servers", with_role(bob_)).error.code, Code::kForbidden);
  EXPECT_FALSE(read("servers", id).body.contains("cpu"));
  EXPECT_EQ(write_one("servers", with_role(ann_)).kind, Kind::kUpdated);
  EXPECT_EQ(write_one("servers", with_role(ann_)).kind, Kind::kUnchanged);
  EXPECT_EQ(verbs("servers", id), (Names{"update service", "create ann"}));
  // Roles are never changed on this way.
  EXPECT_FALSE(inventory_->get(bob_, kind("servers"), id).ok());
  EXPECT_EQ(write_one("servers", R"({"name":"x"})").error.code, Code::kForbidden);
  EXPECT_EQ(write_one("adminer", R"({"key":"x"})").kind, Kind::kError);
  EXPECT_EQ(write_one("connections", R"({"name":"x","owner":{"_id":")" + id_of(ann_) + R"(","refs":"users"}})").kind,
            Kind::kError);
}

TEST_F(GatewayTest, ProviderIdsAreUniqueForAnOwner) {
  const auto item = [](const Context& who, int cpu) {
    return fmt::format(R"({{"unique_id":"i-1","name":"m","cpu":{},"roles":[{{"_id":"{}","refs":"users","role":7}}]}})",
                       cpu, id_of(who));
  };
  const ItemResult first = write_one("servers", item(ann_, 1));
  EXPECT_EQ(first.kind, Kind::kCreated);
  EXPECT_TRUE(first.by_selector);
  const ItemResult again = write_one("servers", item(ann_, 2));
  EXPECT_EQ(again.kind, Kind::kUpdated);
  EXPECT_EQ(again.id, first.id);
  const ItemResult other = write_one("servers", item(bob_, 3));
  EXPECT_EQ(other.kind, Kind::kCreated);
  EXPECT_NE(other.id, first.id);
  EXPECT_TRUE(inventory_->get(ann_, kind("servers"), first.id).ok());
  EXPECT_EQ(read("servers", first.id).created, clock_.now());
}

TEST_F(GatewayTest, OneBadItemLeavesTheOthersAlone) {
  const auto done = gateway_->write(service_, kind("servers"),
                                    array(R"([{"_id":"zz"},3,{"name":"good","owner":{"_id":")" + id_of(ann_) +
                                          R"(","refs":"users"}},{"$rename":{"a":"b"}},{"name":"x","active":"no"}])"));
  ASSERT_TRUE(done.ok());
  const Kind kinds[] = {Kind::kError, Kind::kError, Kind::kCreated, Kind::kError, Kind::kError};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ((*done)[i].kind, kinds[i]) << i;
  EXPECT_NE((*done)[3].error.message.find("$rename"), std::string::npos);
  EXPECT_EQ(names("servers", "{}"), Names{"good"});
}

TEST_F(GatewayTest, ServicesKeepTheirMarksWithoutNamingAnOwner) {
  const ObjectId dc = make(ann_, "datacenters", R"({"name":"dc-1","provider":"AWS"})");
  const std::string id = dc.hex();
  EXPECT_EQ(
      write_one("datacenters", R"({"_id":")" + id + R"(","$addToSet":{"tracker.t.c.r":{"$each":["a","b"]}}})").kind,
      Kind::kUpdated);
  EXPECT_EQ(write_one("datacenters", R"({"_id":")" + id + R"(","$addToSet":{"tracker.t.c.r":"a"}})").kind,
            Kind::kUnchanged);
  EXPECT_EQ(json::write(*json::find(read("datacenters", dc).body, "tracker.t.c.r")), R"(["a","b"])");
  EXPECT_EQ(write_one("datacenters", R"({"_id":")" + id + R"(","$unset":{"tracker.t.c.r":1}})").kind, Kind::kUpdated);
  EXPECT_EQ(write_one("datacenters", R"({"_id":")" + id + R"(","name":"mine"})").error.code, Code::kForbidden);
  EXPECT_EQ(verbs("datacenters", dc), Names{"create ann"});
  const ObjectId schedule = make(ann_, "schedulers", R"({"name":"daily","endpoint":"x","task":"webhook"})");
  EXPECT_EQ(write_one("schedulers", R"({"_id":")" + schedule.hex() + R"(","$inc":{"total_run_count":1}})").kind,
            Kind::kUpdated);
  EXPECT_EQ(json::int_or(read("schedulers", schedule).body, "total_run_count"), 2);
  const ItemResult event = write_one(
      "events", R"({"msg":"It ran","context":"scheduler","status":"success","active":true,"roles":[{"_id":")" +
                    schedule.hex() + R"(","refs":"scheduler","role":5}]})");
  EXPECT_EQ(event.kind, Kind::kCreated) << event.error.message;
  EXPECT_EQ(read("events", event.id).owner, ann_.actor.principal);
  Context itself = service_;  // whom GET /scheduler/:id/events asks as
  itself.actor.principal = {Principal::Kind::kSchedule, schedule};
  EXPECT_TRUE(inventory_->get(itself, kind("events"), event.id).ok());
  EXPECT_FALSE(inventory_->get(bob_, kind("events"), event.id).ok());
}

TEST_F(GatewayTest, WhatAConnectionReadsIsItsOwnAndAPersonsWordStays) {
  store::Document connection;
  connection.entity = &kind("connections");
  connection.body = Object{{"name", "aws-main"}};
  ASSERT_TRUE(store_
                  ->write({}, store::Store::Priority::kBulk,
                          [&](store::Transaction& tx) { return store_->documents().insert(tx, connection, {}); })
                  .ok());
  const auto item = [&](const char* name, int cpu) {
    return fmt::format(
        R"({{"unique_id":"i-1","name":"{}","cpu":{},"accountant":["{}"],"roles":[{{"_id":"{}","refs":"users","role":7}}]}})",
        name, cpu, connection.id.hex(), id_of(ann_));
  };
  const ItemResult made = write_one("servers", item("found", 2));
  ASSERT_EQ(made.kind, Kind::kCreated) << made.error.message;
  EXPECT_EQ(verbs("servers", made.id), Names{"create aws-main"});
  ASSERT_TRUE(inventory_->patch(ann_, kind("servers"), made.id, object(R"({"name":"mine"})")).ok());
  EXPECT_EQ(write_one("servers", item("found", 4)).kind, Kind::kUpdated);
  const store::Document now = read("servers", made.id);
  EXPECT_EQ(json::text_or(now.body, "name"), "mine");
  EXPECT_EQ(json::int_or(now.body, "cpu"), 4);
  EXPECT_TRUE(inventory::is_pinned(now, "name"));
}

TEST_F(GatewayTest, SyncRetiresWithHistoryAndOnlyForAnOwner) {
  const ObjectId a = make(ann_, "servers", R"({"name":"a","unique_id":"1"})");
  const ObjectId b = make(ann_, "servers", R"({"name":"b","unique_id":"2"})");
  const ObjectId c = make(bob_, "servers", R"({"name":"c","unique_id":"3"})");
  EXPECT_EQ(gateway_->sync(service_, kind("servers"), object("{}"), object(R"({"active":false})")).error().code,
            Code::kInvalid);
  const auto done =
      gateway_->sync(service_, kind("servers"),
                     object(R"({"active":true,"unique_id":{"$nin":["2"]},"roles._id":")" + id_of(ann_) + "\"}"),
                     object(R"({"active":false})"));
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done->matched, 1U);
  EXPECT_EQ(done->modified, 1U);
  EXPECT_FALSE(read("servers", a).active);
  EXPECT_TRUE(read("servers", b).active);
  EXPECT_TRUE(read("servers", c).active);
  EXPECT_EQ(verbs("servers", a).front(), "retire service");
}

TEST_F(GatewayTest, SyncSetsCopiesOfNamesInEveryMatchingElement) {
  const ObjectId app = ObjectId::generate();
  const ObjectId id = make(ann_, "servers",
                           R"({"name":"s","applications":[{"_id":")" + app.hex() +
                               R"(","name":"old"},{"_id":"5f00000000000000000000aa","name":"old"}]})");
  const auto done = gateway_->sync(service_, kind("servers"), Object{{"applications._id", app.hex()}},
                                   object(R"({"applications.$.name":"new"})"));
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done->modified, 1U);
  const Array links = read("servers", id).body.at("applications").get_array();
  EXPECT_EQ(json::text_or(links[0].get_object(), "name"), "new");
  EXPECT_EQ(json::text_or(links[1].get_object(), "name"), "old");
  for (const char* body : {R"({"conn":"x"})", R"({"roles":[]})", R"({"$set":1})", "{}", R"({"roles.$.role":7})"})
    EXPECT_FALSE(gateway_->sync(service_, kind("servers"), Object{{"roles._id", id_of(ann_)}}, object(body)).ok())
        << body;
}

TEST_F(GatewayTest, PivotsJoinWhatTheirHolderMayRead) {
  const ObjectId client = make(ann_, "clients", R"({"name":"acme"})");
  const std::string of_client = R"(,"clients":[{"_id":")" + client.hex() + R"(","name":"acme"}]})";
  const ObjectId system = make(ann_, "systems", R"({"name":"shop")" + of_client);
  make(bob_, "systems", R"({"name":"secret")" + of_client);
  make(ann_, "applications",
       R"({"name":"cart","family":"Application","system":[{"_id":")" + system.hex() + R"(","name":"shop"}]})");
  const std::string owner = id_of(ann_);
  const auto pipeline = read_pipeline(array(R"([{"$match":{"roles._id":")" + owner + R"("}},
        {"$lookup":{"from":"systems","localField":"_id","foreignField":"clients._id","as":"systems"}},
        {"$unwind":{"path":"$systems","preserveNullAndEmptyArrays":true}},
        {"$match":{"systems.roles._id":")" + owner +
                                            R"("}},
        {"$lookup":{"from":"applications","localField":"systems._id","foreignField":"system._id","as":"applications"}},
        {"$unwind":{"path":"$applications","preserveNullAndEmptyArrays":true}},
        {"$match":{"applications.roles._id":")" +
                                            owner + R"(","applications.family":"Application"}}])"),
                                      kind("clients"));
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
  const auto rows = gateway_->aggregate(service_, kind("clients"), *pipeline);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  const Object& row = rows->front();
  EXPECT_EQ(json::text_or(row, "name"), "acme");
  EXPECT_EQ(json::text_or(row.at("systems").get_object(), "name"), "shop");
  EXPECT_EQ(json::text_or(row.at("applications").get_object(), "name"), "cart");
}

TEST_F(GatewayTest, GraphsWalkDependenciesWithTheirDepthAndEndInCycles) {
  const ObjectId c = make(ann_, "applications", R"({"name":"app-c","family":"Database"})");
  const ObjectId hidden = make(bob_, "applications", R"({"name":"hidden","family":"Database"})");
  const auto dep = [](const ObjectId& id) { return R"({"_id":")" + id.hex() + R"(","name":"x"})"; };
  const ObjectId b =
      make(ann_, "applications", R"({"name":"app-b","family":"Cache","deps":[)" + dep(c) + "," + dep(hidden) + "]}");
  const ObjectId a = make(ann_, "applications", R"({"name":"app-a","family":"Application","deps":[)" + dep(b) + "]}");
  const auto cycle = inventory_->patch(ann_, kind("applications"), c,
                                       object(R"({"name":"app-c","family":"Database","deps":[)" + dep(a) + "]}"));
  ASSERT_TRUE(cycle.ok()) << cycle.error().message;
  const auto pipeline =
      read_pipeline(array(R"([{"$match":{"_id":{"$in":[")" + a.hex() + R"("]},"roles._id":")" + id_of(ann_) + R"("}},
        {"$graphLookup":{"from":"applications","startWith":"$deps._id","connectFromField":"deps._id","connectToField":"_id",
                         "as":"nodes","maxDepth":40,"depthField":"steps"}},
        {"$project":{"_id":1,"name":1,"nodes":{"_id":1,"name":1,"steps":1}}}])"),
                    kind("applications"));
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
  const auto rows = gateway_->aggregate(service_, kind("applications"), *pipeline);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  std::map<std::string, std::int64_t> steps;
  for (const Value& node : rows->front().at("nodes").get_array())
    steps[std::string(json::text_or(node.get_object(), "name"))] = json::int_or(node.get_object(), "steps");
  EXPECT_EQ(steps, (std::map<std::string, std::int64_t>{{"app-b", 0}, {"app-c", 1}, {"app-a", 2}}));
  EXPECT_FALSE(rows->front().contains("deps"));
}

TEST_F(GatewayTest, PipelinesOutsideTheListAreRefusedWithTheirStage) {
  const std::string start = R"([{"$match":{"roles._id":")" + id_of(ann_) + R"("}},)";
  for (const std::string& text :
       {std::string(R"([])"), std::string(R"([{"$match":{"name":"x"}}])"), start + R"({"$out":"x"}])",
        start + R"({"$lookup":{"from":"users","localField":"a","foreignField":"b","as":"c"}}])",
        start + R"({"$lookup":{"from":"systems","pipeline":[],"as":"c"}}])", start + R"({"$unwind":"x"}])",
        start + R"({"$project":{"a":{"$add":[1]}}}])", start + R"({"$match":{"$where":"1"}}])"}) {
    const auto read = read_pipeline(array(text), kind("clients"));
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, Code::kInvalid);
  }
}

TEST_F(GatewayTest, TimesHaveTheFormOfTheOriginal) {
  EXPECT_EQ(peer_time(from_ms(1'800'000'000'000)), "2027-01-15T08:00:00");
  EXPECT_EQ(peer_time(from_ms(1'800'000'000'120)), "2027-01-15T08:00:00.120000");
}

TEST_F(GatewayTest, CredentialsLeaveOnlyWhereTheSettingSaysSo) {
  store::Document connection;
  connection.entity = &kind("connections");
  connection.id = ObjectId::generate();
  connection.body = Object{{"name", "c"}, {"conn", "masked"}};
  const auto sealed = keyring_.seal(R"({"access":"AK","secret":"SK"})", auth::connection_context(connection.id));
  ASSERT_TRUE(store_
                  ->write({}, store::Store::Priority::kBulk,
                          [&](store::Transaction& tx) -> Result<void> {
                            TRY(store_->documents().insert(tx, connection, {}));
                            return store_->vault().set_secret(tx, connection.id, sealed);
                          })
                  .ok());
  const auto closed = gateway_->find(service_, kind("connections"), connection.id);
  EXPECT_EQ(json::text_or(**closed, "conn"), "masked");
  Gateway open({.store = *store_, .keyring = keyring_, .envelope_secret = "e", .shows_credentials = true});
  const auto shown = open.find(service_, kind("connections"), connection.id);
  EXPECT_EQ(std::count(json::text_or(**shown, "conn").begin(), json::text_or(**shown, "conn").end(), '.'), 2);
}

}  // namespace
}  // namespace maestro::gateway
