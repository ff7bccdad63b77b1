// Conformance: kept answers, and history over many documents.
#pragma once

#include "store/conformance/suite.h"

namespace maestro::store {

class RequestConformance : public StoreConformance {
 public:
  Requests& requests() { return store.requests(); }
  Requests::Kept kept(std::string body) const {
    return {std::string("hash\0x", 6), 201, std::move(body), clock.now() + Millis(1000)};
  }
  Result<void> remember(const Principal& principal, std::string_view key, const Requests::Kept& what) {
    return store.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) -> Result<void> {
      return requests().remember(transaction, principal, key, what);
    });
  }
};

TEST_P(RequestConformance, TheFirstAnswerStaysUntilItExpires) {
  EXPECT_FALSE(must(requests().find(context, ann, "k")));
  must(remember(ann, "k", kept("first \xC3\xBC")));
  const auto found = must(requests().find(context, ann, "k"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->hash, kept("").hash);
  EXPECT_EQ(found->status, 201);
  EXPECT_EQ(found->body, "first \xC3\xBC");
  EXPECT_EQ(found->expires, clock.now() + Millis(1000));

  EXPECT_EQ(remember(ann, "k", kept("second")).error().code, Code::kConflict);
  EXPECT_EQ(must(requests().find(context, ann, "k"))->body, "first \xC3\xBC");
  EXPECT_FALSE(must(requests().find(context, bob, "k"))) << "another principal's key is another key";
  EXPECT_FALSE(must(requests().find(context, ann, "K"))) << "letters count";
  must(remember(bob, "k", kept("bob's")));
  must(remember(ann, "' OR 1=1 --", kept("odd")));
  EXPECT_EQ(must(requests().find(context, ann, "' OR 1=1 --"))->body, "odd");

  clock.advance(Millis(1000));
  EXPECT_FALSE(must(requests().find(context, ann, "k")));
  must(remember(ann, "k", kept("anew")));
  EXPECT_EQ(must(requests().find(context, ann, "k"))->body, "anew");
}

TEST_P(RequestConformance, AnAnswerIsKeptWithItsWriteOrNotAtAll) {
  Document document = sample(servers(), 1);
  const auto write_both = [&](bool fails) {
    return store.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) -> Result<void> {
      Document made = document;
      TRY(documents().insert(transaction, made, {"create", {}}));
      TRY(requests().remember(transaction, ann, "k", kept("made")));
      return fails ? Result<void>(conflict("no")) : Result<void>();
    });
  };
  EXPECT_FALSE(write_both(true).ok());
  EXPECT_FALSE(must(requests().find(context, ann, "k")));
  must(write_both(false));
  EXPECT_TRUE(must(requests().find(context, ann, "k")));
  document.id = ObjectId::generate();
  EXPECT_EQ(write_both(false).error().code, Code::kConflict);
  EXPECT_FALSE(must(documents().find(context, servers(), document.id))) << "the write went with the answer";
}

TEST_P(RequestConformance, ExpiredOnesAreForgottenAFewAtATime) {
  for (int i = 0; i < 5; ++i) must(remember(ann, std::to_string(i), kept("x")));
  clock.advance(Millis(500));
  must(remember(ann, "young", kept("y")));
  clock.advance(Millis(500));
  const auto forget = [&](std::size_t limit) {
    write([&](Transaction& transaction) { must(requests().forget_expired(transaction, limit)); });
  };
  forget(2);
  forget(100);
  clock.advance(Millis(-1000));  // what is gone does not come back when the clock is set back
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(must(requests().find(context, ann, std::to_string(i))));
  EXPECT_TRUE(must(requests().find(context, ann, "young")));
}

class TrailConformance : public StoreConformance {
 public:
  std::vector<std::string> told(const TrailSpec& spec) {
    std::vector<std::string> out;
    for (const TrailRow& row : must(documents().trail(context, spec)).rows)
      out.push_back(row.name + " " + row.change.verb);
    return out;
  }
};

