#include "http/query.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace maestro::http {
namespace {

std::string nested(std::string_view encoded) { return boost::json::serialize(parse_nested(encoded)); }

TEST(Query, NestsAsTheQsLibraryDoes) {
  struct Case {
    const char* encoded;
    const char* json;
  };
  for (const Case& c : {
           Case{"", "{}"},
           Case{"a=b", R"({"a":"b"})"},
           Case{"a", R"({"a":""})"},
           Case{"a=", R"({"a":""})"},
           Case{"=b", "{}"},
           Case{"&&a=b&", R"({"a":"b"})"},
           Case{"a=b=c", R"({"a":"b=c"})"},
           Case{"a=1&a=2", R"({"a":["1","2"]})"},
           Case{"a=1&a=2&a=3", R"({"a":["1","2","3"]})"},
           Case{"a[]=1&a[]=2", R"({"a":["1","2"]})"},
           Case{"a[]=1", R"({"a":["1"]})"},
           Case{"a[]", R"({"a":[""]})"},
           Case{"a[0]=x", R"({"a":["x"]})"},
           Case{"a[1]=b&a[0]=a", R"({"a":["a","b"]})"},
           Case{"a[1]=b&a[15]=c", R"({"a":["b","c"]})"},
           Case{"a[20]=x", R"({"a":["x"]})"},
           Case{"a[21]=x", R"({"a":{"21":"x"}})"},
           Case{"a[01]=x", R"({"a":{"01":"x"}})"},
           Case{"a[-1]=x", R"({"a":{"-1":"x"}})"},
           Case{"a[1]=x&a[99]=y", R"({"a":{"1":"x","99":"y"}})"},
           Case{"a[b]=c", R"({"a":{"b":"c"}})"},
           Case{"a[b][c]=d", R"({"a":{"b":{"c":"d"}}})"},
           Case{"a[b]=c&a[d]=e", R"({"a":{"b":"c","d":"e"}})"},
           Case{"a[b]=1&a[b]=2", R"({"a":{"b":["1","2"]}})"},
           Case{"a[b][]=1&a[b][]=2", R"({"a":{"b":["1","2"]}})"},
           Case{"a[][b]=c", R"({"a":[{"b":"c"}]})"},
           Case{"a[0][b]=c&a[1][b]=d", R"({"a":[{"b":"c"},{"b":"d"}]})"},
           Case{"a[0][b]=c&a[0][d]=e", R"({"a":[{"b":"c","d":"e"}]})"},
           Case{"a=1&a[]=2", R"({"a":["1","2"]})"},
           Case{"a[]=1&a=2", R"({"a":["1","2"]})"},
           Case{"a[0]=1&a=2", R"({"a":["1","2"]})"},
           Case{"a=1&a[b]=c", R"({"a":["1",{"b":"c"}]})"},
           Case{"a[b]=c&a=d", R"({"a":{"b":"c","d":true}})"},
           Case{"a[b]=c&a=", R"({"a":{"b":"c"}})"},
           Case{"a[]=x&a[b]=c", R"({"a":{"0":"x","b":"c"}})"},
           Case{"a[b][c][d][e][f][g][h]=i", R"({"a":{"b":{"c":{"d":{"e":{"f":{"[g][h]":"i"}}}}}}})"},
           Case{"datacenters._id=1", R"({"datacenters._id":"1"})"},
           Case{"a[b.c]=d", R"({"a":{"b.c":"d"}})"},
           Case{"a%5Bb%5D=c", R"({"a":{"b":"c"}})"},
           Case{"[a]=b", R"({"a":"b"})"},
           Case{"[]=a&[]=b", R"({"0":"a","1":"b"})"},
           Case{"[=a", R"({"[":"a"})"},
           Case{"]=a", R"({"]":"a"})"},
           Case{"a[=b", R"({"a[":"b"})"},
           Case{"a]=b", R"({"a]":"b"})"},
           Case{"a[b=c", R"({"a[b":"c"})"},
           Case{"a[b[c]=d", R"({"a[b":{"c":"d"}})"},
           Case{"a[b]x[c]=d", R"({"a":{"b":{"c":"d"}}})"},
           Case{"a[]=b]=c", R"({"a":["b]=c"]})"},
           Case{"a+b=c+d%2B", R"({"a b":"c d+"})"},
           Case{"a=%zz", R"({"a":"%zz"})"},
           Case{"a=%E4+x", R"({"a":"%E4 x"})"},
           Case{"a=%C3%A4", R"({"a":"ä"})"},
           Case{"__proto__[a]=b&constructor=c&a[hasOwnProperty]=d",
                R"({"__proto__":{"a":"b"},"constructor":"c","a":{"hasOwnProperty":"d"}})"},
       }) {
    EXPECT_EQ(nested(c.encoded), c.json) << c.encoded;
  }
}

TEST(Query, ReadsAThousandParametersAndNoMore) {
  std::string encoded;
  for (int i = 0; i < 1500; ++i) encoded += "k" + std::to_string(i) + "=v&";
  EXPECT_EQ(parse_nested(encoded).size(), 1000U);
  EXPECT_EQ(parse_pairs(encoded).size(), 1000U);
  EXPECT_EQ(parse_pairs(encoded, 3).size(), 3U);
}

TEST(Query, FormsNestDeeperAndHaveLongerArrays) {
  const auto form = [](std::string_view encoded) { return boost::json::serialize(parse_form(encoded)); };
  EXPECT_EQ(form("a[b][c][d][e][f][g][h]=i"), R"({"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":"i"}}}}}}}})");
  EXPECT_EQ(form("a[21]=x&a[100]=y"), R"({"a":["x","y"]})");
  EXPECT_EQ(form("a[101]=x"), R"({"a":{"101":"x"}})");
  std::string many;
  for (int i = 0; i < 300; ++i) many += (i == 0 ? "a[" : "&a[") + std::to_string(i) + "]=v";
  EXPECT_EQ(parse_form(many).at("a").as_array().size(), 300U);
  std::string deep = "a";
  for (int i = 0; i < 5000; ++i) deep += "[b]";
  EXPECT_FALSE(parse_form(deep + "=c").empty());
}

TEST(Query, CountsWhatIsBetweenAmpersands) {
  EXPECT_EQ(count_pairs(""), 0U);
  EXPECT_EQ(count_pairs("a"), 1U);
  EXPECT_EQ(count_pairs("a=1&b&"), 3U);
}

TEST(Query, StaysFlatAsPairs) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_pairs("a=1&a=2&b[c]=%20+&d&=e&&f=g=h"),
            (Pairs{{"a", "1"}, {"a", "2"}, {"b[c]", "  "}, {"d", ""}, {"", "e"}, {"f", "g=h"}}));
  EXPECT_TRUE(parse_pairs("").empty());
}

TEST(Query, YieldsUtf8WhateverComes) {
  EXPECT_EQ(nested("a=\xff\xfe"), "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\"}");
  EXPECT_EQ(nested("a=\xc3\xa4\xc3"), "{\"a\":\"\xc3\xa4\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace maestro::http
