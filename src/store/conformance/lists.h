// Conformance: lists, counts, filters, sorts, cursors and who may see what, against an oracle in memory.
#pragma once

#include "store/conformance/oracle.h"

namespace maestro::store {

TEST_P(ListConformance, EveryDeclaredFieldFiltersAndSorts) {
  std::size_t turn = 0;
  for (const model::Entity* entity : model::entities()) {
    SCOPED_TRACE(entity->name);
    for (int seed = 0; seed < 30; ++seed) {
      Document document = sample(*entity, seed * 31 % 17);
      for (const Column& column : columns(*entity))
        if (column.exclusive)
          json::set(document.body, column.path, json::Value(fmt::format("{}-{}", column.name, seed)));
      if (seed % 6 == 5) document.body = {{"name", fmt::format("bare-{}", seed)}};
      document.active = seed % 10 != 9;
      add(std::move(document));
    }
    std::vector<std::string> paths = {"_id", "created_at", "updated_at", "tags", "no.such.path"};
    for (const Column& column : columns(*entity)) paths.push_back(column.path);
    for (const std::string& path : paths) {
      SCOPED_TRACE(path);
      ListSpec spec = list_of(*entity);
      spec.sort = path;
      for (const bool descending : {false, true}) {
        spec.descending = descending;
        ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      }
      std::set<std::string> values;
      const json::Value* value = json::find(oracle.documents.back().body, path);
      spec.sort = "updated_at";
      if (value != nullptr && !value->is_structured()) {
        spec.filter = leaf(path, Condition::Op::kEq, {*value});
        ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
        spec.filter = leaf(path, Condition::Op::kEq, {*value, json::Value("no such"), json::Value(2)});
        ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      }
      for (const char* text : {"1", "-1$", "^.*E-2", "(", "a.b|c", "2023-11"}) {
        spec.filter = leaf(path, Condition::Op::kRegex, {json::Value(text)});
        ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
        spec.filter = leaf(path, Condition::Op::kContains, {json::Value(text)});
        ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      }
      const json::Value bounds[] = {value == nullptr ? json::Value("m") : *value,
                                    json::Value(3),
                                    json::Value(2.5),
                                    json::Value(oracle.documents.back().id.hex()),
                                    json::Value(to_iso(oracle.documents.back().created)),
                                    json::Value("2023"),
                                    json::Value("NAME-1"),
                                    json::Value(std::string("name-1\0x", 8))};
      for (const auto op : {Condition::Op::kLess, Condition::Op::kLessEq, Condition::Op::kGreater,
                            Condition::Op::kGreaterEq, Condition::Op::kStarts, Condition::Op::kWithin}) {
        // Its own value, and two of the others in turn: there are fields enough for every pair of operator and bound.
        for (const std::size_t which : {std::size_t{0}, 1 + turn % 7, 1 + (turn + 3) % 7}) {
          if (bounds[which].is_structured()) continue;
          spec.filter = leaf(path, op, {bounds[which]});
          ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
        }
        ++turn;
      }
      spec.filter = leaf(path, Condition::Op::kPair, {json::Value("tags"), json::Value("4")});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      spec.filter = leaf(path, Condition::Op::kAbsent);
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      spec.filter = join(Filter::Kind::kNot, {spec.filter, leaf(path, Condition::Op::kContains, {json::Value("1")})});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      spec.filter = leaf(path, Condition::Op::kNever, {json::Value("x")});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      spec.filter = {};
      spec.active = std::nullopt;
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
      spec.active = false;
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
    }
  }
}

TEST_P(ListConformance, IdsAndTimesFilterByTheirText) {
  for (int seed = 0; seed < 12; ++seed) add(sample(servers(), seed));
  const Document& one = oracle.documents[4];
  ListSpec spec = list_of(servers());
  spec.filter = leaf("_id", Condition::Op::kEq, {json::Value(one.id.hex()), json::Value("no id"), json::Value(7)});
  EXPECT_THAT(ids(spec), testing::ElementsAre(one.id));
  ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
  for (const char* path : {"created_at", "updated_at"}) {
    spec.filter = leaf(path, Condition::Op::kEq, {json::Value(to_iso(one.updated)), json::Value(to_iso(one.created))});
    ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
    spec.filter = leaf(path, Condition::Op::kRegex, {json::Value("00\\.00[1-4]Z$")});
    ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
  }
  for (const auto& value : {json::Value(true), json::Value("true"), json::Value(false)}) {
    spec.filter = leaf("active", Condition::Op::kEq, {value});
    ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
  }
  std::vector<json::Value> many;
  for (int i = 0; i < 40; ++i) many.push_back(json::Value(fmt::format("name-{}", i * 3)));
  spec.filter = leaf("name", Condition::Op::kEq, many);
  ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
}

TEST_P(ListConformance, NetworksPairsAndRangesFilter) {
  const std::array<std::string, 6> addresses = {"10.1.0.7",  "10.1.255.255", "10.2.0.0",
                                                "fd00::1:2", "10.1.4.0/24",  "x"};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    Document document = sample(servers(), static_cast<int>(i));
    document.body["ipv4_private"] = addresses[i];
    document.body["cpu"] = static_cast<std::int64_t>(i);
    document.body["tags"] = json::Array{json::Object{{"key", "env"}, {"value", i % 2 == 0 ? "prod" : "test"}},
                                        json::Object{{"key", "tier"}, {"value", static_cast<std::int64_t>(i)}},
                                        json::Object{{"value", "prod"}}, json::Value("env")};
    add(std::move(document));
  }
  ListSpec spec = list_of(servers());
  const auto found = [&](const Filter& filter) {
    spec.filter = filter;
    expect_oracle(spec);
    std::set<std::string> out;
    for (const ObjectId& id : ids(spec))
      out.insert(std::string(json::text_or(get(servers(), id).body, "ipv4_private")));
    return out;
  };
  const auto within = [&](const char* network) {
    return found(leaf("ipv4_private", Condition::Op::kWithin, {json::Value(network)}));
  };
  EXPECT_THAT(within("10.1.0.0/16"), testing::ElementsAre("10.1.0.7", "10.1.255.255", "10.1.4.0/24"));
  EXPECT_THAT(within("10.1.0.7"), testing::ElementsAre("10.1.0.7"));
  EXPECT_THAT(within("fd00::/8"), testing::ElementsAre("fd00::1:2"));
  EXPECT_THAT(within("0.0.0.0/0"), testing::SizeIs(4));
  EXPECT_THAT(within("no network"), testing::IsEmpty());
  const auto tagged = [&](std::vector<json::Value> values) {
    return found(leaf("tags", Condition::Op::kPair, std::move(values))).size();
  };
  EXPECT_EQ(tagged({"env", "prod"}), 3u);
  EXPECT_EQ(tagged({"env"}), 6u);
  EXPECT_EQ(tagged({"env", "prod", "test"}), 6u);
  EXPECT_EQ(tagged({"tier", "4"}), 1u);
  EXPECT_EQ(tagged({"env", "none"}), 0u);
  const Filter range = join(Filter::Kind::kAll, {leaf("cpu", Condition::Op::kGreaterEq, {json::Value(1)}),
                                                 leaf("cpu", Condition::Op::kLess, {json::Value(3)})});
  EXPECT_THAT(found(range), testing::ElementsAre("10.1.255.255", "10.2.0.0"));
  EXPECT_THAT(found(join(Filter::Kind::kNot, {range})), testing::SizeIs(4));
  // One and the same element; its paths are its own, even where they are called like the document's.
  const auto element = [&](const char* key, const json::Value& value) {
    Filter out = join(Filter::Kind::kElement, {leaf("key", Condition::Op::kEq, {json::Value(key)}),
                                               leaf("value", Condition::Op::kEq, {value})});
    out.leaf.path = "tags";
    return out;
  };
  EXPECT_THAT(found(element("env", "prod")), testing::SizeIs(3));
  EXPECT_THAT(found(element("tier", 4)), testing::ElementsAre("10.1.4.0/24"));
  EXPECT_THAT(found(element("tier", "prod")), testing::IsEmpty());
  EXPECT_THAT(found(join(Filter::Kind::kNot, {element("env", "prod")})), testing::SizeIs(3));
  EXPECT_THAT(found(join(Filter::Kind::kAll, {range, element("env", "prod")})), testing::ElementsAre("10.2.0.0"));
}

