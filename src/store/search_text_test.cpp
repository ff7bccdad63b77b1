#include "store/search_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/text.h"

namespace maestro::store {
namespace {

using testing::ElementsAre;

Document server(std::string_view body) {
  Document out;
  out.entity = model::find_entity("servers");
  out.body = json::parse_trusted(body).get_object();
  return out;
}

std::vector<std::string> lines(const Document& document) {
  std::vector<std::string> out;
  const SearchText found = search_text(document);
  for (const std::string_view line : text::split(found.text, '\n')) out.emplace_back(line);
  return out;
}

TEST(SearchText, HasNamesTagsAndAddressesOnce) {
  const Document document = server(R"({"name":"Web 1","hostname":"web 1","memory":4,
      "tags":[{"key":"Env","value":"prod"},{"key":"n","value":1}],
      "deep":{"a":[{"ip":"10.0.0.1"},{"mac":"02:00:5E:10:00:01"},"10.0.0.1","no address: 1"]}})");
  EXPECT_THAT(lines(document), ElementsAre("web 1", "env=prod", "n=1", "10.0.0.1", "02:00:5e:10:00:01"));
  EXPECT_EQ(search_text(document).addresses.size(), 1u);
}

TEST(SearchText, ALineInsideAnotherIsStillALine) {
  EXPECT_THAT(lines(server(R"({"name":"web-10","hostname":"web-1","tags":[{"key":"eb-1","value":""}]})")),
              ElementsAre("web-10", "web-1", "eb-1="));
}

TEST(SearchText, ADifferenceIsExpectedWhereOneCanBe) {
  const Document before = server(R"({"name":"a1","memory":1,"meta":{"x":"10.0.0.1","y":"10.0.0.2"},"note":"n"})");
  for (const char* same : {R"({"name":"a1","memory":2,"meta":{"x":"10.0.0.1","y":"10.0.0.2"},"note":"other"})",
                           R"({"name":"a1","memory":1,"meta":{"x":"10.0.0.1","y":"10.0.0.2"},"note":"n","cpu":2})"})
    EXPECT_FALSE(may_search_differ(before, server(same))) << same;
  for (const char* other :
       {R"({"name":"a2","memory":1,"meta":{"x":"10.0.0.1","y":"10.0.0.2"},"note":"n"})",
        R"({"name":"a1","memory":1,"meta":{"y":"10.0.0.2","x":"10.0.0.1"},"note":"n"})",
        R"({"name":"a1","memory":1,"meta":{"x":"10.0.0.1"},"note":"n"})", R"({"name":"a1","memory":1,"note":"n"})",
        R"({"name":"a1","memory":1,"meta":{"x":"10.0.0.1","y":"10.0.0.2"},"note":"::1"})",
        R"({"name":"a1","memory":1,"meta":{"x":"10.0.0.1","y":"10.0.0.2"},"note":"n","tags":[]})"})
    EXPECT_TRUE(may_search_differ(before, server(other))) << other;
}

// An index is told the text that it holds by making it again: a difference that is not expected would ruin it.
TEST(SearchText, WhatIsNotExpectedToDifferIsTheSameToTheByte) {
  std::mt19937 random(7);
  const auto pick = [&](std::initializer_list<const char*> from) { return *(from.begin() + random() % from.size()); };
  const auto value = [&](const auto& self, int depth) -> json::Value {
    const auto kind = random() % (depth > 2 ? 3 : 5);
    if (kind == 3) {
      json::Array out;
      for (auto left = random() % 3; left > 0; --left) out.push_back(self(self, depth + 1));
      return out;
    }
    if (kind == 4) {
      json::Object out;
      for (auto left = random() % 3; left > 0; --left) out[pick({"p", "q", "r"})] = self(self, depth + 1);
      return out;
    }
    if (kind == 2) return static_cast<std::int64_t>(random() % 3);
    return pick({"10.0.0.1", "10.0.0.2", "fe80::1", "02:00:5E:10:00:01", "text", "12:30", ""});
  };
  int same = 0;
  for (int round = 0; round < 20'000; ++round) {
    Document before = server("{}");
    for (const char* name : {"name", "hostname", "tags", "one", "two", "three"})
      if (random() % 4 != 0) before.body[name] = value(value, 0);
    Document after = before;
    for (auto left = random() % 3; left > 0; --left) {
      const char* name = pick({"name", "hostname", "tags", "one", "two", "three", "four"});
      if (random() % 4 == 0)
        after.body.erase(name);
      else
        after.body[name] = value(value, 0);
    }
    if (may_search_differ(before, after)) continue;
    ++same;
    const SearchText old_text = search_text(before), text = search_text(after);
    ASSERT_EQ(old_text.text, text.text) << json::write(before.body) << "\n" << json::write(after.body);
    ASSERT_EQ(old_text.addresses.size(), text.addresses.size());
  }
  EXPECT_GT(same, 5000);
}

}  // namespace
}  // namespace maestro::store
