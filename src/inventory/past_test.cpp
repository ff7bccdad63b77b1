#include "inventory/past.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "inventory/inventory.h"
#include "inventory/provenance.h"
#include "store/projection.h"
#include "store_sqlite/store.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;

Object object(std::string_view text) { return json::parse(text)->get_object(); }
const model::Entity& servers() { return *model::find_entity("servers"); }

store::Document server(std::string_view body) {
  store::Document document;
  document.entity = &servers();
  document.id = ObjectId::generate();
  document.created = document.updated = from_ms(1000);
  document.body = object(body);
  return document;
}

store::HistoryRow row(std::int64_t at, std::string verb, std::string changes) {
  return {.at = from_ms(at), .verb = std::move(verb), .changes = std::move(changes)};
}

Object undone(std::string_view body, const std::string& changes, bool fits = true) {
  Past past{server(body), {}, true};
  EXPECT_EQ(undo(row(2000, "update", changes), past), fits) << changes;
  return past.document.body;
}

TEST(Undo, PutsBackWhatWasReplacedAddedAndRemoved) {
  EXPECT_EQ(undone(R"({"name":"b"})", R"([{"path":"name","old":"a","new":"b"}])"), object(R"({"name":"a"})"));
  EXPECT_EQ(undone(R"({"name":"b","cpu":2})", R"([{"path":"cpu","new":2}])"), object(R"({"name":"b"})"));
  EXPECT_EQ(undone(R"({"name":"b"})", R"([{"path":"cpu","old":2}])"), object(R"({"name":"b","cpu":2})"));
  EXPECT_EQ(undone(R"({"os":{"base":"Linux"}})", R"([{"path":"os.dist","old":"Debian"}])"),
            object(R"({"os":{"base":"Linux","dist":"Debian"}})"));
  EXPECT_EQ(undone(R"({"os":{"dist":"Debian"}})", R"([{"path":"os.dist","new":"Debian"}])"), object(R"({"os":{}})"))
      << "an object that was empty is empty again";
  EXPECT_EQ(undone(R"({"cpu":2.0})", R"([{"path":"cpu","old":1,"new":2}])"), object(R"({"cpu":1})"));
}

TEST(Undo, FindsMembersWhoseNamesHoldDots) {
  EXPECT_EQ(undone(R"({"metas":{"a.b":2,"a":{"b":1}}})", R"([{"path":"metas.a.b","old":3,"new":2}])"),
            object(R"({"metas":{"a.b":3,"a":{"b":1}}})"));
  EXPECT_EQ(undone(R"({"metas":{"a.b":2,"a":{"b":1}}})", R"([{"path":"metas.a.b","old":3,"new":1}])"),
            object(R"({"metas":{"a.b":2,"a":{"b":3}}})"));
  EXPECT_EQ(undone(R"({"metas":{"x":1}})", R"([{"path":"metas.a.b","old":3}])"),
            object(R"({"metas":{"x":1,"a.b":3}})"));
}

TEST(Undo, TellsWhenTheDocumentIsNotWhatHistorySays) {
  EXPECT_EQ(undone(R"({"name":"c"})", R"([{"path":"name","old":"a","new":"b"}])", false), object(R"({"name":"a"})"));
  EXPECT_EQ(undone(R"({"name":"c"})", R"([{"path":"cpu","new":4}])", false), object(R"({"name":"c"})"));
  EXPECT_EQ(undone(R"({"cpu":4})", R"([{"path":"cpu","old":1}])", false), object(R"({"cpu":1})"));
}

TEST(Undo, KnowsWhatIsKeptBesideTheBody) {
  Past past{server("{}"), {}, true};
  past.document.active = false;
  EXPECT_TRUE(undo(row(1, "delete", R"([{"path":"active","old":true,"new":false}])"), past));
  EXPECT_TRUE(past.document.active);
  EXPECT_TRUE(undo(row(1, "update", R"([{"path":"created_at","old":"2020-01-02T03:04:05.006Z","new":"x"}])"), past));
  EXPECT_EQ(to_iso(past.document.created), "2020-01-02T03:04:05.006Z");
  EXPECT_TRUE(
      undo(row(1, "grant", R"([{"path":"roles","old":[{"refs":"users","_id":"a","role":7}],"new":[]}])"), past));
  EXPECT_EQ(past.access.wire, R"([{"refs":"users","_id":"a","role":7}])");
  ASSERT_EQ(past.access.entries.size(), 1U);
  EXPECT_EQ(past.access.entries[0].wire, object(R"({"refs":"users","_id":"a","role":7})"));
}

