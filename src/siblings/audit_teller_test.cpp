#include "siblings/audit_teller.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "inventory/inventory.h"
#include "provider/scripted_transport.h"
#include "store_sqlite/store.h"

namespace maestro::siblings {
namespace {

using json::Object;

Object object(std::string_view text) { return json::parse(text)->get_object(); }

struct Heard {
  std::string method, url, body;
};

class AuditTellerTest : public testing::Test {
 protected:
  void SetUp() override { open("http://audit:10900/", false); }
  void open(const std::string& uri, bool disabled) {
    close();
    folder_ = std::filesystem::temp_directory_path() / ("maestro-teller-" + ObjectId::generate().hex());
    std::filesystem::create_directories(folder_);
    auto opened = store_sqlite::open({.path = (folder_ / "m.db").string(), .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
    Siblings::Parts parts;
    parts.peers.at(static_cast<std::size_t>(Service::kAudit)) = {.uri = uri, .disabled = disabled};
    parts.transport = std::make_unique<provider::testing::ScriptedTransport>(
        [this](const provider::HttpCall& call, int) -> Result<provider::HttpAnswer> {
          if (down_) return unavailable("nobody there");
          heard_.push_back({call.method, call.url, call.body});
          return provider::HttpAnswer{.status = status_, .headers = {}, .body = ""};
        });
    siblings_ = std::make_unique<Siblings>(std::move(parts));
    teller_ = std::make_unique<AuditTeller>(*siblings_, *store_);
    store_->observe(*teller_);
    inventory_ = std::make_unique<inventory::Inventory>(*store_);
    ann_.actor = {.principal = {Principal::Kind::kUser, ObjectId::generate()}, .name = "ann", .email = "ann@x.org"};
    ann_.actor.user = ann_.actor.principal.id;
  }
  void close() {
    inventory_.reset();
    teller_.reset();
    siblings_.reset();
    store_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void TearDown() override { close(); }

  /// One round over the lanes; true when something was done.
  bool round() {
    bool any = false;
    for (const std::string& lane : AuditTeller::lanes()) {
      const auto job = store_->ledger().claim_next(ann_, lane, "w", Millis(1000));
      EXPECT_TRUE(job.ok());
      if (!job.ok() || !*job) continue;
      any = true;
      EXPECT_TRUE(teller_->handle(ann_, **job).ok());
    }
    return any;
  }
  void tell_all() {
    while (round()) {
    }
  }

  FakeClock clock_{from_ms(1'800'000'000'000)};
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Siblings> siblings_;
  std::unique_ptr<AuditTeller> teller_;
  std::unique_ptr<inventory::Inventory> inventory_;
  Context ann_;
  std::vector<Heard> heard_;
  bool down_ = false;
  int status_ = 204;
  const model::Entity& servers_ = *model::find_entity("servers");
};

TEST_F(AuditTellerTest, WritesAreToldWithTheCallsOfTheOriginalInTheirOrder) {
  const auto made = inventory_->create(ann_, *model::find_entity("clients"), object(R"({"name":"acme"})"));
  ASSERT_TRUE(made.ok()) << made.error().details_json;
  const ObjectId id = made->document.id;
  const model::Entity& clients = *model::find_entity("clients");
  ASSERT_TRUE(inventory_->patch(ann_, clients, id, object(R"({"name":"acme 2"})")).ok());
  ASSERT_TRUE(inventory_->put(ann_, clients, id, object(R"({"name":"acme 3"})")).ok());
  ASSERT_TRUE(inventory_->remove(ann_, clients, id).ok());
  EXPECT_TRUE(heard_.empty());
  tell_all();
  ASSERT_EQ(heard_.size(), 4U);
  const std::string url = "http://audit:10900/audit/clients/" + id.hex() + "/ann@x.org";
  const std::pair<const char*, const char*> wanted[] = {
      {"PUT", "acme"}, {"PATCH", "acme 2"}, {"PUT", "acme 3"}, {"DELETE", ""}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(heard_[i].method, wanted[i].first);
    EXPECT_EQ(heard_[i].url, url);
    if (*wanted[i].second != '\0') {
      EXPECT_EQ(json::text_or(object(heard_[i].body), "name"), wanted[i].second);
      EXPECT_FALSE(object(heard_[i].body).contains("_id"));
      EXPECT_FALSE(object(heard_[i].body).contains("roles"));
    } else {
      EXPECT_EQ(heard_[i].body, "");
    }
  }
  EXPECT_EQ(heard_[1].body, R"({"name":"acme 2"})");
}

TEST_F(AuditTellerTest, ServersAreToldWithTheirTimesAndChecksum) {
  const auto made = inventory_->create(ann_, servers_, object(R"({"name":"web-1"})"));
  ASSERT_TRUE(inventory_->put(ann_, servers_, made->document.id, object(R"({"name":"web-2"})")).ok());
  tell_all();
  ASSERT_EQ(heard_.size(), 2U);
  const Object body = object(heard_[1].body);
  EXPECT_TRUE(body.contains("updated_at") && body.contains("created_at"));
  EXPECT_FALSE(body.contains("_id"));
}

TEST_F(AuditTellerTest, NothingIsToldOfKindsWithoutAuditNorWhereItRunsHereOrNot) {
  ASSERT_TRUE(inventory_->create(ann_, *model::find_entity("projects"), object(R"({"name":"proj"})")).ok());
  EXPECT_FALSE(round());
  open("http://audit:10900", true);
  ASSERT_TRUE(inventory_->create(ann_, servers_, object(R"({"name":"web-1"})")).ok());
  EXPECT_FALSE(round());
  open("", false);
  ASSERT_TRUE(inventory_->create(ann_, servers_, object(R"({"name":"web-1"})")).ok());
  EXPECT_FALSE(round());
  EXPECT_TRUE(heard_.empty());
}

TEST_F(AuditTellerTest, APeerThatCannotBeReachedIsToldLaterAndInOrder) {
  down_ = true;
  const auto made = inventory_->create(ann_, servers_, object(R"({"name":"a"})"));
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(inventory_->patch(ann_, servers_, made->document.id, object(R"({"name":"b"})")).ok());
  for (int i = 0; i < 20; ++i) {
    round();
    clock_.advance(Millis(400'000));
  }
  down_ = false;
  tell_all();
  ASSERT_EQ(heard_.size(), 2U);
  EXPECT_EQ(heard_[0].method, "PUT");
  EXPECT_EQ(heard_[1].method, "PATCH");
}

TEST_F(AuditTellerTest, WhatThePeerRefusesIsLeftOutAndWhatItFailsAtAfterSomeTries) {
  status_ = 422;
  ASSERT_TRUE(inventory_->create(ann_, servers_, object(R"({"name":"a"})")).ok());
  tell_all();
  EXPECT_EQ(heard_.size(), 1U);
  heard_.clear();
  status_ = 500;
  ASSERT_TRUE(inventory_->create(ann_, servers_, object(R"({"name":"b"})")).ok());
  for (int i = 0; i < 20; ++i) {
    round();
    clock_.advance(Millis(400'000));
  }
  EXPECT_EQ(heard_.size(), 5U);
}

TEST_F(AuditTellerTest, WhatDiscoveryWritesIsToldWithoutAPerson) {
  Context discovery;
  discovery.actor = {.principal = {Principal::Kind::kConnection, ObjectId::generate()}, .name = "aws"};
  store::Document server;
  server.entity = &servers_;
  server.body = object(R"({"name":"found"})");
  ASSERT_TRUE(store_
                  ->write(discovery, store::Store::Priority::kBulk,
                          [&](store::Transaction& tx) {
                            return store_->documents().insert(tx, server, {.verb = "create", .changes = {}});
                          })
                  .ok());
  tell_all();
  ASSERT_EQ(heard_.size(), 1U);
  EXPECT_EQ(heard_[0].method, "POST");
  EXPECT_EQ(heard_[0].url, "http://audit:10900/audit/servers/" + server.id.hex());
}

}  // namespace
}  // namespace maestro::siblings
