// Conformance: documents, their history and identities.
#pragma once

#include "store/conformance/suite.h"

namespace maestro::store {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreConformance, EveryEntityIsCreatedReadAndChanged) {
  for (const model::Entity* entity : model::entities()) {
    SCOPED_TRACE(entity->name);
    Document document = sample(*entity, 1);
    document.key = "instances|i-1";
    document.provenance = {{"c", json::Object{{"x", json::Array{"name"}}}}};
    document = insert(document);
    EXPECT_GT(document.row, 0);
    EXPECT_GT(document.rev, 0);
    expect_same(get(document), document);

    Document changed = document;
    changed.body["name"] = "another";
    changed.body["metas"] = json::Object{{"deep", json::Array{1, 2.5, nullptr, "ä"}}};
    changed.updated += Millis(5000);
    changed = update(document, changed);
    EXPECT_GT(changed.rev, document.rev);
    expect_same(get(document), changed);

    Document gone = changed;
    gone.active = false;
    update(changed, gone, {"delete", {}});
    EXPECT_FALSE(get(document).active);
    EXPECT_THAT(must(documents().list(context, list_of(*entity))).items, IsEmpty());
    ListSpec both = list_of(*entity);
    both.active = std::nullopt;
    EXPECT_THAT(ids(both), ElementsAre(document.id));
    both.active = false;
    EXPECT_THAT(ids(both), ElementsAre(document.id));
  }
}

TEST_P(StoreConformance, WhatHasExpiredIsGoneWithAllThatWasDerivedFromIt) {
  const model::Entity& events = *model::find_entity("events");
  const SetId mine = intern({entry(ann, 7)});
  std::vector<Document> stored;
  for (int i = 0; i < 6; ++i) {
    Document event = sample(events, i, mine);
    event.created = from_ms(1'600'000'000'000 + i * 1000);
    event.body["msg"] = fmt::format("event number{}", i);
    stored.push_back(insert(event, i % 2 == 0 ? Change{"create", {}} : Change{}));
  }
  Document off = stored[1];
  off.active = false;
  stored[1] = update(stored[1], off, {});
  const Document server = insert(sample(servers(), 1, mine));
  EXPECT_THAT(ids(list_of(events)), SizeIs(5));  // and the columns are in memory now

  const auto expire = [&](Time until, std::size_t limit) {
    std::int64_t count = 0;
    write([&](Transaction& transaction) { count = must(documents().expire(transaction, events, until, limit)); });
    return count;
  };
  const Time half = stored[3].created;
  EXPECT_EQ(expire(stored[0].created, 100), 0) << "what was made at that very time stays";
  EXPECT_EQ(expire(half, 2), 2);
  EXPECT_EQ(expire(half, 2), 1);
  EXPECT_EQ(expire(half, 2), 0);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(must(documents().find(context, events, stored[static_cast<std::size_t>(i)].id)));
  ListSpec all = list_of(events);
  all.active = std::nullopt;
  EXPECT_THAT(ids(all), testing::UnorderedElementsAre(stored[3].id, stored[4].id, stored[5].id));
  EXPECT_EQ(must(documents().count(context, all)), 3);
  EXPECT_THAT(must(documents().history(context, {.row = stored[0].row})), IsEmpty());
  EXPECT_THAT(must(documents().search(context, {.text = "number0", .kinds = {&events}, .everything = true})).groups,
              IsEmpty());
  EXPECT_TRUE(must(documents().find(context, servers(), server.id)));

  EXPECT_EQ(expire(clock.now() + Millis(1), 100), 3);
  const Document next = insert(sample(servers(), 2));
  EXPECT_GT(next.row, server.row);
}

TEST_P(StoreConformance, WhatIsErasedHasNeverBeen) {
  const model::Entity& services = *model::find_entity("services");
  Document first = sample(services, 1, SetId{});
  first.body["name"] = "erasable";
  first = insert(first, Change{"create", {}});
  const Document second = insert(sample(services, 2, SetId{}));
  EXPECT_THAT(ids(list_of(services)), SizeIs(2));
  write([&](Transaction& transaction) {
    must(documents().erase(transaction, first));
    EXPECT_EQ(documents().erase(transaction, second).error().code, Code::kInternal);
  });
  EXPECT_FALSE(must(documents().find(context, services, first.id)));
  EXPECT_THAT(ids(list_of(services)), ElementsAre(second.id));
  EXPECT_EQ(must(documents().count(context, list_of(services))), 1);
  EXPECT_THAT(must(documents().history(context, {.row = first.row})), IsEmpty());
  EXPECT_THAT(must(documents().search(context, {.text = "erasable", .kinds = {&services}, .everything = true})).groups,
              IsEmpty());
  first.id = ObjectId::generate();
  EXPECT_GT(insert(first).row, second.row);
}

