#include "inventory/service_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory/inventory.h"
#include "store_sqlite/backend_test.h"

namespace maestro::inventory {
namespace {

using json::Array;
using json::Object;
using store::must;

class ServiceLinks : public testing::Test {
 protected:
  ServiceLinks() {
    must(backend_.store().write({}, store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
      for (const auto& [name, family] : {std::pair("Redis", "Cache"), std::pair("PostgreSQL", "Database")}) {
        store::Document service;
        service.entity = model::find_entity("services");
        service.body = {{"name", name}, {"family", Array{family}}};
        TRY(backend_.store().documents().insert(tx, service, {.verb = "create"}));
      }
      return {};
    }));
  }
  Object application(const char* name, const char* family, const Object& more = {}, const Context* who = nullptr) {
    Object body{{"name", name}, {"family", family}};
    for (const auto& member : more) body[member.key()] = member.value();
    const auto made = must(inventory_.create(who == nullptr ? ann_ : *who, *model::find_entity("applications"), body));
    return {{"_id", made.document.id.hex()}, {"name", name}};
  }
  ObjectId server(const Array& services, const Array& applications) {
    return must(inventory_.create(ann_, servers_,
                                  {{"name", "db-1"}, {"services", services}, {"applications", applications}}))
        .document.id;
  }
  /// The names of the applications that the services of a server state; "-" for none.
  std::vector<std::string> stated(const ObjectId& id) {
    std::vector<std::string> out;
    const auto found = must(backend_.store().documents().find({}, servers_, id));
    for (const auto& service : found->body.at("services").get_array()) {
      const auto* name = json::find(service, "setup.application.name");
      out.push_back(name == nullptr ? "-" : json::scalar_text(*name));
    }
    return out;
  }
  static Object service(const char* name) { return {{"name", name}}; }
  static Context person(const char* name) {
    const ObjectId id = ObjectId::generate();
    return {.actor = {.principal = {Principal::Kind::kUser, id}, .name = name, .email = "x@y.z", .user = id}};
  }

  FakeClock clock_{from_ms(1'700'000'000'000)};
  store_sqlite::FileBackend backend_{clock_};
  Inventory inventory_{
      backend_.store(),
      {{"servers", [this](store::Transaction& tx, const store::Document* before, store::Document& after) {
          return link_services(backend_.store(), tx, before, after);
        }}}};
  const model::Entity& servers_ = *model::find_entity("servers");
  Context ann_ = person("ann");
};

using testing::ElementsAre;

TEST_F(ServiceLinks, AServiceBelongsToTheDatabaseOfItsProductThatRunsThere) {
  const ObjectId id = server({service("Oracle Database"), service("Node exporter")},
                             {application("billing", "Database", {{"provider", "Oracle"}}),
                              application("shop", "Application", {{"language", "node"}})});
  EXPECT_THAT(stated(id), ElementsAre("billing", "-"));
  const auto found = must(backend_.store().documents().find({}, servers_, id));
  const auto rows = must(backend_.store().documents().history({}, {.row = found->row}));
  ASSERT_EQ(rows.size(), 1U) << "written with the server itself";
  EXPECT_THAT(rows.front().changes, testing::HasSubstr("billing"));
}

TEST_F(ServiceLinks, ElseToTheOnlyOneOfItsFamily) {
  EXPECT_THAT(stated(server({service("Redis"), service("PostgreSQL")},
                            {application("sessions", "Cache"), application("orders", "Database")})),
              ElementsAre("sessions", "orders"));
}

TEST_F(ServiceLinks, NothingIsGuessed) {
  EXPECT_THAT(
      stated(server({service("PostgreSQL")}, {application("orders", "Database"), application("log", "Database")})),
      ElementsAre("-"));
  EXPECT_THAT(stated(server({service("Redis"), service("Redis")}, {application("cache", "Cache")})),
              ElementsAre("-", "-"));
  EXPECT_THAT(stated(server({service("Redis")}, {})), ElementsAre("-"));
}

TEST_F(ServiceLinks, FollowsTheApplicationsOfTheServer) {
  const Object cache = application("cache", "Cache"), other = application("other", "Cache");
  const ObjectId id = server({service("Redis")}, {});
  const auto patch = [&](const Object& body) {
    Object whole{{"name", "db-1"}};
    for (const auto& member : body) whole[member.key()] = member.value();
    must(inventory_.patch(ann_, servers_, id, whole));
    return stated(id);
  };
  EXPECT_THAT(patch({{"applications", Array{cache}}}), ElementsAre("cache"));
  EXPECT_THAT(patch({{"services", Array{service("Redis")}}}), ElementsAre("cache")) << "a form that does not know it";
  EXPECT_THAT(patch({{"applications", Array{cache, other}}}), ElementsAre("cache")) << "what is stated stays";
  EXPECT_THAT(patch({{"applications", Array{other}}}), ElementsAre("other"));
  EXPECT_THAT(patch({{"applications", Array{}}}), ElementsAre("-"));
}

TEST_F(ServiceLinks, TellsNothingAboutWhatTheActorCannotRead) {
  const Context bob = person("bob");
  EXPECT_THAT(stated(server({service("Redis")}, {application("secret", "Cache", {}, &bob)})), ElementsAre("-"));
}

}  // namespace
}  // namespace maestro::inventory