TEST(Rewind, StopsAtTheInstantAndKnowsItsLastChange) {
  store::Document today = server(R"({"name":"c"})");
  today.updated = from_ms(5000);
  const std::vector<store::HistoryRow> rows = {
      row(5000, "update", R"([{"path":"name","old":"b","new":"c"}])"),
      row(4000, "grant", R"([{"path":"roles","old":[],"new":[{}]}])"),
      row(3000, "update", R"([{"path":"name","old":"a","new":"b"}])"),
      row(2000, "create", R"([{"path":"name","new":"a"}])"),
  };
  const auto at = [&](std::int64_t ms) {
    Rewind back(today, {}, from_ms(ms));
    for (const store::HistoryRow& each : rows)
      if (!back.take(each)) break;
    return std::move(back).finish();
  };
  EXPECT_EQ(json::text_or(at(9000)->document.body, "name"), "c");
  EXPECT_EQ(json::text_or(at(5000)->document.body, "name"), "c") << "a change has happened at its own instant";
  EXPECT_EQ(json::text_or(at(4999)->document.body, "name"), "b");
  EXPECT_EQ(at(4999)->document.updated, from_ms(3000)) << "a grant is no change of the document";
  EXPECT_EQ(json::text_or(at(2999)->document.body, "name"), "a");
  EXPECT_EQ(at(2999)->document.updated, from_ms(2000));
  EXPECT_FALSE(at(1999)) << "it did not exist yet";
}

TEST(Rewind, WithoutARecordOfItsMakingItsOwnDateCounts) {
  EXPECT_TRUE(Rewind(server("{}"), {}, from_ms(1000)).finish());
  EXPECT_FALSE(Rewind(server("{}"), {}, from_ms(999)).finish());
}

class PastTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("maestro-past-" + ObjectId::generate().hex());
    std::filesystem::create_directories(folder_);
    store_ = std::move(*store_sqlite::open({.path = (folder_ / "m.db").string(), .clock = &clock_}));
    inventory_ = std::make_unique<Inventory>(*store_);
    context_.actor.principal = {Principal::Kind::kUser, ObjectId::generate()};
    context_.actor.user = context_.actor.principal.id;
    context_.actor.name = "alice";
  }
  void TearDown() override {
    inventory_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  /// What a person sees of it, and what of the rest history keeps.
  static std::string shown(const store::Document& document, const store::AccessSet& access) {
    Object out = document.body;
    for (const char* kept : {"accountant", "process", "checksum"}) out.erase(kept);
    out["roles"] = json::parse_trusted(access.wire);
    out["active"] = document.active;
    out["created_at"] = to_iso(document.created);
    out["updated_at"] = to_iso(document.updated);
    out["_single"] = store::single_object(document, access, true, true);
    return json::canonical(out);
  }

  Value some(std::mt19937& random, int depth) {
    switch (random() % (depth > 0 ? 8 : 5)) {
      case 0:
        return Value(random() % 100);
      case 1:
        return Value(fmt::format("t{}", random() % 5));
      case 2:
        return random() % 2 == 0;
      case 3:
        return nullptr;
      case 4:
        return 1.5;
      case 5:
        return json::Array{some(random, depth - 1), some(random, depth - 1)};
      default: {
        Object out;
        const char* names[] = {"a", "b", "a.b", "c,d"};
        for (unsigned i = random() % 4; i > 0; --i) out[names[random() % 4]] = some(random, depth - 1);
        return out;
      }
    }
  }

  FakeClock clock_{from_ms(1'800'000'000'000)};
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Inventory> inventory_;
  Context context_;
};