TEST_P(StoreConformance, AnUnknownIdIsNoDocument) {
  EXPECT_FALSE(must(documents().find(context, servers(), ObjectId::generate())));
  write([&](Transaction& transaction) {
    EXPECT_FALSE(must(documents().find(transaction, servers(), ObjectId::generate())));
    EXPECT_FALSE(must(documents().find_row(transaction, 4711)));
    EXPECT_FALSE(must(documents().find_key(transaction, servers(), ann, "instances|none")));
  });
}

TEST_P(StoreConformance, AnIdOfAnotherKindIsNotFound) {
  const Document server = insert(sample(servers(), 1));
  EXPECT_FALSE(must(documents().find(context, *model::find_entity("datacenters"), server.id)));
}

TEST_P(StoreConformance, ListTextFollowsEveryWrite) {
  Document document = insert(sample(servers(), 3));
  const auto text = [&] { return must(documents().list(context, list_of(servers()))).items.at(0).text; };
  EXPECT_EQ(text(), list_text(document));
  Document changed = document;
  changed.updated += Millis(1);
  changed = update(document, changed, {"", {}});
  EXPECT_EQ(text(), list_text(changed));
  changed.body["name"] = "renamed";
  update(get(document), changed);
  EXPECT_THAT(text(), HasSubstr("renamed"));
}

TEST_P(StoreConformance, ASecondWriterOfTheSameRevisionConflicts) {
  const Document document = insert(sample(servers(), 1));
  Document first = document, second = document;
  first.body["name"] = "first";
  second.body["name"] = "second";
  update(document, first);
  const auto result = store.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) {
    return documents().update(transaction, document, second, {"update", {}});
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kConflict);
  EXPECT_EQ(json::text_or(get(document).body, "name"), "first");
}

TEST_P(StoreConformance, RevisionsGrowOverAllKinds) {
  std::int64_t last = 0;
  for (const model::Entity* entity : model::entities()) {
    const Document document = insert(sample(*entity, 1));
    EXPECT_GT(document.rev, last);
    last = document.rev;
    Document next = document;
    next.provenance["u"] = json::Object{{"name", 1}};
    next = update(document, next, {"", {}});
    EXPECT_GT(next.rev, last);
    last = next.rev;
    expect_same(get(document), next);
  }
}

TEST_P(StoreConformance, AFailedTransactionLeavesNothing) {
  const Document kept = insert(sample(servers(), 1));
  Document lost = sample(servers(), 2);
  const auto result =
      store.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) -> Result<void> {
        TRY_ASSIGN(lost.access, documents().intern(transaction, {entry(bob, kAdmin)}));
        TRY(documents().insert(transaction, lost, {"create", {}}));
        Document changed = kept;
        changed.body["name"] = "lost";
        TRY(documents().update(transaction, kept, changed, {"update", {}}));
        TRY(vault().set_value(transaction, "lost", "yes"));
        Job job = make_job("lane");
        TRY(ledger().enqueue(transaction, job));
        return invalid("on second thought");
      });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "on second thought");
  EXPECT_FALSE(must(documents().find(context, servers(), lost.id)));
  expect_same(get(kept), kept);
  EXPECT_EQ(must(documents().count(context, list_of(servers()))), 1);
  EXPECT_THAT(must(documents().history(context, {})), SizeIs(1));
  EXPECT_FALSE(must(vault().value(context, "lost")));
  EXPECT_EQ(must(ledger().waiting_jobs(context, "lane")), 0);
  EXPECT_THAT(documents().access(lost.access)->entries, IsEmpty());
  // An id of a set that was rolled back may come again with another content.
  const SetId set = intern({entry(team, kRead)});
  EXPECT_EQ(documents().access(set)->role_of(team), kRead);
  EXPECT_EQ(documents().access(set)->role_of(bob), 0);
}

