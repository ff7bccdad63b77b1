#include "demo/demo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "demo/access.h"
#include "demo/estate.h"
#include "inventory/provenance.h"
#include "model/validate.h"
#include "store/projection.h"
#include "store_sqlite/backend_test.h"

namespace maestro::demo {
namespace {

using store::must;

Options options(std::int64_t documents, std::uint64_t seed = 1) {
  return {.documents = documents, .seed = seed, .cost = {.operations = 1, .memory_bytes = 8192}};
}

/// A store of its own, filled.
struct Filled {
  FakeClock clock{from_ms(1'600'000'000'000)};
  store_sqlite::FileBackend backend{clock};
  Summary summary;

  explicit Filled(const Options& wanted) : summary(must(fill(backend.store(), clock, {}, wanted))) {}
  store::Documents& documents() { return backend.store().documents(); }
};

const model::Entity& entity(std::string_view name) { return *model::find_entity(name); }

store::ListSpec all_of(const model::Entity& which, std::optional<bool> active = std::nullopt) {
  return {.entity = &which, .viewer = {.everything = true}, .active = active, .sort = "_id", .limit = 1000};
}

std::vector<store::Document> documents_of(store::Documents& documents, const model::Entity& which) {
  std::vector<store::Document> out;
  store::ListSpec spec = all_of(which);
  for (;;) {
    const auto page = must(documents.list({}, spec));
    for (const auto& item : page.items) out.push_back(*must(documents.find({}, which, item.id)));
    if (page.next.empty()) return out;
    spec.cursor = page.next;
  }
}

/// Everything that a reader can see, in one text.
std::string everything(Filled& filled) {
  std::string out;
  for (const model::Entity* which : model::entities()) {
    for (const auto& document : documents_of(filled.documents(), *which)) {
      const auto access = filled.documents().access(document.access);
      out += json::write(store::single_object(document, *access, true, true)) + access->wire + document.key +
             json::write(document.provenance);
      for (const auto& row : must(filled.documents().history({}, {.row = document.row})))
        out += row.verb + to_iso(row.at) + row.actor_name + row.changes;
      out += '\n';
    }
  }
  return out;
}

std::int64_t visible(Filled& filled, const char* email) {
  const auto people = documents_of(filled.documents(), entity("users"));
  const auto person = std::find_if(people.begin(), people.end(), [&](const store::Document& one) {
    return json::text_or(one.body, "email") == email;
  });
  EXPECT_NE(person, people.end()) << email;
  std::int64_t out = 0;
  for (const model::Entity* which : model::entities()) {
    if (which->access == model::Access::kNone) continue;
    store::ListSpec spec = all_of(*which);
    spec.viewer = {.readers = {{Principal::Kind::kUser, person->id}}};
    out += must(filled.documents().count({}, spec));
  }
  return out;
}

TEST(DemoData, IsTheSameForEqualOptionsAndAnotherForAnotherSeed) {
  Filled one(options(600)), two(options(600)), other(options(600, 2));
  EXPECT_EQ(one.summary.hash, two.summary.hash);
  EXPECT_EQ(everything(one), everything(two));
  EXPECT_NE(one.summary.hash, other.summary.hash);
  EXPECT_EQ(one.summary.documents, other.summary.documents);
}

TEST(DemoData, HasAsManyDocumentsAsAskedAndLeavesTheStoreSound) {
  for (const std::int64_t documents : {kLeast, std::int64_t{3000}}) {
    Filled filled(options(documents));
    EXPECT_EQ(filled.summary.documents, documents);
    EXPECT_THAT(filled.backend.check(), testing::IsEmpty());
    std::int64_t stored = 0;
    for (const auto& row : filled.summary.kinds) {
      const std::int64_t count = must(filled.documents().count({}, all_of(entity(row.kind))));
      EXPECT_EQ(count, row.documents) << row.kind;
      EXPECT_EQ(must(filled.documents().count({}, all_of(entity(row.kind), false))), row.deleted) << row.kind;
      stored += count;
    }
    EXPECT_EQ(stored, documents);
  }
}

TEST(DemoData, IsSeenWholeByATenthAndByAThousandth) {
  Filled filled(options(4000));
  const std::int64_t all = visible(filled, kSeesAll);
  EXPECT_EQ(all, 4000 - filled.summary.kinds[0].documents);
  EXPECT_NEAR(static_cast<double>(visible(filled, kSeesSome)) / static_cast<double>(all), 0.1, 0.005);
  const std::int64_t little = visible(filled, kSeesLittle);
  EXPECT_GE(little, 4);
  EXPECT_LE(little, 16);  // each kind begins its own thousand
}

TEST(DemoData, HasSoManyDistinctAccessSetsAsAskedUpToOneADocument) {
  for (const std::int64_t sets : {3, 40, 700}) {
    Options wanted = options(1000);
    wanted.access_sets = sets;
    Filled filled(wanted);
    std::set<store::SetId> ids;
    std::set<std::string> wires;
    for (const auto& document : documents_of(filled.documents(), entity("servers"))) {
      ids.insert(document.access);
      wires.insert(filled.documents().access(document.access)->wire);
    }
    EXPECT_EQ(static_cast<std::int64_t>(ids.size()), sets);
    EXPECT_EQ(wires.size(), ids.size());
    EXPECT_EQ(filled.summary.access_sets, sets);
  }
}

TEST(DemoData, AHundredThousandAccessSetsAreAllDifferent) {
  Options wanted = options(1'000'000);
  wanted.access_sets = kMostSets;
  const auto estate = must(Estate::make(wanted));
  std::set<std::string> seen;
  for (std::int64_t set = 0; set < kMostSets; set += 1) {
    std::string text;
    for (const auto& entry : estate->access().entries(set)) text += entry.principal.id.hex();
    seen.insert(std::move(text));
  }
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), kMostSets);
}