TEST_P(TrailConformance, ShowsWhatTheReaderMayReadNow) {
  const SetId anns = intern({entry(ann, kAdmin)}), both = intern({entry(ann, kAdmin), entry(bob, kRead)});
  Document one = sample(servers(), 1, anns), two = sample(*model::find_entity("datacenters"), 2, both);
  Document person = sample(*model::find_entity("users"), 3), other = sample(*model::find_entity("users"), 4);
  one.body["name"] = "one";
  two.body["name"] = "two";
  person.body["name"] = "bob";
  other.body["name"] = "carol";
  one = insert(one);
  two = insert(two);
  person = insert(person);
  other = insert(other);
  Document renamed = one;
  renamed.body["name"] = "uno";
  context.actor.principal = bob;
  context.actor.run = ObjectId::generate();
  renamed = update(one, renamed, {"update", {json::Object{{"path", "name"}, {"old", "one"}, {"new", "uno"}}}});

  using testing::ElementsAre;
  EXPECT_THAT(told({.readers = {ann}}), ElementsAre("uno update", "two create", "uno create"));
  EXPECT_THAT(told({.readers = {bob}}), ElementsAre("two create"));
  EXPECT_THAT(told({.readers = {bob}, .self = person.id}), ElementsAre("bob create", "two create"));
  EXPECT_THAT(told({.readers = {bob, team}}), ElementsAre("two create"));
  EXPECT_THAT(told({.readers = {bob, ann, bob}}), ElementsAre("uno update", "two create", "uno create"));
  EXPECT_THAT(told({.readers = {}}), testing::IsEmpty());
  EXPECT_THAT(told({.everything = true}),
              ElementsAre("uno update", "carol create", "bob create", "two create", "uno create"));
  EXPECT_THAT(told({.readers = {ann}, .entity = &servers()}), ElementsAre("uno update", "uno create"));
  EXPECT_THAT(told({.readers = {ann}, .actor = bob}), ElementsAre("uno update"));
  EXPECT_THAT(told({.readers = {ann}, .run = context.actor.run}), ElementsAre("uno update"));
  EXPECT_THAT(told({.readers = {ann}, .run = ObjectId::generate()}), testing::IsEmpty());
  EXPECT_THAT(told({.readers = {team}}), testing::IsEmpty());

  const TrailPage page = must(documents().trail(context, {.readers = {ann}, .limit = 1}));
  EXPECT_EQ(page.rows[0].change.changes, R"([{"path":"name","old":"one","new":"uno"}])");
  EXPECT_EQ(page.rows[0].change.entity, "servers");
  EXPECT_EQ(page.rows[0].change.document, one.id);
  EXPECT_EQ(page.rows[0].change.run, context.actor.run);

  // A grant opens what was before it, and closes it again.
  Document granted = renamed;
  granted.access = both;
  granted = update(renamed, granted, {"", {}});
  EXPECT_THAT(told({.readers = {bob}}), ElementsAre("uno update", "two create", "uno create"));
  Document closed = granted;
  closed.access = anns;
  closed.active = false;
  update(granted, closed, {"delete", {}});
  EXPECT_THAT(told({.readers = {bob}}), ElementsAre("two create"));
  const TrailPage gone = must(documents().trail(context, {.readers = {ann}, .limit = 1}));
  EXPECT_FALSE(gone.rows[0].active);
}

TEST_P(TrailConformance, PagesTellEachRowOnceHoweverLittleOneSees) {
  std::mt19937 random(11);
  const std::vector<SetId> sets = {intern({entry(ann, kAdmin)}), intern({entry(bob, kRead)}),
                                   intern({entry(ann, kRead), entry(bob, kAdmin)})};
  std::vector<Document> all;
  for (int i = 0; i < 40; ++i) all.push_back(insert(sample(servers(), i, sets[random() % 3])));
  for (int i = 0; i < 300; ++i) {
    Document& document = all[random() % all.size()];
    Document after = document;
    after.body["cpu"] = i;
    if (random() % 5 == 0) after.access = sets[random() % 3];
    document = update(document, after);
  }
  for (const Principal& reader : {ann, bob}) {
    std::set<RowId> seen;
    for (const Document& document : all)
      if (documents().access(document.access)->role_of(reader) >= kRead) seen.insert(document.row);
    std::vector<std::int64_t> expected;
    for (const HistoryRow& row : must(documents().history(context, {.limit = 1000})))
      if (seen.contains(row.row)) expected.push_back(row.id);
    for (const std::size_t look : {std::size_t{3}, std::size_t{40}, std::size_t{1000}}) {
      std::vector<std::int64_t> got;
      TrailSpec spec{.readers = {reader}, .limit = 1 + random() % 9, .look = look};
      for (int pages = 0; pages < 1000; ++pages) {
        const TrailPage page = must(documents().trail(context, spec));
        EXPECT_LE(page.rows.size(), spec.limit);
        for (const TrailRow& row : page.rows) got.push_back(row.change.id);
        spec.before = page.next;
        if (page.next == 0) break;
      }
      EXPECT_EQ(got, expected) << look;
    }
  }
}

}  // namespace maestro::store