TEST_P(StoreConformance, AnExceptionRollsBackAndPasses) {
  const auto write_and_throw = [&] {
    (void)store.write(context, Store::Priority::kBulk, [&](Transaction& transaction) -> Result<void> {
      TRY(vault().set_value(transaction, "lost", "yes"));
      throw std::runtime_error("boom");
    });
  };
  EXPECT_THROW(write_and_throw(), std::runtime_error);
  EXPECT_FALSE(must(vault().value(context, "lost")));
  write([&](Transaction& transaction) { must(vault().set_value(transaction, "kept", "yes")); });
  EXPECT_EQ(must(vault().value(context, "kept")), "yes");
}

TEST_P(StoreConformance, TheProvidersIdentityFindsTheRowOfItsOwner) {
  Document document = sample(servers(), 1);
  document.key = "instances|i-1";
  document = insert(document);
  Document other = sample(servers(), 2);
  other.key = document.key;
  other.owner = bob;
  other = insert(other);
  write([&](Transaction& transaction) {
    EXPECT_EQ(must(documents().find_key(transaction, servers(), ann, "instances|i-1"))->id, document.id);
    EXPECT_EQ(must(documents().find_key(transaction, servers(), bob, "instances|i-1"))->id, other.id);
    EXPECT_FALSE(must(documents().find_key(transaction, servers(), team, "instances|i-1")));
    EXPECT_FALSE(must(documents().find_key(transaction, servers(), ann, "")));
    expect_same(*must(documents().find_row(transaction, other.row)), other);
  });
  Document gone = document;
  gone.active = false;
  gone = update(document, gone, {"retire", {}});
  write([&](Transaction& transaction) {
    EXPECT_EQ(must(documents().find_key(transaction, servers(), ann, "instances|i-1"))->id, document.id);
  });
  // One identity, one row.
  Document twin = sample(servers(), 3);
  twin.key = document.key;
  const auto result = store.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) {
    return documents().insert(transaction, twin, {"create", {}});
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kConflict);
}

TEST_P(StoreConformance, AnIndexedTextFindsActiveRows) {
  const model::Entity& users = *model::find_entity("users");
  Document ann_row = sample(users, 1), bob_row = sample(users, 2);
  ann_row.body["email"] = "Ann@Example.com";
  bob_row.body["email"] = "bob@example.com";
  bob_row.owner = bob;
  ann_row = insert(ann_row);
  bob_row = insert(bob_row);
  const auto find = [&](std::optional<Principal> owner, std::string_view value, bool any_case) {
    std::vector<ObjectId> out;
    write([&](Transaction& transaction) {
      for (const Document& document :
           must(documents().find_value(transaction, users, owner, "email", value, any_case, 10)))
        out.push_back(document.id);
    });
    return out;
  };
  EXPECT_THAT(find({}, "ann@example.com", true), ElementsAre(ann_row.id));
  EXPECT_THAT(find({}, "ann@example.com", false), IsEmpty());
  EXPECT_THAT(find({}, "Ann@Example.com", false), ElementsAre(ann_row.id));
  EXPECT_THAT(find(bob, "ANN@example.com", true), IsEmpty());
  EXPECT_THAT(find(bob, "bob@example.com", false), ElementsAre(bob_row.id));
  Document gone = ann_row;
  gone.active = false;
  update(ann_row, gone);
  EXPECT_THAT(find({}, "ann@example.com", true), IsEmpty());
}

