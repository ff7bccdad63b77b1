// Conformance: sessions, API tokens, administrators, and one account a mail address.
#pragma once

#include <thread>

#include "store/conformance/suite.h"

namespace maestro::store {

class AccountConformance : public StoreConformance {
 public:
  Accounts& accounts() { return store.accounts(); }
  static const model::Entity& users() { return *model::find_entity("users"); }
  Document person(const std::string& email) {
    Document document;
    document.entity = &users();
    document.created = document.updated = clock.now();
    document.body = {{"name", "n " + email}, {"email", email}};
    document = insert(document);
    write([&](Transaction& tx) { must(vault().set_credential(tx, document.id, "hash", false)); });
    return document;
  }
  Accounts::Login sign_in(const Document& user, std::int64_t version = 1) {
    const Time now = clock.now();
    const Accounts::Login login{ObjectId::generate(), user.id, version, now, now, now + Millis(1000), "::1", "Bröwser"};
    write([&](Transaction& tx) { must(accounts().add_login(tx, login)); });
    return login;
  }
  Accounts::Token make_token(const Document& user, const std::string& hash, std::optional<Time> expires = {}) {
    const Accounts::Token token{
        ObjectId::generate(), user.id, fmt::format("for {}", hash.size()), true, clock.now(), expires, {}};
    write([&](Transaction& tx) { must(accounts().add_token(tx, token, hash)); });
    return token;
  }
  std::vector<ObjectId> logins_of(const Document& user) {
    std::vector<ObjectId> out;
    for (const auto& one : must(accounts().logins(context, user.id, clock.now()))) out.push_back(one.id);
    return out;
  }
};

TEST_P(AccountConformance, OneReadTellsWhoASessionIs) {
  const Document user = person("Ann@example.com"), other = person("bob@example.com");
  const auto login = sign_in(user);
  const auto known = must(accounts().by_login(context, user.id, login.id));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->user, user.id);
  EXPECT_EQ(known->name, "n Ann@example.com");
  EXPECT_EQ(known->email, "Ann@example.com");
  EXPECT_TRUE(known->active);
  EXPECT_FALSE(known->administrator);
  EXPECT_EQ(known->version, 1);
  ASSERT_TRUE(known->login);
  EXPECT_EQ(known->login->id, login.id);
  EXPECT_EQ(known->login->version, 1);
  EXPECT_EQ(known->login->expires, login.expires);
  EXPECT_FALSE(must(accounts().by_login(context, other.id, login.id))->login) << "another person's session";
  EXPECT_FALSE(must(accounts().by_login(context, user.id, {}))->login);
  EXPECT_FALSE(must(accounts().by_login(context, ObjectId::generate(), login.id)));
  Document gone = user;
  gone.active = false;
  update(user, gone);
  EXPECT_FALSE(must(accounts().by_login(context, user.id, login.id))->active);
}

TEST_P(AccountConformance, SessionsEndOneByOneOrAllOthers) {
  const Document user = person("ann@example.com"), other = person("bob@example.com");
  const auto one = sign_in(user), two = sign_in(user), three = sign_in(user), bobs = sign_in(other);
  EXPECT_EQ(logins_of(user).size(), 3U);
  write([&](Transaction& tx) {
    EXPECT_FALSE(must(accounts().end_login(tx, other.id, one.id))) << "nobody ends another person's session";
    EXPECT_TRUE(must(accounts().end_login(tx, user.id, one.id)));
    EXPECT_FALSE(must(accounts().end_login(tx, user.id, one.id)));
    must(accounts().touch_login(tx, two.id, clock.now() + Millis(5)));
  });
  EXPECT_THAT(logins_of(user), testing::ElementsAre(two.id, three.id));
  EXPECT_EQ(must(accounts().logins(context, user.id, clock.now()))[0].agent, "Bröwser");
  write([&](Transaction& tx) { must(accounts().end_other_logins(tx, user.id, three.id)); });
  EXPECT_THAT(logins_of(user), testing::ElementsAre(three.id));
  const auto known = must(accounts().by_login(context, user.id, three.id));
  EXPECT_EQ(known->version, 2) << "what goes by the version alone ended, too";
  EXPECT_EQ(known->login->version, 2);
  EXPECT_THAT(logins_of(other), testing::ElementsAre(bobs.id));
  write([&](Transaction& tx) { must(accounts().end_other_logins(tx, user.id, {})); });
  EXPECT_THAT(logins_of(user), testing::IsEmpty());
}

