#include <gtest/gtest.h>

#include "auth/administrators.h"
#include "auth/api_tokens.h"
#include "auth/keyring.h"
#include "auth/limiter.h"
#include "auth/password.h"
#include "auth/token.h"
#include "base/crypto.h"
#include "base/text.h"

namespace maestro::auth {
namespace {

constexpr PasswordCost kCheap{.operations = 1, .memory_bytes = 8192};
const Time kNow = from_ms(1'800'000'000'000);

TEST(Password, VerifiesWhatItHashed) {
  const std::string hash = hash_password("demo123", kCheap);
  EXPECT_TRUE(verify_password(hash, "demo123"));
  EXPECT_FALSE(verify_password(hash, "demo124"));
  EXPECT_FALSE(verify_password("", ""));
  EXPECT_FALSE(verify_password("$argon2id$junk", "x"));
  EXPECT_FALSE(needs_upgrade(hash, kCheap));
  EXPECT_TRUE(needs_upgrade(hash, {.operations = 2, .memory_bytes = 16384}));
}

TEST(Password, VerifiesImportedBcryptAndWantsItUpgraded) {
  // Published vector of the bcrypt test suite: password "U*U".
  const char* hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  EXPECT_TRUE(verify_password(hash, "U*U"));
  EXPECT_FALSE(verify_password(hash, "U*V"));
  EXPECT_TRUE(needs_upgrade(hash));
}

TEST(Token, HasTheOriginalsHeader) {
  const std::string token = sign_token("secret", {{"_id", "x"}});
  EXPECT_EQ(text::from_base64(token.substr(0, token.find('.'))), R"({"typ":"JWT","alg":"HS256"})");
  EXPECT_EQ(json::text_or(*open_token("secret", token, kNow), "_id"), "x");
}

std::string token_with(std::string_view header, std::string_view claims, std::string_view secret) {
  const std::string body = text::to_base64url(header) + "." + text::to_base64url(claims);
  return body + "." + text::to_base64url(crypto::hmac_sha256(secret, body));
}

TEST(Token, RefusesEverythingElse) {
  const std::string good = token_with(R"({"alg":"HS256","typ":"JWT"})", R"({"a":1})", "secret");
  EXPECT_TRUE(open_token("secret", good, kNow).ok());
  EXPECT_FALSE(open_token("other", good, kNow).ok());
  const std::string none =
      text::to_base64url(R"({"typ":"JWT","alg":"none"})") + "." + text::to_base64url(R"({"a":1})") + ".";
  EXPECT_FALSE(open_token("secret", none, kNow).ok());
  EXPECT_FALSE(open_token("secret", token_with(R"({"alg":"none"})", R"({"a":1})", "secret"), kNow).ok());
  EXPECT_FALSE(open_token("secret", token_with(R"({"alg":"HS512","typ":"JWT"})", R"({"a":1})", "secret"), kNow).ok());
  EXPECT_FALSE(open_token("secret", token_with(R"({"alg":"HS256","typ":"JWT"})", R"({"exp":1})", "secret"), kNow).ok());
  EXPECT_FALSE(
      open_token("secret", token_with(R"({"alg":"HS256","typ":"JWT"})", R"({"exp":"never"})", "secret"), kNow).ok());
  EXPECT_FALSE(
      open_token("secret", token_with(R"({"alg":"HS256","typ":"JWT"})", R"({"nbf":9999999999})", "secret"), kNow).ok());
  EXPECT_FALSE(open_token("secret", token_with(R"({"alg":"HS256","typ":"JWT"})", R"("text")", "secret"), kNow).ok());
  for (const char* junk : {"", ".", "..", "a.b.c", "JWT"}) EXPECT_FALSE(open_token("secret", junk, kNow).ok()) << junk;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string broken = good;
    broken[i] = broken[i] == 'A' ? 'B' : 'A';
    const auto opened = open_token("secret", broken, kNow);
    // The last character of a base64 part holds unused bits: the same bytes may come out.
    if (opened.ok()) {
      EXPECT_EQ(json::int_or(*opened, "a"), 1);
    }
  }
}

TEST(TokenReader, JudgesAKnownTokenLikeANewOne) {
  TokenReader reader("secret");
  const std::string good = sign_token("secret", {{"_id", "x"}, {"exp", to_ms(kNow) / 1000 + 10}, {"nbf", 5}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(json::text_or(**reader.open(good, kNow), "_id"), "x");
    EXPECT_FALSE(reader.open(good, kNow + Millis(10'000)).ok());
    EXPECT_FALSE(reader.open(good, from_ms(4'000)).ok());
    EXPECT_FALSE(reader.open(good + "A", kNow).ok());
    EXPECT_FALSE(reader.open(sign_token("other", {{"_id", "x"}}), kNow).ok());
    EXPECT_FALSE(reader.open(std::string(20'000, 'a'), kNow).ok());
  }
  for (int i = 0; i < 2500; ++i)  // more than it keeps
    EXPECT_EQ(json::int_or(**reader.open(sign_token("secret", {{"n", i}}), kNow), "n"), i);
  EXPECT_EQ(json::text_or(**reader.open(good, kNow), "_id"), "x");
}

TEST(Recall, KnowsCredentialsUntilTimeAloneMayHaveChangedThem) {
  Recall recall;
  const Time now = from_ms(1'000'000);
  Actor actor;
  actor.name = "Ann";
  recall.put("token", {actor, 7, now + Millis(10)});
  const auto known = recall.find("token", now);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->actor, actor);
  EXPECT_EQ(known->stamp, 7);
  EXPECT_FALSE(recall.find("token ", now));
  recall.put("token", {actor, 8, now + Millis(10)});
  EXPECT_EQ(recall.find("token", now + Millis(9))->stamp, 8);
  EXPECT_FALSE(recall.find("token", now + Millis(10)));
  EXPECT_FALSE(recall.find("token", now)) << "over is over";
  recall.put("token", {actor, 9, now + Millis(10)});
  recall.forget("token");
  EXPECT_FALSE(recall.find("token", now));
  for (int i = 0; i < 25'000; ++i) recall.put(std::to_string(i), {actor, 1, now + Millis(10)});
  EXPECT_TRUE(recall.find("24999", now));
  EXPECT_FALSE(recall.find("1", now)) << "it does not grow without end";
}

TEST(ApiToken, IsKnownByItsChecksum) {
  const std::string token = make_token_text();
  EXPECT_EQ(token.size(), 53U);
  EXPECT_TRUE(is_token_text(token));
  EXPECT_NE(token, make_token_text());
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string broken = token;
    broken[i] = broken[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(is_token_text(broken)) << i;
  }
  for (const std::string& other : {std::string(), std::string("mst_"), token + "A", token.substr(1), "x" + token})
    EXPECT_FALSE(is_token_text(other)) << other;
}

TEST(Administrators, AddressesAreReadInLowerCase) {
  using Addresses = std::set<std::string, std::less<>>;
  EXPECT_EQ(read_addresses(""), Addresses{});
  EXPECT_EQ(read_addresses(" , ,"), Addresses{});
  EXPECT_EQ(read_addresses("Ann@Example.com, bob@example.com carol@x"),
            (Addresses{"ann@example.com", "bob@example.com", "carol@x"}));
}

TEST(Keyring, OpensOnlyInItsPlace) {
  const auto keyring = Keyring::from_secret(std::string(32, 's'));
  ASSERT_TRUE(keyring.ok());
  const auto sealed = keyring->seal("AKIA", "connections/1");
  EXPECT_EQ(*keyring->open(sealed, "connections/1"), "AKIA");
  EXPECT_FALSE(keyring->open(sealed, "connections/2").ok());
  const auto other = Keyring::from_secret(std::string(32, 't'));
  EXPECT_FALSE(other->open(sealed, "connections/1").ok());
  EXPECT_NE(keyring->key_id(), other->key_id());
  EXPECT_FALSE(Keyring::from_secret("short").ok());
}

TEST(Limiter, StopsAfterTenFailuresAMinuteAndForgets) {
  FakeClock clock(kNow);
  Limiter limiter(10, Millis(60'000), clock);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(limiter.wait_ms("a"), 0);
    limiter.failed("a");
    clock.advance(Millis(1000));
  }
  EXPECT_EQ(limiter.wait_ms("a"), 50'000);
  EXPECT_EQ(limiter.wait_ms("b"), 0);
  clock.advance(Millis(50'000));
  EXPECT_EQ(limiter.wait_ms("a"), 0);
}

TEST(Limiter, TakesTheAddressesOfOneNetworkForOneClient) {
  EXPECT_EQ(client_of("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(client_of("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(client_of("2001:db8:1:2:aaaa::1"), client_of("2001:db8:1:2::bbbb"));
  EXPECT_NE(client_of("2001:db8:1:2::1"), client_of("2001:db8:1:3::1"));
  EXPECT_NE(client_of("::ffff:10.1.2.3"), client_of("::ffff:10.1.2.4"));
  EXPECT_EQ(client_of("somewhere"), "somewhere");
}

}  // namespace
}  // namespace maestro::auth
