#include "moving/bson.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <random>

namespace maestro::moving {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
  return out;
}
std::string element(int kind, std::string_view name, const std::string& bytes) {
  return std::string(1, static_cast<char>(kind)) + std::string(name) + '\0' + bytes;
}
std::string document(const std::string& elements) { return little(elements.size() + 5, 4) + elements + '\0'; }
std::string text(std::string_view value) { return little(value.size() + 1, 4) + std::string(value) + '\0'; }
std::string real(double value) { return little(std::bit_cast<std::uint64_t>(value), 8); }

struct Read {
  json::Object body;
  std::vector<Oddity> oddities;
};
Read read(const std::string& bytes) {
  Read out;
  auto body = read_bson(bytes, out.oddities);
  if (!body.ok()) throw std::runtime_error(body.error().message);
  out.body = std::move(*body);
  return out;
}
std::string error_of(const std::string& bytes) {
  std::vector<Oddity> oddities;
  const auto body = read_bson(bytes, oddities);
  return body.ok() ? "" : body.error().message;
}

TEST(Bson, OrdinaryValuesAreWhatTheyWere) {
  const Read got = read(document(
      element(0x07, "_id", std::string("\x5b\x0e\0\0\0\0\0\0\0\0\0\x0f", 12)) + element(0x02, "text", text("Ünï")) +
      element(0x10, "small", little(static_cast<std::uint32_t>(-5), 4)) +
      element(0x12, "large", little(std::uint64_t{1} << 62, 8)) + element(0x01, "whole", real(4)) +
      element(0x01, "part", real(0.5)) + element(0x08, "yes", std::string(1, '\1')) + element(0x0A, "none", "") +
      element(0x06, "undefined", "") + element(0x09, "date", little(1'595'356'664'123, 8)) +
      element(0x03, "inner", document(element(0x10, "a.b", little(1, 4)))) +
      element(0x04, "list", document(element(0x10, "0", little(1, 4)) + element(0x02, "1", text("b"))))));
  EXPECT_EQ(json::write(got.body),
            R"({"_id":"5b0e0000000000000000000f","text":"Ünï","small":-5,"large":4611686018427387904,"whole":4,)"
            R"("part":0.5,"yes":true,"none":null,"undefined":null,"date":"2020-07-21T18:37:44.123Z",)"
            R"("inner":{"a.b":1},"list":[1,"b"]})");
  EXPECT_THAT(got.oddities, IsEmpty());
}

TEST(Bson, WhatJsonHasNoWordForIsToldOf) {
  const Read got = read(document(
      element(0x01, "nan", real(std::numeric_limits<double>::quiet_NaN())) +
      element(0x01, "huge", real(-std::numeric_limits<double>::infinity())) + element(0x02, "bad", text("a\xFF\xC3(")) +
      element(0x02, "zero", text(std::string_view("a\0b", 3))) +
      element(0x05, "bytes", little(2, 4) + std::string("\0\0\xFF", 3)) + element(0xFF, "min", "") +
      element(0x0B, "pattern", std::string("^a\0i\0", 5)) + element(0x09, "far", little(std::uint64_t{1} << 60, 8)) +
      element(0x10, "twice", little(1, 4)) + element(0x10, "twice", little(2, 4))));
  EXPECT_EQ(got.body.at("nan"), "NaN");
  EXPECT_EQ(got.body.at("huge"), "-Infinity");
  EXPECT_EQ(got.body.at("bad"), "a\xEF\xBF\xBD\xEF\xBF\xBD(");
  EXPECT_EQ(got.body.at("zero"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(got.body.at("bytes"), "AP8=");
  EXPECT_TRUE(got.body.at("min").is_null());
  EXPECT_EQ(got.body.at("pattern"), "/^a/i");
  EXPECT_EQ(got.body.at("far"), std::int64_t{1} << 60);
  EXPECT_EQ(got.body.at("twice"), 2);
  std::vector<std::string> paths;
  for (const Oddity& oddity : got.oddities) paths.push_back(oddity.path);
  EXPECT_THAT(paths, testing::ElementsAre("nan", "huge", "bad", "zero", "bytes", "min", "pattern", "far", "twice"));
}

TEST(Bson, DamageIsAnErrorWithItsPlace) {
  EXPECT_THAT(error_of(""), HasSubstr("no document"));
  EXPECT_THAT(error_of(std::string("\xFF\xFF\xFF\x7F\0", 5)), HasSubstr("no document"));
  const std::string good = document(element(0x02, "name", text("value")));
  std::string lying = good;
  lying[10] = '\x7F';  // the text says that it is longer than the document
  EXPECT_THAT(error_of(lying), testing::AllOf(HasSubstr("does not end inside"), HasSubstr("byte ")));
  std::string inner = document(element(0x03, "a", document("")));
  inner[7] = '\x50';
  EXPECT_NE(error_of(inner), "");
  EXPECT_NE(error_of(document(element(0x55, "unknown", "x"))), "");
}

TEST(Bson, ANestingBombIsRefusedAndTheDeepestThatIsAllowedIsRead) {
  const auto nested = [](int depth) {
    std::string out = document("");
    for (int i = 1; i < depth; ++i) out = document(element(0x03, "a", out));
    return out;
  };
  std::vector<Oddity> oddities;
  const auto deepest = read_bson(nested(kMaxDepth), oddities);
  ASSERT_TRUE(deepest.ok());
  // What is kept can be read again.
  EXPECT_EQ(json::parse_trusted(json::write(*deepest)), json::Value(*deepest));
  EXPECT_THAT(error_of(nested(kMaxDepth + 1)), HasSubstr("nested deeper than 100 levels"));
  EXPECT_THAT(error_of(nested(5000)), HasSubstr("nested deeper than 100 levels"));
}

TEST(Bson, NoBytesMakeItFall) {
  std::mt19937 random(7);
  const std::string good =
      document(element(0x02, "name", text("value")) +
               element(0x03, "in", document(element(0x04, "l", document(element(0x10, "0", little(1, 4)))))) +
               element(0x05, "b", little(1, 4) + std::string("\0x", 2)) + element(0x0F, "scope", little(20, 4)));
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (std::size_t i = 0; i < 1 + random() % 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    std::vector<Oddity> oddities;
    const auto body = read_bson(bytes, oddities);
    if (!body.ok()) {
      EXPECT_NE(body.error().message, "");
    }
  }
}

}  // namespace
}  // namespace maestro::moving
