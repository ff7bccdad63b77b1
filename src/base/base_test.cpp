#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/id.h"
#include "base/ip.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"

namespace maestro {
namespace {

TEST(ObjectId, AcceptsTwentyFourHexDigitsOnly) {
  EXPECT_EQ(ObjectId::parse("5f0C1a2b3c4d5e6f70819203")->hex(), "5f0c1a2b3c4d5e6f70819203");
  EXPECT_FALSE(ObjectId::parse("autocomplete"));
  EXPECT_FALSE(ObjectId::parse("5f0c1a2b3c4d5e6f7081920"));
  EXPECT_FALSE(ObjectId::parse("5f0c1a2b3c4d5e6f7081920g"));
}

TEST(ObjectId, IdsOfOneProcessAreDistinct) {
  std::set<ObjectId> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(ObjectId::generate()).second);
}

TEST(Time, WritesAndReadsHttpDates) {
  EXPECT_EQ(to_http_date(from_ms(784'111'777'000)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(to_http_date(from_ms(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), from_ms(784'111'777'000));
  for (const char* wrong :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(wrong)) << wrong;
}

TEST(Time, WritesAndReadsIso) {
  EXPECT_EQ(to_iso(from_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(*parse_iso("2026-11-22T11:31:05.000Z")), "2026-11-22T11:31:05.000Z");
  EXPECT_EQ(to_iso(*parse_iso("2026-11-22T11:20:18.000000")), "2026-11-22T11:20:18.000Z");
  EXPECT_EQ(to_iso(*parse_iso("2026-11-22T11:31:05.25+02:00")), "2026-11-22T09:31:05.250Z");
  EXPECT_EQ(to_iso(*parse_iso("2024-02-29")), "2024-02-29T00:00:00.000Z");
  for (const char* bad : {"", "2023-02-29", "2026-13-01", "2026-11-22T25:00:00Z", "2026-11-22T11:31:05.Z",
                          "2026-11-22Tx", "2026-11-22T11:31:05Zz"}) {
    EXPECT_FALSE(parse_iso(bad)) << bad;
  }
}

TEST(Crypto, MatchesPublishedVectors) {
  EXPECT_EQ(text::to_hex(crypto::sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(text::to_hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")),  // RFC 4231, case 2
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, SealedValueOpensOnlyWithItsKeyAndContext) {
  const std::string key(32, 'k');
  const std::string sealed = crypto::seal(key, "secret", "row 1");
  EXPECT_EQ(*crypto::open(key, sealed, "row 1"), "secret");
  EXPECT_FALSE(crypto::open(key, sealed, "row 2").ok());
  EXPECT_FALSE(crypto::open(std::string(32, 'x'), sealed, "row 1").ok());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string broken = sealed;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    EXPECT_FALSE(crypto::open(key, broken, "row 1").ok()) << i;
  }
  EXPECT_EQ(*crypto::open(key, crypto::seal(key, "", ""), ""), "");
}

TEST(Text, EncodingsRoundTrip) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t n : {0UL, 1UL, 2UL, 3UL, 255UL, 256UL}) {
    const std::string part = all.substr(0, n);
    EXPECT_EQ(*text::from_hex(text::to_hex(part)), part);
    EXPECT_EQ(*text::from_base64(text::to_base64(part)), part);
    EXPECT_EQ(*text::from_base64(text::to_base64url(part)), part);
    EXPECT_EQ(text::percent_decode(text::percent_encode(part)), part);
  }
  EXPECT_EQ(text::percent_decode("a+b%2", true), "a b%2");
  EXPECT_FALSE(text::from_base64("a*"));
}

TEST(Text, KnowsUtf8) {
  EXPECT_TRUE(text::is_utf8("na\xc3\xafve \xe2\x98\x83 \xf0\x9f\x98\x80"));
  EXPECT_FALSE(text::is_utf8("\xc3"));
  EXPECT_FALSE(text::is_utf8("\xc0\xaf"));
  EXPECT_FALSE(text::is_utf8("\xed\xa0\x80"));
  EXPECT_EQ(text::utf16_length("\xc3\xbc\xf0\x9f\x98\x80"), 3U);
}

TEST(Text, MendsWhatIsNoUtf8) {
  EXPECT_EQ(text::to_utf8("na\xc3\xafve"), "na\xc3\xafve");
  EXPECT_EQ(text::to_utf8("a\xff\xc3z\xe2\x98"), "a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(text::to_utf8("\xed\xa0\x80\xe2\x98\x83"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xe2\x98\x83");
}

TEST(Ip, NetworksHoldTheirAddresses) {
  const auto net = parse_network("10.1.2.3/16");
  ASSERT_TRUE(net);
  EXPECT_EQ(ip_text(net->first()), "10.1.0.0");
  EXPECT_EQ(ip_text(net->last()), "10.1.255.255");
  EXPECT_TRUE(net->contains(*parse_ip("10.1.9.9")));
  EXPECT_FALSE(net->contains(*parse_ip("10.2.0.0")));
  EXPECT_FALSE(net->contains(*parse_ip("::1")));
  EXPECT_TRUE(parse_network("0.0.0.0/0")->contains(*parse_ip("255.1.1.1")));
  EXPECT_FALSE(parse_network("0.0.0.0/0")->contains(*parse_ip("fd00::1")));
  EXPECT_EQ(ip_text(parse_network("fd00::1/7")->last()), "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_TRUE(parse_network("[::1]")->contains(*parse_ip("::1")));
  for (const char* bad : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "10.0.0", "a/8"})
    EXPECT_FALSE(parse_network(bad)) << bad;
}

}  // namespace
}  // namespace maestro