/// What a person may send of a stored body: what the server keeps and what nobody may write is not theirs.
json::Object sendable(const store::Document& document) {
  json::Object out;
  for (const model::Field& field : document.entity->fields) {
    const json::Value* value = document.body.if_contains(field.name);
    if (value != nullptr && field.written == model::Written::kYes) out[field.name] = *value;
  }
  return out;
}

TEST(DemoData, PassesTheValidationOfEveryKind) {
  Filled filled(options(1500));
  std::set<std::string> kinds_seen;
  for (const model::Entity* which : model::entities()) {
    for (const auto& document : documents_of(filled.documents(), *which)) {
      const json::Object body = sendable(document);
      const auto valid = model::validate(*which, body, {.mode = model::Mode::kPut, .all = true});
      ASSERT_TRUE(valid.ok()) << which->name << " " << valid.error().details_json << "\n" << json::write(body);
      EXPECT_EQ(model::bad_relation_id(*which, body), "");
      for (const auto& member : document.body)
        EXPECT_NE(model::find_field(*which, member.key()), nullptr) << which->name << "." << member.key();
      kinds_seen.insert(which->name);
    }
  }
  for (const Kind* kind : kinds()) EXPECT_TRUE(kinds_seen.contains(kind->entity)) << kind->entity;
}

TEST(DemoData, EveryDocumentHasItsCreationAndSomeHaveLaterChanges) {
  Filled filled(options(2000));
  std::int64_t changed = 0, retired = 0, total = 0, history = 0, pinned = 0;
  for (const Kind* kind : kinds()) {
    for (const auto& document : documents_of(filled.documents(), entity(kind->entity))) {
      auto rows = must(filled.documents().history({}, {.row = document.row}));
      ASSERT_FALSE(rows.empty());
      EXPECT_EQ(rows.back().verb, "create");
      EXPECT_TRUE(rows.back().actor.id) << "somebody did it";
      EXPECT_EQ(rows.front().at, document.updated);
      EXPECT_LE(document.created, document.updated);
      for (const auto& row : rows) EXPECT_NE(row.changes, "[]");
      const auto updates =
          std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.verb == "update"; });
      EXPECT_LE(updates, 3);
      changed += updates > 0 ? 1 : 0;
      retired += document.active ? 0 : 1;
      for (const auto& source : inventory::sources(document))
        pinned += !document.key.empty() && source.kind == inventory::FieldSource::Kind::kPerson ? 1 : 0;
      ++total;
      history += static_cast<std::int64_t>(rows.size());
    }
  }
  EXPECT_NEAR(static_cast<double>(changed) / static_cast<double>(total), 0.1, 0.03);
  EXPECT_NEAR(static_cast<double>(retired) / static_cast<double>(total), 0.03, 0.015);
  EXPECT_GT(pinned, 0) << "people have changed what was discovered";
  EXPECT_EQ(history, filled.summary.history);
}

TEST(DemoData, DiscoveredServersLookAsDiscoveryWritesThem) {
  Filled filled(options(1000));
  std::int64_t found = 0;
  for (const auto& server : documents_of(filled.documents(), entity("servers"))) {
    if (server.key.empty()) continue;
    ++found;
    EXPECT_TRUE(server.key.starts_with("aws/ec2_instances|") || server.key.starts_with("openstack/nova_servers|"));
    EXPECT_TRUE(server.key.ends_with(json::text_or(server.body, "unique_id")));
    EXPECT_EQ(server.owner.kind, Principal::Kind::kTeam);
    const auto* accountant = server.body.if_contains("accountant");
    ASSERT_NE(accountant, nullptr);
    const auto connection = ObjectId::parse(accountant->get_array().at(0).get_string());
    ASSERT_TRUE(connection);
    const auto stored = must(filled.documents().find({}, entity("connections"), *connection));
    ASSERT_TRUE(stored);
    EXPECT_EQ(json::text_or(server.body.at("datacenters").get_object(), "_id"), json::text_or(stored->body, "dc_id"));
    EXPECT_TRUE(server.provenance.at("c").get_object().contains(connection->hex()));
    ASSERT_TRUE(must(
        filled.documents().find({}, entity("datacenters"), *ObjectId::parse(json::text_or(stored->body, "dc_id")))));
  }
  EXPECT_GT(found, 700);
}