TEST_F(PastTest, EveryStateThatADocumentHadIsFoundAgain) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    std::mt19937 random(seed);
    const ObjectId id = inventory_->create(context_, servers(), object(R"({"name":"first"})"))->document.id;
    std::map<std::int64_t, std::string> remembered;
    const std::int64_t start = to_ms(clock_.now());
    const auto remember = [&] {
      const auto view = inventory_->get(context_, servers(), id);
      ASSERT_TRUE(view.ok());
      remembered[to_ms(clock_.now())] = shown(view->document, *view->access);
    };
    remember();
    for (int step = 0; step < 60; ++step) {
      clock_.advance(Millis(random() % 4));  // several changes may share an instant
      if (random() % 8 == 0) {
        const std::string other = ObjectId::generate().hex();
        ASSERT_TRUE(
            inventory_->add_role(context_, servers(), id, {{"refs", "users"}, {"id", other}, {"role", "1"}}).ok());
      } else if (random() % 10 == 0) {
        ASSERT_TRUE(inventory_->remove(context_, servers(), id).ok());
        remember();
        clock_.advance(Millis(1));
        ASSERT_TRUE(inventory_->restore(context_, servers(), id).ok());
      } else {
        ASSERT_TRUE(store_
                        ->write(context_, store::Store::Priority::kInteractive,
                                [&](store::Transaction& tx) -> Result<void> {
                                  TRY_ASSIGN(const auto before, store_->documents().find(tx, servers(), id));
                                  store::Document after = *before;
                                  const char* fields[] = {"name", "cpu", "os", "metas", "tags", "custom"};
                                  for (unsigned i = random() % 4; i > 0; --i) {
                                    const char* field = fields[random() % 6];
                                    if (random() % 4 == 0)
                                      after.body.erase(field);
                                    else if (Value* held = after.body.if_contains(field);
                                             held != nullptr && held->is_object() && random() % 2 == 0)
                                      held->get_object()[random() % 2 == 0 ? "a" : "b"] = some(random, 2);
                                    else
                                      after.body[field] = some(random, 3);
                                  }
                                  after.updated = tx.now();
                                  json::Array changes = describe_changes(*before, after);
                                  const std::string verb = changes.empty() ? "" : "update";
                                  if (changes.empty()) after.updated = before->updated;
                                  return store_->documents().update(tx, *before, after, {verb, std::move(changes)});
                                })
                        .ok());
      }
      remember();
    }
    for (const auto& [ms, expected] : remembered) {
      const auto past = inventory_->get_as_of(context_, servers(), id, from_ms(ms));
      ASSERT_TRUE(past.ok()) << past.error().message;
      EXPECT_TRUE(past->exact);
      ASSERT_EQ(shown(past->document, past->access), expected) << "seed " << seed << " at " << ms - start;
    }
    EXPECT_EQ(inventory_->get_as_of(context_, servers(), id, from_ms(start - 1)).error().code, Code::kNotFound);
    clock_.advance(Millis(10));
  }
}

TEST_F(PastTest, AListIsFoundAgainUnderTheSameFilter) {
  std::mt19937 random(5);
  std::vector<ObjectId> ids;
  store::ListSpec spec;
  spec.entity = &servers();
  spec.viewer = viewer(servers(), context_.actor);
  spec.limit = 7;
  store::Filter filter;
  filter.kind = store::Filter::Kind::kLeaf;
  filter.leaf = {"name", store::Condition::Op::kContains, {Value("a")}};
  spec.filter.children = {filter};
  const auto shown = [](const store::ListPage& page) {
    std::multiset<std::string> out{std::to_string(page.total)};
    for (const store::ListItem& item : page.items) out.insert(item.text);
    return out;
  };
  std::map<std::int64_t, std::multiset<std::string>> remembered;
  for (int step = 0; step < 120; ++step) {
    clock_.advance(Millis(1));
    // Another name every time: what changes nothing leaves no record, only a later updated_at.
    const std::string body = fmt::format(R"({{"name":"{}{}"}})", random() % 2 == 0 ? "aa" : "bb", step);
    const bool is_new = ids.size() < 12 && (ids.empty() || random() % 4 == 0);
    const ObjectId id =
        is_new ? inventory_->create(context_, servers(), object(body))->document.id : ids[random() % ids.size()];
    if (is_new)
      ids.push_back(id);
    else if (random() % 4 == 0 && !inventory_->remove(context_, servers(), id).ok())
      EXPECT_TRUE(inventory_->restore(context_, servers(), id).ok());
    else
      (void)inventory_->patch(context_, servers(), id, object(body));
    remembered[to_ms(clock_.now())] = shown(*store_->documents().list(context_, spec));
  }
  for (const auto& [ms, expected] : remembered) {
    const auto page = inventory_->list_as_of(context_, spec, from_ms(ms));
    ASSERT_TRUE(page.ok()) << page.error().message;
    ASSERT_EQ(shown(*page), expected);
  }
  spec.offset = kMaxPastDepth;
  EXPECT_EQ(inventory_->list_as_of(context_, spec, clock_.now()).error().code, Code::kInvalid);
  Context stranger = context_;
  stranger.actor.principal.id = ObjectId::generate();
  spec.viewer = viewer(servers(), stranger.actor);
  spec.offset = 0;
  EXPECT_EQ(inventory_->list_as_of(stranger, spec, clock_.now())->total, 0);
}

TEST_F(PastTest, TodaysRolesDecideWhoMayLookBack) {
  const ObjectId id = inventory_->create(context_, servers(), object(R"({"name":"first"})"))->document.id;
  Context bob = context_;
  bob.actor.principal.id = bob.actor.user = ObjectId::generate();
  const Time before = clock_.now();
  EXPECT_EQ(inventory_->get_as_of(bob, servers(), id, before).error().code, Code::kNotFound);
  clock_.advance(Millis(5));
  const Object role{{"refs", "users"}, {"id", bob.actor.user.hex()}, {"role", "1"}};
  ASSERT_TRUE(inventory_->add_role(context_, servers(), id, role).ok());
  EXPECT_TRUE(inventory_->get_as_of(bob, servers(), id, before).ok());
}

}  // namespace
}  // namespace maestro::inventory