TEST_P(AccountConformance, ANewPasswordEndsSessionsAndTimeDoes) {
  const Document user = person("ann@example.com");
  const auto old = sign_in(user);
  write([&](Transaction& tx) { must(vault().set_credential(tx, user.id, "new", true)); });
  EXPECT_THAT(logins_of(user), testing::IsEmpty());
  const auto known = must(accounts().by_login(context, user.id, old.id));
  EXPECT_NE(known->version, known->login->version);
  const auto fresh = sign_in(user, 2);
  EXPECT_THAT(logins_of(user), testing::ElementsAre(fresh.id));
  clock.advance(Millis(1000));
  EXPECT_THAT(logins_of(user), testing::IsEmpty());
  write([&](Transaction& tx) { must(accounts().forget_ended_logins(tx, 1)); });
  write([&](Transaction& tx) { must(accounts().forget_ended_logins(tx, 100)); });
  EXPECT_FALSE(must(accounts().by_login(context, user.id, fresh.id))->login);
}

TEST_P(AccountConformance, ATokenIsFoundByItsHash) {
  const Document user = person("ann@example.com"), other = person("bob@example.com");
  const std::string hash("\0\xff hash", 7);
  const auto token = make_token(user, hash, clock.now() + Millis(9));
  make_token(other, "other");
  const auto known = must(accounts().by_token(context, hash));
  ASSERT_TRUE(known && known->token);
  EXPECT_EQ(known->user, user.id);
  EXPECT_EQ(known->token->id, token.id);
  EXPECT_TRUE(known->token->writes);
  EXPECT_EQ(known->token->expires, clock.now() + Millis(9));
  EXPECT_FALSE(known->token->used);
  EXPECT_FALSE(must(accounts().by_token(context, "none")));
  write([&](Transaction& tx) { must(accounts().touch_token(tx, token.id, clock.now())); });
  EXPECT_EQ(must(accounts().tokens(context, user.id)).at(0).used, clock.now());
  EXPECT_EQ(must(accounts().tokens(context, user.id)).at(0).name, token.name);
  EXPECT_FALSE(store
                   .write(context, Store::Priority::kInteractive,
                          [&](Transaction& tx) { return accounts().add_token(tx, token, hash); })
                   .ok());
  write([&](Transaction& tx) {
    EXPECT_FALSE(must(accounts().remove_token(tx, other.id, token.id)));
    EXPECT_TRUE(must(accounts().remove_token(tx, user.id, token.id)));
    EXPECT_FALSE(must(accounts().remove_token(tx, user.id, token.id)));
  });
  EXPECT_FALSE(must(accounts().by_token(context, hash)));
}

TEST_P(AccountConformance, AdministratorsAreToldBySeniorityWhileTheyAreActive) {
  EXPECT_FALSE(must(accounts().any(context)));
  const Document one = person("one@example.com"), two = person("two@example.com");
  EXPECT_TRUE(must(accounts().any(context)));
  write([&](Transaction& tx) {
    EXPECT_TRUE(must(accounts().add_administrator(tx, two.id)));
    EXPECT_FALSE(must(accounts().add_administrator(tx, two.id)));
  });
  clock.advance(Millis(1));
  write([&](Transaction& tx) { EXPECT_TRUE(must(accounts().add_administrator(tx, one.id))); });
  const auto all = must(accounts().administrators(context));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].email, "two@example.com");
  EXPECT_EQ(all[1].user, one.id);
  EXPECT_TRUE(must(accounts().by_login(context, one.id, {}))->administrator);
  Document gone = one;
  gone.active = false;
  update(one, gone);
  EXPECT_EQ(must(accounts().administrators(context)).size(), 1U);
  write([&](Transaction& tx) {
    EXPECT_TRUE(must(accounts().remove_administrator(tx, two.id)));
    EXPECT_FALSE(must(accounts().remove_administrator(tx, two.id)));
    EXPECT_TRUE(must(accounts().any(tx)));
  });
  EXPECT_FALSE(must(accounts().by_login(context, two.id, {}))->administrator);
}