TEST_P(ListConformance, APageWithoutACountIsTheSamePage) {
  for (int seed = 0; seed < 400; ++seed) add(sample(servers(), seed));
  for (const Filter& filter : {Filter{}, leaf("status", Condition::Op::kEq, {json::Value("status-1")}),
                               leaf("tags.value", Condition::Op::kGreater, {json::Value(100)}),
                               leaf("tags.value", Condition::Op::kEq, {json::Value(7)})}) {
    for (const auto count : {Count::kNone, Count::kEstimate}) {
      ListSpec spec = list_of(servers());
      spec.filter = filter;
      spec.limit = 5;
      const ListPage exact = must(documents().list(context, spec));
      spec.count = count;
      for (int pages = 0; pages < 3; ++pages) {
        const ListPage page = must(documents().list(context, spec));
        if (page.exact) {
          EXPECT_EQ(page.total, exact.total);
        } else if (count == Count::kNone) {
          EXPECT_EQ(page.total, -1);
        } else {
          EXPECT_GE(page.total, 0);
        }
        ListSpec other = spec;
        other.count = Count::kExact;
        EXPECT_EQ(ids(spec), ids(other));
        spec.cursor = page.next;
        if (spec.cursor.empty()) break;
      }
    }
  }
}

TEST_P(ListConformance, ADeepOrWideFilterIsNoError) {
  for (int seed = 0; seed < 5; ++seed) add(sample(servers(), seed));
  ListSpec spec = list_of(servers());
  std::vector<Filter> wide;
  for (int i = 0; i < 1000; ++i)
    wide.push_back(leaf("name", Condition::Op::kEq, {json::Value(fmt::format("name-{}", i * 2))}));
  spec.filter = join(Filter::Kind::kAny, wide);
  ASSERT_NO_FATAL_FAILURE(expect_oracle(spec));
}

