#include "provider/egress.h"

#include <gtest/gtest.h>

namespace maestro::provider {
namespace {

TEST(Egress, GuardsWhatNeverIsAProvider) {
  for (const char* address : {"127.0.0.1",
                              "127.255.0.9",
                              "0.0.0.0",
                              "0.1.2.3",
                              "169.254.169.254",
                              "169.254.0.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "100.100.100.200",
                              "168.63.129.16",
                              "::",
                              "::1",
                              "fe80::1",
                              "febf::1",
                              "ff02::1",
                              "fd00:ec2::254",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "::127.0.0.1",
                              "64:ff9b::127.0.0.1",
                              "64:ff9b::169.254.169.254",
                              "64:ff9b:1::127.0.0.1",
                              "64:ff9b:1:a9fe:a9:fe00::",
                              "64:ff9b:1:a9:fe:a9fe::",
                              "64:ff9b:1:0:a9:fea9:fe00:0",
                              "2002:7f00:1::",
                              "2002:a9fe:a9fe::1"}) {
    ASSERT_TRUE(parse_ip(address)) << address;
    EXPECT_TRUE(is_guarded(*parse_ip(address))) << address;
  }
}

TEST(Egress, LetsPrivateAndPublicNetworksThrough) {
  for (const char* address :
       {"10.0.0.1", "172.16.5.4", "192.168.1.1", "8.8.8.8", "100.64.0.1", "fd00::1", "2001:db8::1", "fd00:ec2::253",
        "::ffff:10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8"}) {
    ASSERT_TRUE(parse_ip(address)) << address;
    EXPECT_FALSE(is_guarded(*parse_ip(address))) << address;
  }
}

TEST(Egress, RulesOpenExactlyWhatTheyName) {
  const auto loopback = *parse_ip("127.0.0.1");
  const auto six = *parse_ip("::1");
  const auto guard = [](const char* rules) { return std::move(*EgressGuard::parse(rules)); };
  EXPECT_FALSE(guard("").allows("localhost", loopback, 80));
  EXPECT_TRUE(guard("*").allows("x", loopback, 80));
  EXPECT_TRUE(guard("*:5000").allows("x", loopback, 5000));
  EXPECT_FALSE(guard("*:5000").allows("x", loopback, 80));
  EXPECT_TRUE(guard("127.0.0.1").allows("x", loopback, 1));
  EXPECT_TRUE(guard("127.0.0.0/8:5000").allows("x", loopback, 5000));
  EXPECT_FALSE(guard("127.0.0.0/8:5000").allows("x", loopback, 5001));
  EXPECT_FALSE(guard("127.0.0.2/32").allows("x", loopback, 80));
  EXPECT_TRUE(guard(" Localhost ").allows("localhost", loopback, 80));
  EXPECT_FALSE(guard("localhost").allows("evil.example", loopback, 80))
      << "a name that resolves to loopback is not the named host";
  EXPECT_TRUE(guard("[::1]:80").allows("x", six, 80));
  EXPECT_FALSE(guard("[::1]:80").allows("x", six, 81));
  EXPECT_TRUE(guard("::1").allows("x", six, 81));
  EXPECT_TRUE(guard("::/0, 10.0.0.1").allows("x", six, 1));
  EXPECT_FALSE(guard("10.0.0.0/8").allows("x", loopback, 80));
  EXPECT_TRUE(guard("").allows("x", *parse_ip("10.0.0.1"), 80));
}

TEST(Egress, RefusesMalformedRules) {
  for (const char* rules : {"http://x", "10.0.0.0/33", "::1/129", "10.0.0.0/", "x:0", "x:65536", "x:y", "[::1", "a b",
                            "10.0.0.0/8/8", "x/8"}) {
    const auto guard = EgressGuard::parse(rules);
    ASSERT_FALSE(guard.ok()) << rules;
    EXPECT_EQ(guard.error().code, Code::kInvalid);
  }
}

}  // namespace
}  // namespace maestro::provider