TEST_P(AccountConformance, WhatAPersonHeldIsForgottenAsAWhole) {
  const Document user = person("ann@example.com"), other = person("bob@example.com");
  for (const Document* one : {&user, &other}) {
    sign_in(*one);
    make_token(*one, one->id.hex());
    write([&](Transaction& tx) { must(accounts().add_administrator(tx, one->id)); });
  }
  write([&](Transaction& tx) { must(accounts().forget(tx, user.id)); });
  EXPECT_THAT(logins_of(user), testing::IsEmpty());
  EXPECT_THAT(must(accounts().tokens(context, user.id)), testing::IsEmpty());
  EXPECT_EQ(logins_of(other).size(), 1U);
  EXPECT_EQ(must(accounts().tokens(context, other.id)).size(), 1U);
  EXPECT_EQ(must(accounts().administrators(context)).size(), 1U);
}

TEST_P(AccountConformance, TheStampMovesWithAllThatTellsWhoSomebodyIs) {
  Document user = person("ann@example.com");
  const Document other = person("bob@example.com");
  const auto login = sign_in(user), second = sign_in(user);
  const auto token = make_token(user, "hash");
  const auto stamp = [&] { return must(accounts().by_login(context, other.id, {}))->stamp; };
  std::int64_t before = stamp();
  const auto moves = [&](const char* what, const std::function<void(Transaction&)>& change) {
    write(change);
    EXPECT_NE(std::exchange(before, stamp()), stamp()) << what;
  };
  const auto stays = [&](const char* what, const std::function<void(Transaction&)>& change) {
    write(change);
    EXPECT_EQ(stamp(), before) << what;
  };
  moves("a name", [&](Transaction& tx) {
    Document renamed = user;
    renamed.body["name"] = "Anne";
    must(documents().update(tx, user, renamed, {"update", {}}));
    user = renamed;
  });
  moves("a password", [&](Transaction& tx) { must(vault().set_credential(tx, user.id, "new", true)); });
  moves("an ended session", [&](Transaction& tx) { must(accounts().end_login(tx, user.id, login.id)); });
  moves("ended sessions", [&](Transaction& tx) { must(accounts().end_other_logins(tx, user.id, second.id)); });
  moves("a removed token", [&](Transaction& tx) { must(accounts().remove_token(tx, user.id, token.id)); });
  moves("a new administrator", [&](Transaction& tx) { must(accounts().add_administrator(tx, user.id)); });
  moves("one less", [&](Transaction& tx) { must(accounts().remove_administrator(tx, user.id)); });
  moves("a forgotten person", [&](Transaction& tx) { must(accounts().forget(tx, user.id)); });
  moves("a deleted account", [&](Transaction& tx) {
    Document gone = user;
    gone.active = false;
    must(documents().update(tx, user, gone, {"delete", {}}));
  });

  stays("a document", [&](Transaction& tx) {
    Document server;
    server.entity = model::find_entity("servers");
    server.body = {{"hostname", "one"}};
    must(documents().insert(tx, server, {"create", {}}));
  });
  const auto bobs = sign_in(other);
  stays("a use", [&](Transaction& tx) { must(accounts().touch_login(tx, bobs.id, clock.now())); });
  make_token(other, "of bob");
  EXPECT_EQ(stamp(), before) << "who comes in more ways is still the same";
}