TEST_P(ListConformance, RandomViewersSeeExactlyTheirs) {
  std::mt19937 random(20261125);
  std::vector<Principal> people;
  for (int i = 0; i < 12; ++i)
    people.push_back({i % 4 == 3 ? Principal::Kind::kTeam : Principal::Kind::kUser, ObjectId::generate()});
  const auto some_set = [&] {
    std::vector<RoleEntry> entries;
    for (std::size_t i = random() % 4; i > 0; --i)
      entries.push_back(entry(people[random() % people.size()], std::array{1, 3, 7}[random() % 3]));
    if (random() % 5 == 0) entries.push_back(entry({Principal::Kind::kNobody, people[0].id}, 7));
    return make_set(entries);
  };
  const std::vector<std::string> paths = {"status", "environment", "datacenters.region", "name",
                                          "cpu",    "unique_id",   "tags.value",         "metas.x"};
  const auto some_document = [&] {
    Document document;
    document.entity = &servers();
    document.created = from_ms(static_cast<std::int64_t>(random() % 5));
    document.updated = from_ms(static_cast<std::int64_t>(random() % 5));
    document.active = random() % 8 != 0;
    for (const std::string& path : paths) {
      if (random() % 4 == 0) continue;
      if (random() % 10 == 0)
        json::set(document.body, path, odd_value(random));
      else if (path == "cpu")
        json::set(document.body, path, static_cast<std::int64_t>(random() % 4));
      else
        json::set(document.body, path, json::Value(fmt::format("v{}", random() % 4)));
    }
    if (random() % 20 == 0)
      document.body["datacenters"] = json::Array{json::Object{{"region", "v1"}}, json::Object{{"region", "v2"}}};
    return document;
  };
  std::function<Filter(int)> some_filter = [&](int depth) -> Filter {
    if (depth > 0 && random() % 2 == 0) {
      std::vector<Filter> children;
      for (std::size_t i = random() % 3; i < 3; ++i) children.push_back(some_filter(depth - 1));
      return join(std::array{Filter::Kind::kAny, Filter::Kind::kAll, Filter::Kind::kNot}[random() % 3], children);
    }
    const std::string& path = paths[random() % paths.size()];
    constexpr std::array kComparisons = {Condition::Op::kLess, Condition::Op::kLessEq, Condition::Op::kGreater,
                                         Condition::Op::kGreaterEq};
    switch (random() % 9) {
      case 6:
      case 7:
        return leaf(path, kComparisons[random() % 4],
                    {path == "cpu" && random() % 4 != 0 ? json::Value(static_cast<std::int64_t>(random() % 4))
                                                        : json::Value(fmt::format("v{}", random() % 4))});
      case 8:
        return leaf(path, Condition::Op::kStarts, {odd_value(random)});
      case 0:
        return leaf(path, Condition::Op::kRegex, {json::Value(std::array{"v[12]", "^V3$", "1", "["}[random() % 4])});
      case 1:
        return leaf(path, Condition::Op::kContains, {json::Value("V")});
      case 2:
        return leaf(path, Condition::Op::kAbsent);
      case 3:
        return leaf(path, Condition::Op::kEq, {odd_value(random), odd_value(random)});
      default:
        return leaf(path, Condition::Op::kEq,
                    {path == "cpu" ? json::Value(1) : json::Value(fmt::format("v{}", random() % 4))});
    }
  };
  std::vector<SetId> sets;
  for (int i = 0; i < 25; ++i) sets.push_back(some_set());
  for (int i = 0; i < 150; ++i) {
    Document document = some_document();
    document.access = sets[random() % sets.size()];
    add(std::move(document));
  }
  for (int round = 0; round < 120; ++round) {
    SCOPED_TRACE(round);
    if (round % 3 == 0) {  // somebody grants, renames, deletes
      const std::size_t at = random() % oracle.documents.size();
      Document after = some_document();
      after.access = random() % 3 == 0 ? some_set() : sets[random() % sets.size()];
      after.owner = oracle.documents[at].owner;
      replace(at, after);
    }
    ListSpec spec = list_of(servers());
    spec.viewer.everything = random() % 10 == 0;
    spec.viewer.readers = {people[random() % people.size()]};
    if (random() % 4 == 0) spec.viewer.readers.push_back(people[random() % people.size()]);
    spec.viewer.role = std::array{1, 3, 7}[random() % 3];
    spec.active = random() % 6 == 0 ? std::nullopt : std::optional(random() % 6 != 0);
    spec.descending = random() % 2 == 0;
    spec.sort = random() % 4 == 0 ? std::string("updated_at") : paths[random() % paths.size()];
    if (random() % 4 != 0) spec.filter = some_filter(2);
    ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 1 + random() % 9));
  }
}