TEST_P(StoreConformance, HistoryTellsWhoDidWhatAndPagesBothWays) {
  const ObjectId run = ObjectId::generate();
  Document document = insert(sample(servers(), 1));
  const Document other = insert(sample(servers(), 2));
  for (int i = 0; i < 5; ++i) {
    if (i == 3) context.actor.run = run;
    clock.advance(Millis(10));
    Document next = document;
    next.body["cpu"] = i;
    document = update(document, next, {"update", {json::Object{{"path", "cpu"}, {"new", i}}}});
  }
  context.actor.run = {};
  Document silent = document;
  silent.body["cpu"] = 99;
  document = update(document, silent, {"", {}});

  auto rows = must(documents().history(context, {.row = document.row, .run = {}, .limit = 3}));
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].verb, "update");
  EXPECT_EQ(rows[0].changes, R"([{"path":"cpu","new":4}])");
  EXPECT_EQ(rows[0].document, document.id);
  EXPECT_EQ(rows[0].entity, "servers");
  EXPECT_EQ(rows[0].actor, ann);
  EXPECT_EQ(rows[0].actor_name, "ann");
  EXPECT_EQ(rows[0].run, run);
  EXPECT_EQ(rows[0].at, clock.now());
  EXPECT_FALSE(rows[2].run);
  EXPECT_GT(rows[0].id, rows[1].id);
  rows = must(documents().history(context, {.row = document.row, .run = {}, .before = rows[2].id, .limit = 50}));
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[2].verb, "create");
  EXPECT_THAT(must(documents().history(context, {.row = {}, .run = run})), SizeIs(2));
  EXPECT_THAT(must(documents().history(context, {.row = other.row, .run = run})), IsEmpty());

  const auto feed = must(documents().history(context, {.row = {}, .run = {}, .after = rows[2].id, .limit = 2}));
  ASSERT_THAT(feed, SizeIs(2));
  EXPECT_EQ(feed[0].document, other.id);
  EXPECT_LT(feed[0].id, feed[1].id);
}

TEST_P(StoreConformance, RowsThatNobodySeesAnyMore) {
  std::vector<Document> rows;
  for (int i = 0; i < 4; ++i) {
    Document document = sample(servers(), i);
    document.key = fmt::format("{}|i-{}", i == 3 ? "instances2" : "instances", i);
    rows.push_back(insert(document));
  }
  auto run = make_run(ObjectId::generate(), "instances");
  RunScope scope;
  const auto unseen = [&] {
    std::vector<ObjectId> out;
    write([&](Transaction& transaction) {
      for (const Document& document : must(documents().unseen(transaction, servers(), ann, "instances|", 10)))
        out.push_back(document.id);
    });
    return out;
  };
  write([&](Transaction& transaction) {
    must(ledger().insert_run(transaction, run));
    scope = make_scope(run.id, "instances", "r1");
    must(ledger().insert_scope(transaction, run.connection, scope));
    must(ledger().see(transaction, scope.scope, {"i-0", rows[0].row, "h"}));
  });
  EXPECT_THAT(unseen(), testing::UnorderedElementsAre(rows[1].id, rows[2].id));
  Document gone = rows[1];
  gone.active = false;
  update(rows[1], gone);
  EXPECT_THAT(unseen(), ElementsAre(rows[2].id));
  write([&](Transaction& transaction) { must(ledger().unsee(transaction, scope.scope, "i-0")); });
  EXPECT_THAT(unseen(), testing::UnorderedElementsAre(rows[0].id, rows[2].id));
}

TEST_P(StoreConformance, PasswordsSecretsAndSettings) {
  const ObjectId user = insert(sample(*model::find_entity("users"), 1)).id;
  EXPECT_FALSE(must(vault().credential(context, user)));
  write([&](Transaction& transaction) { must(vault().set_credential(transaction, user, "hash-1", false)); });
  EXPECT_EQ(must(vault().credential(context, user))->version, 1);
  write([&](Transaction& transaction) { must(vault().set_credential(transaction, user, "hash-2", true)); });
  EXPECT_EQ(must(vault().credential(context, user))->hash, "hash-2");
  EXPECT_EQ(must(vault().credential(context, user))->version, 2);
  write([&](Transaction& transaction) { must(vault().set_credential(transaction, user, "hash-3", false)); });
  EXPECT_EQ(must(vault().credential(context, user))->version, 2);

  const std::string bytes("\0\xff\x01 sealed", 10);
  write([&](Transaction& transaction) {
    must(vault().set_secret(transaction, user, {"key-1", bytes}));
    EXPECT_EQ(must(vault().secret(transaction, user))->bytes, bytes);
    must(vault().set_value(transaction, "fingerprint", "a"));
    must(vault().set_value(transaction, "fingerprint", "b"));
  });
  EXPECT_EQ(must(vault().secret(context, user))->key_id, "key-1");
  EXPECT_EQ(must(vault().secret(context, user))->bytes, bytes);
  EXPECT_FALSE(must(vault().secret(context, ObjectId::generate())));
  EXPECT_EQ(must(vault().value(context, "fingerprint")), "b");
}

}  // namespace maestro::store
