#include "json/json.h"

#include <gtest/gtest.h>

namespace maestro::json {
namespace {

Object object(std::string_view text) { return parse(text)->get_object(); }

TEST(Json, RefusesWhatIsNoCompleteText) {
  for (const char* bad : {"", "{", "{\"a\":1}x", "[1,]", "\"\xff\"", "nul", "[1e999]", R"({"a":-1e400})"})
    EXPECT_FALSE(parse(bad).ok()) << bad;
  EXPECT_TRUE(parse(" {\"a\":1} \n").ok());
  EXPECT_FALSE(parse("[[[[1]]]]", {.max_depth = 3}).ok());
  EXPECT_FALSE(parse("[1111]", {.max_bytes = 5}).ok());
}

TEST(Json, WritesWhatItReads) {
  for (const char* text : {R"({"a":[1,-2,0.5,1e-07,2.0,true,false,null,"\u0001\"\\\n\t\u001f/é☃"],"":{}})", "[]",
                           "[18446744073709551615]"})
    EXPECT_EQ(write(*parse(text)), text);
  EXPECT_EQ(write(Value(std::numeric_limits<double>::infinity())), "null");
}

TEST(Json, StoredTextsMayBeNestedDeeperThanRequests) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_FALSE(parse(nested(Limits{}.max_depth + 1)).ok());
  EXPECT_EQ(write(parse_trusted(nested(kTrustedDepth))), nested(kTrustedDepth));
  EXPECT_THROW(parse_trusted(nested(kTrustedDepth + 1)), boost::system::system_error);
}

TEST(Json, CanonicalTextIgnoresKeyOrder) {
  EXPECT_EQ(canonical(*parse(R"({"b":[{"y":1,"x":2}],"a":"\n"})")),
            canonical(*parse(R"({"a":"\n","b":[{"x":2,"y":1}]})")));
  EXPECT_EQ(canonical(*parse(R"({"b":1,"a":2})")), R"({"a":2,"b":1})");
}

TEST(Json, PathsReachIntoObjectsAndArrays) {
  Object o = object(R"({"os":{"base":"Linux","dist":"Debian"},"auth":[{"name":"a","key":"k"},{"name":"b"}],"n":1})");
  EXPECT_EQ(find(o, "os.base")->get_string(), "Linux");
  EXPECT_EQ(find(o, "n.x"), nullptr);
  EXPECT_EQ(write(project(o, {"os.base", "auth.name", "absent", "n"})),
            R"({"os":{"base":"Linux"},"auth":[{"name":"a"},{"name":"b"}],"n":1})");
  set(o, "a.b.c", 5);
  EXPECT_EQ(find(o, "a.b.c")->get_int64(), 5);
  EXPECT_TRUE(erase(o, "a.b.c"));
  EXPECT_FALSE(o.contains("a"));
}

TEST(Json, DiffNamesEachChangedLeaf) {
  const Object a = object(R"({"name":"x","dc":{"zone":"a","n":1},"gone":true,"list":[1]})");
  const Object b = object(R"({"name":"y","dc":{"zone":"b","n":1.0},"list":[1,2],"new":null})");
  std::vector<std::string> paths;
  for (const auto& d : diff(a, b)) paths.push_back(d.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"name", "dc.zone", "gone", "list", "new"}));
  EXPECT_TRUE(diff(a, a).empty());
}

TEST(Json, TextAtAPathIsEmptyWhereNoScalarStands) {
  const Object object = parse(R"({"a":{"b":7,"list":[1]},"c":"text"})")->get_object();
  EXPECT_EQ(text_at(object, "a.b"), "7");
  EXPECT_EQ(text_at(object, "c"), "text");
  for (const char* path : {"", "a", "a.list", "a.none", "c.d"}) EXPECT_EQ(text_at(object, path), "") << path;
}

}  // namespace
}  // namespace maestro::json