TEST_P(ListConformance, FewAndManyVisibleRowsListAlike) {
  // Enough rows that a store may choose different ways for different viewers.
  const SetId all = make_set({entry(ann, kAdmin)}), half = make_set({entry(ann, kAdmin), entry(bob, kRead)}),
              few = make_set({entry(ann, kRead), entry(bob, kWrite), entry(team, kRead)});
  write([&](Transaction& transaction) {
    for (int i = 0; i < 3000; ++i) {
      Document document = sample(servers(), i * 7919 % 3000, i % 300 == 0 ? few : i % 2 == 0 ? half : all);
      must(documents().insert(transaction, document, {"create", {}}));
      oracle.documents.push_back(document);
    }
  });
  for (const Principal& viewer : {ann, bob, team}) {
    for (const char* sort : {"updated_at", "name", "cpu", "status", "_id"}) {
      ListSpec spec = list_of(servers());
      spec.viewer = {false, {viewer}, kRead};
      spec.sort = sort;
      spec.limit = 4000;
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 700));
      spec.filter = leaf("status", Condition::Op::kEq, {json::Value("status-1")});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 400));
      spec.filter =
          join(Filter::Kind::kAll, {spec.filter, leaf("name", Condition::Op::kRegex, {json::Value("name-.*7")})});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 100));
      spec.filter = leaf("datacenters.instance_id", Condition::Op::kEq, {json::Value("instance_id-77")});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 2));
    }
  }
}

