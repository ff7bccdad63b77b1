// Conformance: who sees what, while that changes: no answer shows what its viewer could not see at that moment.
#pragma once

#include "store/conformance/suite.h"

namespace maestro::store {

class AccessConformance : public StoreConformance {
 public:
  /// What a viewer finds, by every kind of question; all of them must agree.
  std::set<ObjectId> found(Store& where, const Principal& viewer) {
    ListSpec spec = list_of(servers());
    spec.viewer = {false, {viewer}, kRead};
    const ListPage page = must(where.documents().list(context, spec));
    std::set<ObjectId> out;
    for (const ListItem& item : page.items) out.insert(item.id);
    const auto n = static_cast<std::int64_t>(out.size());
    EXPECT_EQ(page.total, n);
    EXPECT_EQ(must(where.documents().count(context, spec)), n);
    // One with a filter takes another way than one without.
    spec.filter = leaf("name", Condition::Op::kRegex, {json::Value("shared")});
    EXPECT_EQ(must(where.documents().count(context, spec)), n);
    spec.filter = {};
    std::int64_t counted = 0;
    for (const Facet& facet :
         must(where.documents().facets(context, {.list = spec, .fields = {"status"}, .limit = 9}))) {
      counted += facet.missing + facet.others;
      for (const auto& [value, with] : facet.values) counted += with;
    }
    EXPECT_EQ(counted, n);
    SearchSpec search;
    search.text = "shared";
    search.kinds = {&servers()};
    search.readers = {viewer};
    search.limit = 1000;
    std::set<ObjectId> hits;
    for (const SearchGroup& group : must(where.documents().search(context, search)).groups)
      for (const SearchHit& hit : group.hits) hits.insert(hit.item.id);
    EXPECT_EQ(hits, out);
    return out;
  }
  Document shared(int seed, SetId access) const {
    Document document = sample(servers(), seed, access);
    document.body["name"] = fmt::format("shared {}", seed);
    return document;
  }
};

TEST_P(AccessConformance, GrantsRevocationsAndNewSetsCountAtOnceInEveryProcess) {
  std::vector<Store*> stores = {&store, &backend->other()};
  const std::vector<Principal> viewers = {ann, bob, team, {Principal::Kind::kUser, ObjectId::generate()}};
  struct Known {
    Document document;
    std::vector<RoleEntry> entries;
  };
  std::vector<Known> known;
  std::mt19937 random(7);
  const auto entries = [&] {
    std::vector<RoleEntry> out;
    for (const Principal& viewer : viewers)
      if (random() % 3 == 0) out.push_back(entry(viewer, random() % 4 == 0 ? 0 : static_cast<int>(kRead)));
    // Nobody has met this set yet, half of the time.
    if (random() % 2 == 0) out.push_back(entry({Principal::Kind::kUser, ObjectId::generate()}, kAdmin));
    return out;
  };
  const auto change = [&](Store& writer, bool fails) {
    const auto before_all = known;
    const Result<void> done =
        writer.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) -> Result<void> {
          for (int i = 0; i < 3; ++i) {
            auto wanted = entries();
            TRY_ASSIGN(const SetId set, writer.documents().intern(transaction, wanted));
            if (known.size() < 12 || random() % 5 == 0) {
              Document fresh = shared(static_cast<int>(known.size()), set);
              TRY(writer.documents().insert(transaction, fresh, {"create", {}}));
              known.push_back({fresh, std::move(wanted)});
              continue;
            }
            Known& one = known[random() % known.size()];
            Document after = one.document;
            if (random() % 4 == 0) {
              after.active = !after.active;
            } else {
              after.access = set;
              one.entries = std::move(wanted);
            }
            TRY(writer.documents().update(transaction, one.document, after, {"update", {}}));
            one.document = after;
          }
          return fails ? Result<void>(conflict("taken back")) : Result<void>();
        });
    EXPECT_EQ(done.ok(), !fails);
    if (fails) known = before_all;
  };
  for (int round = 0; round < 40; ++round) {
    change(*stores[random() % 2], random() % 6 == 0);
    for (Store* reader : stores) {
      for (const Principal& viewer : viewers) {
        std::set<ObjectId> expected;
        for (const Known& each : known)
          if (each.document.active && AccessSet{0, each.entries, ""}.role_of(viewer) >= kRead)
            expected.insert(each.document.id);
        ASSERT_EQ(found(*reader, viewer), expected) << "round " << round;
      }
    }
  }
}

TEST_P(AccessConformance, WhileAccessMovesEveryAnswerIsOfOneMoment) {
  // Ann may read exactly one of the two at any time; the other one is bob's.
  const SetId hers = intern({entry(ann, kRead)}), his = intern({entry(bob, kRead)});
  Document left = insert(shared(1, hers)), right = insert(shared(2, his));
  std::vector<Store*> stores = {&store, &backend->other()};
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0, asked = 0;
  {
    std::vector<std::jthread> readers;
    for (int r = 0; r < 4; ++r) {
      readers.emplace_back([&, r] {
        Store& reader = *stores[static_cast<std::size_t>(r) % 2];
        ListSpec spec = list_of(servers());
        spec.viewer = {false, {ann}, kRead};
        SearchSpec search;
        search.text = "shared";
        search.kinds = {&servers()};
        search.readers = {ann};
        while (!stop) {
          const auto page = must(reader.documents().list(context, spec));
          std::int64_t hits = 0;
          for (const SearchGroup& group : must(reader.documents().search(context, search)).groups) hits += group.found;
          if (page.total != 1 || page.items.size() != 1 || page.items[0].access != hers || hits != 1) ++wrong;
          ++asked;
        }
      });
    }
    const auto until = std::chrono::steady_clock::now() + Millis(1500);
    for (int i = 0; std::chrono::steady_clock::now() < until; ++i) {
      Store& writer = *stores[static_cast<std::size_t>(i) % 2];
      const bool mine = left.access == hers;
      must(writer.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) -> Result<void> {
        Document a = left, b = right;
        a.access = mine ? his : hers;
        b.access = mine ? hers : his;
        TRY(writer.documents().update(transaction, left, a, {"update", {}}));
        TRY(writer.documents().update(transaction, right, b, {"update", {}}));
        left = a;
        right = b;
        return {};
      }));
    }
    stop = true;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(asked, 0);
}

}  // namespace maestro::store