TEST_P(AccountConformance, ReadsTellWhetherTheStampIsStillTheSame) {
  const Document user = person("ann@example.com");
  const auto met = [&](const std::function<void(const Context&)>& read, std::int64_t off) {
    Context asking = context;
    asking.identity = std::make_shared<Assumption>(must(accounts().by_login(context, user.id, {}))->stamp + off);
    EXPECT_FALSE(asking.identity->holds()) << "nothing was read yet";
    read(asking);
    return asking.identity->holds();
  };
  const ListSpec list{.entity = &users(), .viewer = {.everything = true}, .sort = "_id", .limit = 5};
  const std::vector<std::pair<const char*, std::function<void(const Context&)>>> reads = {
      {"find", [&](const Context& asking) { EXPECT_TRUE(must(documents().find(asking, users(), user.id))); }},
      {"list", [&](const Context& asking) { EXPECT_EQ(must(documents().list(asking, list)).total, 1); }},
      {"count", [&](const Context& asking) { EXPECT_EQ(must(documents().count(asking, list)), 1); }}};
  for (const auto& [name, read] : reads) {
    EXPECT_TRUE(met(read, 0)) << name;
    EXPECT_FALSE(met(read, 1)) << name;
  }
  EXPECT_FALSE(met([&](const Context& asking) { must(documents().find(asking, users(), ObjectId::generate())); }, 0))
      << "what finds nothing tells nothing";
  EXPECT_FALSE(met(
      [&](const Context& asking) {
        must(documents().list(asking, list));
        must(accounts().by_login(asking, user.id, {}));
        write([&](Transaction& tx) { must(accounts().add_administrator(tx, user.id)); });
        must(documents().list(asking, list));
        write([&](Transaction& tx) { must(accounts().remove_administrator(tx, user.id)); });
        must(documents().find(asking, users(), user.id));
      },
      0))
      << "once wrong stays wrong";
}

TEST_P(AccountConformance, OneActiveAccountAMailAddress) {
  const Document first = person("Ann@Example.com");
  EXPECT_EQ(must(accounts().with_email(context, "aNN@example.COM"))->id, first.id);
  EXPECT_FALSE(must(accounts().with_email(context, "ann@example.com.")));
  const auto try_insert = [&](const char* email) {
    return store.write(context, Store::Priority::kInteractive, [&](Transaction& tx) {
      Document document;
      document.entity = &users();
      document.body = {{"name", "again"}, {"email", email}};
      return documents().insert(tx, document, {"create", {}});
    });
  };
  const auto refused = try_insert("ann@example.com");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kConflict);
  const Document second = person("bob@example.com");
  Document renamed = second, revived;
  renamed.body["email"] = "ANN@EXAMPLE.COM";
  EXPECT_THROW(update(second, renamed), std::runtime_error);
  Document gone = first;
  gone.active = false;
  gone = update(first, gone);
  EXPECT_FALSE(must(accounts().with_email(context, "ann@example.com")));
  EXPECT_TRUE(try_insert("ann@example.com").ok()) << "the address of a deleted account is free";
  revived = gone;
  revived.active = true;
  EXPECT_THROW(update(gone, revived), std::runtime_error) << "and taken when it wants to come back";
}

TEST_P(AccountConformance, OfManySignUpsAtOnceOneWins) {
  constexpr int kMany = 8;
  std::atomic<int> made = 0, refused = 0;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < kMany; ++i) {
      all.emplace_back([&, i] {
        // Nobody looks first: what is tested is the store alone.
        const auto done = store.write(context, Store::Priority::kInteractive, [&](Transaction& tx) {
          Document document;
          document.entity = &users();
          document.body = {{"name", "racer"}, {"email", i % 2 == 0 ? "race@example.com" : "RACE@example.com"}};
          return documents().insert(tx, document, {"create", {}});
        });
        ++(done.ok() ? made : refused);
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, kMany - 1);
}

TEST_P(AccountConformance, ANoteIsHistoryWithoutANewRevision) {
  const Document user = person("ann@example.com");
  write([&](Transaction& tx) {
    must(documents().note(tx, user, {"update", {json::Object{{"path", "administrator"}, {"new", true}}}}));
  });
  EXPECT_EQ(get(user).rev, user.rev);
  const auto history = must(documents().history(context, {.row = user.row}));
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].changes, R"([{"path":"administrator","new":true}])");
}

}  // namespace maestro::store