TEST_P(ListConformance, MatchesThatComeLateInTheOrderListAlike) {
  // A store may expect them everywhere.
  const SetId all = make_set({entry(ann, kAdmin)});
  write([&](Transaction& transaction) {
    for (int i = 0; i < 1300; ++i) {
      Document document = sample(servers(), i, all);
      document.body["name"] = fmt::format("{:04}", i);
      document.body["status"] = i < 700 ? "Active" : "Stopped";
      must(documents().insert(transaction, document, {"create", {}}));
      oracle.documents.push_back(document);
    }
  });
  ListSpec spec = list_of(servers());
  spec.viewer = {false, {ann}, kRead};
  spec.limit = 2000;
  spec.filter = leaf("status", Condition::Op::kEq, {json::Value("Stopped")});
  for (const char* sort : {"name", "updated_at"}) {
    for (const bool descending : {false, true}) {
      spec.sort = sort;
      spec.descending = descending;
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 60));
      ListSpec few = spec;
      few.limit = 5;
      std::vector<ObjectId> expected = oracle.list(spec), got;
      expected.resize(15);
      for (int i = 0; i < 3; ++i) {
        const auto page = must(documents().list(context, few));
        for (const ListItem& item : page.items) got.push_back(item.id);
        few.cursor = page.next;
      }
      EXPECT_EQ(got, expected);
    }
  }
}

TEST_P(ListConformance, AScanOfManyBodiesListsAlike) {
  // Enough rows that a store may read them on several connections.
  const SetId all = make_set({entry(ann, kAdmin)}), half = make_set({entry(ann, kAdmin), entry(bob, kRead)});
  write([&](Transaction& transaction) {
    for (int i = 0; i < 1100; ++i) {
      Document document = sample(servers(), i, i % 2 == 0 ? half : all);
      document.body["metas"] = {{"slot", i * 7919 % 100}};
      must(documents().insert(transaction, document, {"create", {}}));
      oracle.documents.push_back(document);
    }
  });
  ListSpec spec = list_of(servers());
  spec.limit = 2000;
  for (const Principal& viewer : {ann, bob}) {
    for (const char* sort : {"name", "metas.slot", "_id"}) {
      spec.viewer = {false, {viewer}, kRead};
      spec.sort = sort;
      spec.descending = !spec.descending;
      spec.filter = leaf("metas.slot", Condition::Op::kLess, {json::Value(10)});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 50));
      spec.filter = leaf("metas.slot", Condition::Op::kEq, {json::Value(101)});
      ASSERT_NO_FATAL_FAILURE(expect_oracle(spec, 10));
    }
  }
}

TEST_P(ListConformance, AScanIsOfOneMoment) {
  // Every write moves a mark from one document to another: at any moment there are as many.
  constexpr int kRows = 1100, kMarked = 300;
  const SetId set = make_set({entry(ann, kAdmin)});
  std::vector<Document> documents;
  write([&](Transaction& transaction) {
    for (int i = 0; i < kRows; ++i) {
      documents.push_back(sample(servers(), i, set));
      documents.back().body["metas"] = {{"slot", i < kMarked ? 1 : 0}};
      must(this->documents().insert(transaction, documents.back(), {"create", {}}));
    }
  });
  std::jthread writer([&](const std::stop_token& stop) {
    std::mt19937 random(7);
    std::vector<int> slots(kRows);
    std::fill_n(slots.begin(), kMarked, 1);
    const auto move = [&](Transaction& transaction, std::size_t at, int slot) {
      Document after = documents[at];
      after.body["metas"] = {{"slot", slots[at] = slot}};
      must(this->documents().update(transaction, documents[at], after, {"update", {}}));
      documents[at] = after;
    };
    while (!stop.stop_requested()) {
      const std::size_t from = random() % kRows, to = random() % kRows;
      if (slots[from] == 0 || slots[to] == 1) continue;
      write([&](Transaction& transaction) {
        move(transaction, from, 0);
        move(transaction, to, 1);
      });
    }
  });
  ListSpec spec = list_of(servers());
  spec.viewer = {false, {ann}, kRead};
  spec.filter = leaf("metas.slot", Condition::Op::kEq, {json::Value(1)});
  spec.limit = 10;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(must(this->documents().list(context, spec)).total, kMarked);
    ASSERT_EQ(must(this->documents().count(context, spec)), kMarked);
  }
}

