#include <gtest/gtest.h>

#include "model/entity.h"
#include "model/validate.h"

namespace maestro::model {
namespace {

json::Object object(std::string_view text) { return json::parse(text)->get_object(); }
const Entity& servers() { return *find_entity("servers"); }

std::string first(const Entity& entity, std::string_view body, Options options = {}) {
  const auto result = validate(entity, object(body), options);
  return result.ok() ? "ok" : json::write(*json::parse(result.error().details_json));
}

TEST(Validate, SpeaksTheWordsThatClientsRead) {
  EXPECT_EQ(
      first(servers(), "{}"),
      R"([{"message":"\"name\" is required","path":["name"],"type":"any.required","context":{"key":"name","label":"name"}}])");
  EXPECT_EQ(
      first(servers(), R"({"name":"a","ipv4_private":"300.1.1.1"})"),
      R"([{"message":"\"ipv4_private\" must be a valid ip address with a optional CIDR","path":["ipv4_private"],"type":"string.ip","context":{"value":"300.1.1.1","cidr":"optional","key":"ipv4_private","label":"ipv4_private"}}])");
  EXPECT_EQ(
      first(servers(), R"({"name":"a","storage":[{"name":"x","foo":1}]})"),
      R"([{"message":"\"foo\" is not allowed","path":["storage",0,"foo"],"type":"object.allowUnknown","context":{"child":"foo","value":1,"key":"foo","label":"foo"}}])");
}

TEST(Validate, EachRuleHasItsType) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"name":""})", "any.empty"},
      {R"({"name":1})", "string.base"},
      {R"({"name":null})", "string.base"},
      {R"({"name":"a","cpu":0})", "number.positive"},
      {R"({"name":"a","cpu":1025})", "number.max"},
      {R"({"name":"a","cpu":"x"})", "number.base"},
      {R"({"name":"a","services":[{"status":"Gone"}]})", "any.allowOnly"},
      {R"({"name":"a","services":[{"status":""}]})", "any.empty"},
      {R"({"name":"a","services":[{"status":1}]})", "string.base"},
      {R"({"name":"a","storage":{}})", "array.base"},
      {R"({"name":"a","os":"Linux"})", "object.base"},
      {R"({"name":"a","os":{"kernel":"6"}})", "object.allowUnknown"},
      {R"({"name":"a","storage":[{"size":1},{"size":2}]})", "array.unique"},
      {R"({"name":"a","unique_id":{}})", "string.base"},
      {R"({"name":"a","accountant":[]})", "object.allowUnknown"},
      {R"({"name":"a","tags":[{"key":""}]})", "any.empty"},
  };
  for (const auto& [body, type] : cases)
    EXPECT_NE(first(servers(), body).find(std::string("\"type\":\"") + type), std::string::npos)
        << body << first(servers(), body);
  EXPECT_NE(first(*find_entity("datacenters"), R"({"name":"ab","provider":"AWS"})").find("string.min"),
            std::string::npos);
  EXPECT_NE(first(*find_entity("users"), R"({"name":"abc","email":"a","password":"1234"})").find("string.email"),
            std::string::npos);
  EXPECT_EQ(first(*find_entity("users"), R"({"name":"abc","email":"a@b","password":"1234"})"), "ok");
}

TEST(Validate, ConvertsDropsAndFillsDefaultsOnCreationOnly) {
  const auto made = validate(
      servers(),
      object(R"({"name":"a","cpu":"4","memory":"0.5","roles":[1],"owner":"me","active":false,"junk":1,"_links":{}})"),
      {});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(json::write(*made), R"({"name":"a","cpu":4,"memory":0.5,"status":"Active"})");
  const auto patched = validate(servers(), object(R"({"name":"a"})"), {.mode = Mode::kPatch});
  EXPECT_EQ(json::write(*patched), R"({"name":"a"})");
  EXPECT_NE(first(servers(), "{}", {.mode = Mode::kPatch}), "ok");
  EXPECT_EQ(first(*find_entity("datacenters"), R"({"provider":"AWS"})", {.mode = Mode::kPatch}), "ok");
}

TEST(Validate, UnchangedValuesAreNotCheckedAgain) {
  const json::Object stored = object(R"({"name":"a","ipv4_private":"discovered oddity","accountant":["x"]})");
  EXPECT_EQ(first(servers(), R"({"name":"a","ipv4_private":"discovered oddity","accountant":["x"]})",
                  {.mode = Mode::kPut, .stored = &stored}),
            "ok");
  EXPECT_NE(first(servers(), R"({"name":"a","accountant":["y"]})", {.mode = Mode::kPut, .stored = &stored}), "ok");
}

TEST(Validate, NewRoutesReportEveryViolation) {
  const auto result = validate(servers(), object(R"({"cpu":-1,"hostname":""})"), {.all = true});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(json::parse(result.error().details_json)->get_array().size(), 3U);
}

TEST(Validate, RelationIdsMustBeIds) {
  EXPECT_EQ(
      bad_relation_id(servers(), object(R"({"applications":[{"_id":"5f0c1a2b3c4d5e6f70819203"},{"_id":"zzz"}]})")),
      "zzz");
  EXPECT_EQ(bad_relation_id(servers(), object(R"({"datacenters":{"name":"x"}})")), "");
}

TEST(Validate, KnowsAddressesAndUris) {
  for (const char* good : {"10.0.0.1", "10.0.0.0/8", "::1", "fd00::/64"}) EXPECT_TRUE(is_ip(good)) << good;
  for (const char* bad : {"10.0.0", "10.0.0.1/33", "::/129", "10.0.0.1/", "x", ""}) EXPECT_FALSE(is_ip(bad)) << bad;
  EXPECT_TRUE(is_http_uri("http://a"));
  for (const char* bad : {"ftp://a", "http://", "http:///x", "javascript:alert(1)"})
    EXPECT_FALSE(is_http_uri(bad)) << bad;
}

TEST(Entities, ListAndSingleFieldsFollowTheDeclaration) {
  const auto& list = list_paths(servers());
  EXPECT_EQ(std::set<std::string>(list.begin(), list.end()), (std::set<std::string>{"_id",
                                                                                    "updated_at",
                                                                                    "created_at",
                                                                                    "hostname",
                                                                                    "name",
                                                                                    "ipv4_private",
                                                                                    "ipv4_public",
                                                                                    "os.base",
                                                                                    "os.dist",
                                                                                    "datacenters.name",
                                                                                    "datacenters.region",
                                                                                    "datacenters.zone",
                                                                                    "datacenters._id",
                                                                                    "datacenters.instance_id",
                                                                                    "applications._id",
                                                                                    "applications.name",
                                                                                    "applications.family",
                                                                                    "role",
                                                                                    "environment",
                                                                                    "auth.name",
                                                                                    "auth.username",
                                                                                    "auth.type",
                                                                                    "services",
                                                                                    "tags"}));
  EXPECT_TRUE(is_mappable(servers(), "metas.anything"));
  EXPECT_TRUE(is_mappable(servers(), "datacenters.whatever"));
  EXPECT_FALSE(is_mappable(servers(), "statuss"));
  EXPECT_FALSE(is_mappable(servers(), "os.kernel"));
}

}  // namespace
}  // namespace maestro::model