TEST(DemoData, WhatDocumentsNameIsThereUnderThatName) {
  for (const std::int64_t documents : {kLeast, std::int64_t{1500}}) {
    Filled filled(options(documents));
    std::map<std::string, std::int64_t> links;
    const auto look = [&](const char* from, const char* field, const char* to) {
      for (const auto& document : documents_of(filled.documents(), entity(from))) {
        const json::Value* listed = document.body.if_contains(field);
        if (listed == nullptr) continue;
        for (const json::Value& link : listed->get_array()) {
          const auto id = ObjectId::parse(json::text_or(link.get_object(), "_id"));
          ASSERT_TRUE(id) << from;
          const auto found = must(filled.documents().find({}, entity(to), *id));
          ASSERT_TRUE(found) << from << "." << field << " " << json::write(link);
          EXPECT_EQ(json::text_or(found->body, "name"), json::text_or(link.get_object(), "name"));
          if (std::string_view(to) == "applications") {
            EXPECT_EQ(json::text_or(found->body, "family"), json::text_or(link.get_object(), "family"));
          }
          ++links[std::string(from) + "." + field];
        }
      }
    };
    look("applications", "system", "system");
    look("applications", "deps", "applications");
    look("system", "clients", "clients");
    look("system", "entry", "applications");
    look("servers", "applications", "applications");
    EXPECT_GE(links.size(), 4U);
    EXPECT_GT(links["servers.applications"], documents / 8);
  }
}

TEST(DemoData, CarriesOnWhereItWasInterrupted) {
  const Options wanted = options(800);
  Filled whole(wanted);
  FakeClock clock{from_ms(1'600'000'000'000)};
  store_sqlite::FileBackend backend(clock);
  int calls = 0;
  for (;; ++calls) {
    std::stop_source stop;
    Context context;
    context.stop = stop.get_token();
    int left = 25;
    const auto filled = fill(backend.store(), clock, context, wanted, [&](const Progress&) {
      if (--left == 0) stop.request_stop();
    });
    if (filled.ok()) {
      EXPECT_EQ(filled->hash, whole.summary.hash);
      EXPECT_EQ(filled->documents, 800);
      EXPECT_GT(filled->already, 0);
      break;
    }
    ASSERT_EQ(filled.error().code, Code::kUnavailable);
    Options other = wanted;
    other.seed = 9;
    const auto refused = fill(backend.store(), clock, {}, other);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::kConflict);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("half filled"));
  }
  EXPECT_GT(calls, 1);
  EXPECT_THAT(backend.check(), testing::IsEmpty());
}

TEST(DemoData, RefusesAStoreThatHoldsAnythingAndWhatCannotBe) {
  Filled filled(options(100));
  const auto again = fill(filled.backend.store(), filled.clock, {}, options(100));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kConflict);

  FakeClock clock{from_ms(1'600'000'000'000)};
  store_sqlite::FileBackend backend(clock);
  for (const std::int64_t documents : {kLeast - 1, kMost + 1})
    EXPECT_EQ(fill(backend.store(), clock, {}, options(documents)).error().code, Code::kInvalid);
  for (const std::int64_t sets : {std::int64_t{2}, std::int64_t{100}, kMostSets + 1}) {
    Options wanted = options(100);
    wanted.access_sets = sets;
    EXPECT_EQ(fill(backend.store(), clock, {}, wanted).error().code, Code::kInvalid) << sets;
  }
  must(backend.store().write({}, store::Store::Priority::kInteractive, [&](store::Transaction& tx) {
    store::Document server;
    server.entity = &entity("servers");
    server.body = {{"name", "mine"}};
    return backend.store().documents().insert(tx, server, {.verb = "create"});
  }));
  const auto refused = fill(backend.store(), clock, {}, options(100));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_EQ(must(backend.store().documents().count({}, all_of(entity("users")))), 0);
}

TEST(DemoData, HasRareValuesForRareFilters) {
  Filled filled(options(5000));
  const auto count = [&](const char* path, const char* value) {
    store::ListSpec spec = all_of(entity("servers"));
    spec.filter.children.push_back(
        {.kind = store::Filter::Kind::kLeaf, .leaf = {.path = path, .values = {json::Value(value)}}, .children = {}});
    return must(filled.documents().count({}, spec));
  };
  EXPECT_GT(count("status", "Active"), 3500);
  EXPECT_GT(count("status", "Error"), 0);
  EXPECT_LT(count("status", "Error"), 20);
  EXPECT_GT(count("environment", "Recovery"), 0);
  EXPECT_LT(count("environment", "Recovery"), 30);
}

}  // namespace
}  // namespace maestro::demo
