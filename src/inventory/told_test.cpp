#include "inventory/told.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "inventory/audit_view.h"
#include "inventory/inventory.h"
#include "store_sqlite/store.h"

namespace maestro::inventory {
namespace {

using json::Object;

Object object(std::string_view text) { return json::parse(text)->get_object(); }

class ToldTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("maestro-told-" + ObjectId::generate().hex());
    std::filesystem::create_directories(folder_);
    auto opened = store_sqlite::open({.path = (folder_ / "m.db").string(), .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
    inventory_ = std::make_unique<Inventory>(*store_);
    ann_.actor = {.principal = {Principal::Kind::kUser, ObjectId::generate()}, .name = "ann", .email = "ann@x.org"};
    ann_.actor.user = ann_.actor.principal.id;
    const auto made = inventory_->create(ann_, servers_, object(R"({"name":"web-1","cpu":2})"));
    ASSERT_TRUE(made.ok());
    id_ = made->document.id;
    clock_.advance(Millis(1000));
  }
  void TearDown() override {
    inventory_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Told tell(const char* body, Telling::Kind kind = Telling::Kind::kWhole) {
    clock_.advance(Millis(1000));
    auto told = take_telling(ann_, *store_, servers_, id_, {.kind = kind, .body = object(body), .mail = "eve@x.org"});
    EXPECT_TRUE(told.ok());
    return std::move(*told);
  }
  std::vector<store::HistoryRow> history() {
    const auto found = store_->documents().find(ann_, servers_, id_);
    auto rows = store_->documents().history(ann_, {.row = (*found)->row});
    return std::move(*rows);
  }

  FakeClock clock_{from_ms(1'800'000'000'000)};
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Inventory> inventory_;
  Context ann_;
  ObjectId id_;
  const model::Entity& servers_ = *model::find_entity("servers");
};

TEST_F(ToldTest, WhatIsThereAlreadyIsNotWrittenAgain) {
  EXPECT_TRUE(tell(R"({"name":"web-1","cpu":2,"updated_at":"x","roles":[]})").changes.empty());
  EXPECT_EQ(history().size(), 1U);
  EXPECT_NE(tell(R"({"name":"web-1","cpu":4})").record, 0);
  EXPECT_EQ(tell(R"({"name":"web-1","cpu":4})").record, 0);
  EXPECT_EQ(history().size(), 2U);
  // Once our own word has changed, the same telling is news again.
  ASSERT_TRUE(inventory_->patch(ann_, servers_, id_, object(R"({"name":"web-1","cpu":8})")).ok());
  EXPECT_NE(tell(R"({"cpu":4})", Telling::Kind::kPart).record, 0);
}

TEST_F(ToldTest, ATellingIsMarkedAndLeavesTheDocumentAndItsPastAlone) {
  const store::Document before = **store_->documents().find(ann_, servers_, id_);
  tell(R"({"cpu":4})", Telling::Kind::kPart);
  tell("{}", Telling::Kind::kRemoved);
  const store::Document after = **store_->documents().find(ann_, servers_, id_);
  EXPECT_TRUE(json::equal(before.body, after.body));
  EXPECT_TRUE(after.active);
  EXPECT_EQ(after.updated, before.updated);
  const auto rows = history();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].verb, kTold);
  EXPECT_EQ(rows[0].actor.kind, Principal::Kind::kSystem);
  EXPECT_EQ(rows[0].actor_name, "eve@x.org");
  EXPECT_EQ(json::write(audit_body(rows[0])), R"({"removed":true})");
  EXPECT_EQ(json::write(audit_body(rows[1])), R"({"cpu":4})");
  const auto past = inventory_->get_as_of(ann_, servers_, id_, clock_.now() - Millis(1500));
  ASSERT_TRUE(past.ok()) << past.error().message;
  EXPECT_TRUE(past->exact);
  EXPECT_EQ(json::int_or(past->document.body, "cpu"), 2);
}

TEST_F(ToldTest, WhatIsNotOursIsNotKept) {
  const auto told = take_telling(ann_, *store_, servers_, ObjectId::generate(), {.body = object(R"({"name":"x"})")});
  ASSERT_TRUE(told.ok());
  EXPECT_FALSE(told->ours);
}

}  // namespace
}  // namespace maestro::inventory