TEST_P(ListConformance, AGrantMovesItsRowAndNoOther) {
  const SetId shared = make_set({entry(ann, kAdmin)});
  for (int i = 0; i < 4; ++i) add(sample(servers(), i, shared));
  ListSpec of_bob = list_of(servers());
  of_bob.viewer = {false, {bob}, kRead};
  EXPECT_EQ(must(documents().count(context, of_bob)), 0);
  Document granted = oracle.documents[2];
  granted.access = make_set({entry(ann, kAdmin), entry(bob, kRead)});
  replace(2, granted);
  EXPECT_THAT(ids(of_bob), testing::ElementsAre(granted.id));
  of_bob.viewer.role = kWrite;
  EXPECT_THAT(ids(of_bob), testing::IsEmpty());
  EXPECT_EQ(documents().access(shared)->role_of(bob), 0);
  EXPECT_EQ(documents().access(granted.access)->role_of(bob), kRead);
  EXPECT_EQ(get(oracle.documents[1]).access, shared);
}

TEST_P(ListConformance, EqualSetsAreOneAndKeepTheirOrder) {
  const std::vector<RoleEntry> forth = {entry(ann, kAdmin), entry(bob, kRead), entry(team, kWrite)};
  const std::vector<RoleEntry> back = {entry(team, kWrite), entry(bob, kRead), entry(ann, kAdmin)};
  const SetId id = intern(forth);
  EXPECT_EQ(intern(forth), id);
  EXPECT_NE(intern(back), id);
  EXPECT_EQ(intern({}), 0);
  EXPECT_EQ(documents().access(0)->wire, "[]");
  const auto set = documents().access(id);
  EXPECT_EQ(set->id, id);
  EXPECT_THAT(set->entries, testing::SizeIs(3));
  EXPECT_EQ(set->entries[1].principal, bob);
  EXPECT_EQ(set->entries[1].wire, forth[1].wire);
  EXPECT_EQ(set->wire, json::write(json::Value(json::Array{forth[0].wire, forth[1].wire, forth[2].wire})));
  write([&](Transaction& transaction) {
    const SetId fresh = must(documents().intern(transaction, {entry(bob, kWrite)}));
    EXPECT_EQ(documents().access(transaction, fresh)->role_of(bob), kWrite);
    EXPECT_EQ(documents().access(transaction, id)->role_of(team), kWrite);
  });
}

TEST_P(ListConformance, ACursorServesItsOwnListOnly) {
  for (int i = 0; i < 6; ++i) add(sample(servers(), i));
  ListSpec spec = list_of(servers());
  spec.limit = 2;
  const std::string cursor = must(documents().list(context, spec)).next;
  ASSERT_FALSE(cursor.empty());
  const auto refused = [&](const ListSpec& other) {
    const auto result = documents().list(context, other);
    return !result.ok() && result.error().code == Code::kInvalid &&
           result.error().message.find("cursor") != std::string::npos;
  };
  ListSpec same = spec;
  same.cursor = cursor;
  same.limit = 3;
  EXPECT_TRUE(documents().list(context, same).ok());
  ListSpec other = same;
  other.descending = false;
  EXPECT_TRUE(refused(other));
  other = same;
  other.sort = "name";
  EXPECT_TRUE(refused(other));
  other = same;
  other.filter = leaf("name", Condition::Op::kRegex, {json::Value("x")});
  EXPECT_TRUE(refused(other));
  other = same;
  other.entity = model::find_entity("datacenters");
  EXPECT_TRUE(refused(other));
  for (const std::string& text :
       {std::string("x"), std::string("!!"), cursor + "AAAA", cursor.substr(0, 20), std::string("AQ")}) {
    other = same;
    other.cursor = text;
    EXPECT_TRUE(text == cursor + "AAAA" ? true : refused(other)) << text;
  }
}

TEST_P(ListConformance, ACanceledListStops) {
  add(sample(servers(), 1));
  std::stop_source stop;
  stop.request_stop();
  Context gone = context;
  gone.stop = stop.get_token();
  const auto result = documents().list(gone, list_of(servers()));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kUnavailable);
}

}  // namespace maestro::store
