// Shapes, transforms and hashes.
#include "provider/translate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/clouds.h"
#include "provider/scripted_transport.h"
#include "provider/shape.h"
#include "provider/transforms.h"

namespace maestro::provider {
namespace {

const Packs& packs() {
  static const Packs all = std::move(*Packs::load(embedded_packs(), ""));
  return all;
}

json::Value apply(const char* name, const char* in, const char* args = "true") {
  return find_transform(name)->apply(json::parse_trusted(in), json::parse_trusted(args));
}

TEST(Transforms, DoWhatTheySay) {
  struct Row {
    const char *name, *in, *args, *out;
  };
  for (const Row& row : {
           Row{"cap", "\"in-USE\"", "true", "\"In-use\""},
           Row{"map_values", "\"a\"", R"({"values":{"a":false},"otherwise":true})", "false"},
           Row{"map_values", "null", R"({"values":{"a":false},"otherwise":true})", "true"},
           Row{"map_values", "\"b\"", R"({"values":{"a":1}})", "\"b\""},
           Row{"split", "\"a, b,,c \"", "\",\"", R"(["a","b","c"])"},
           Row{"join", R"(["a",1])", "\"-\"", "\"a-1\""},
           Row{"first", R"(["",null,"x"])", "true", "\"x\""},
           Row{"wrap", "1", "true", "[1]"},
           Row{"pluck", R"([{"a":1},{},{"a":2}])", "\"a\"", "[1,2]"},
           Row{"divide", "2048", "1024", "2"},
           Row{"divide", "512", "1000", "0.512"},
           Row{"divide", "\"x\"", "2", "null"},
           Row{"number", "\"16.0\"", "true", "16"},
           Row{"text", "5", "true", "\"5\""},
           Row{"time", "\"2026-11-22T11:22:12Z\"", "true", "\"2026-11-22T11:22:12.000Z\""},
           Row{"time", "\"soon\"", "true", "null"},
           Row{"pki_auth", "\"ops\"", "true", R"([{"name":"ops","type":"PKI"}])"},
           Row{"os_base", "\"windows\"", "true", "\"Windows\""},
           Row{"os_base", "\"Windows with SQL Server Web\"", "true", "\"Windows\""},
           Row{"os_base", "\"Red Hat Enterprise Linux\"", "true", "\"Linux\""},
           Row{"drop_if", "\"Linux/UNIX\"", R"(["Linux/UNIX"])", "null"},
           Row{"tags", R"({"b":"2","a":""})", "true", R"([{"key":"a","value":""},{"key":"b","value":"2"}])"},
           Row{"tags", R"([{"Key":"k","Value":"v"},{"Key":"","Value":"x"},7])", "true", R"([{"key":"k","value":"v"}])"},
           Row{"volume_label", "\"9f8e\"", "true", "\"vol-9f8\""},
           Row{"default", "null", "5", "5"},
       }) {
    EXPECT_EQ(json::write(apply(row.name, row.in, row.args)), row.out) << row.name << " " << row.in;
  }
}

TEST(Transforms, TakeAddressesApart) {
  const char* addresses =
      R"({"prod-net":[{"addr":"fd00::5","version":6,"OS-EXT-IPS:type":"fixed"},{"addr":"10.0.0.5","version":4,"OS-EXT-IPS:type":"fixed"},
    {"addr":"203.0.113.9","version":4,"OS-EXT-IPS:type":"floating"}],"mgmt":[{"addr":"10.9.9.9","version":4}]})";
  EXPECT_EQ(apply("openstack_address", addresses, "\"private\""), "10.0.0.5");
  EXPECT_EQ(apply("openstack_address", addresses, "\"public\""), "203.0.113.9");
  const char* named = R"({"My-Internet":[{"addr":"198.51.100.4","version":4}]})";
  EXPECT_EQ(apply("openstack_address", named, "\"public\""), "198.51.100.4");
  EXPECT_EQ(apply("openstack_address", R"({"n":[{"addr":"fd00::5","version":6}]})", "\"private\""), "fd00::5");
  EXPECT_TRUE(apply("openstack_address", R"({"n":[{"addr":"10.0.0.1"}]})", "\"public\"").is_null());
  for (const char* odd : {"[]", "{}", "5", R"({"n":5})", R"({"n":[5,{}]})"})
    EXPECT_TRUE(apply("openstack_address", odd, "\"private\"").is_null()) << odd;
}

TEST(Transforms, SurviveEveryInput) {
  const char* inputs[] = {"null", "true", "5", "1.5", "\"\"", "\"x\"", "[]", "[1,null,{}]", "{}", R"({"a":{"b":[]}})"};
  for (const Transform& transform : transforms()) {
    for (const char* args : {"true", "\"private\"", "2", "[1]", R"({"values":{"x":1}})"}) {
      if (transform.check != nullptr && transform.check(json::parse_trusted(args)) != nullptr) continue;
      for (const char* input : inputs) (void)transform.apply(json::parse_trusted(input), json::parse_trusted(args));
    }
  }
}

TEST(Shape, NamesAndTypesXmlAsDocumentsHaveIt) {
  const Shape& ec2 = *packs().find("aws/ec2_instances")->pack->shape;
  const auto value = read_answer(
      ec2,
      "<R "
      "xmlns='x'><requestId>noise</requestId><reservationSet><item><groupSet/><instancesSet><item><ebsOptimized>false</"
      "ebsOptimized>"
      "<instanceState><code>16</code></instanceState><groupSet><item><groupId>sg-1</groupId></item></groupSet>"
      "<tagSet><item><key>v</key><value>true</value></item></tagSet><launchTime>2026-11-22T11:31:05Z</launchTime>"
      "</item></instancesSet></item></reservationSet></R>");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(
      json::write(*value),
      R"({"Reservations":[{"Groups":[],"Instances":[{"EbsOptimized":false,"State":{"Code":16},"SecurityGroups":[{"GroupId":"sg-1"}],)"
      R"("Tags":[{"Key":"v","Value":"true"}],"LaunchTime":"2026-11-22T11:31:05.000Z"}]}]})");
}

TEST(Shape, LeavesTheUsersOwnWordsAlone) {
  const Shape& nova = *packs().find("openstack/nova_servers")->pack->shape;
  const auto value = read_answer(
      nova, R"({"servers":[{"tenant_id":"p","links":[1],"metadata":{"created":"never","links":"x","tenant_id":"t"},
    "addresses":{"created":[{"addr":"1.1.1.1","OS-EXT-IPS:type":"fixed"}]},"config_drive":"True","created":"2026-11-22T11:22:12Z"}]})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(
      json::write(*value),
      R"({"servers":[{"project_id":"p","metadata":{"created":"never","links":"x","tenant_id":"t"},)"
      R"("addresses":{"created":[{"addr":"1.1.1.1","OS-EXT-IPS:type":"fixed"}]},"has_config_drive":true,"created_at":"2026-11-22T11:22:12.000Z"}]})");
}

TEST(Shape, RefusesWhatIsTooDeepOrBroken) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_FALSE(read_xml(deep).ok());
  std::string closed;
  for (int i = 0; i < 200; ++i) closed += "<a>";
  for (int i = 0; i < 200; ++i) closed += "</a>";
  EXPECT_FALSE(read_xml(closed).ok());
  for (const char* broken :
       {"", "<a>", "<a></b>", "text", "<a>\xff</a>", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"})
    EXPECT_FALSE(read_xml(broken).ok()) << broken;
  const auto entity = read_xml("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x><y>&e;</y></x>");
  if (entity.ok()) {
    EXPECT_EQ(*json::find(*entity, "y"), "&e;");
  }
}

Item item_of(const char* resource, const std::string& body) {
  const Pack& pack = *packs().find(resource)->pack;
  const auto answer = read_answer(*pack.shape, body);
  EXPECT_TRUE(answer.ok());
  const auto items = find_items(pack.items, *answer);
  EXPECT_TRUE(items.ok() && items->size() == 1);
  Facts facts;
  facts.region = facts.region_id = "r";
  auto item = translate(pack, {.raw = items->front(), .found = {}, .facts = &facts});
  EXPECT_TRUE(item.ok()) << item.error().message;
  return std::move(*item);
}

/// The same value with the members of every object in reverse; what users named (networks) keeps its order, which has a
/// meaning.
json::Value reversed(const json::Value& in) {
  if (const auto* list = in.if_array()) {
    json::Array out;
    for (const json::Value& one : *list) out.push_back(reversed(one));
    return out;
  }
  const auto* object = in.if_object();
  if (object == nullptr) return in;
  std::vector<std::pair<std::string, json::Value>> members;
  for (const auto& member : *object)
    members.emplace_back(member.key(), member.key() == "addresses" ? member.value() : reversed(member.value()));
  json::Object out;
  for (auto member = members.rbegin(); member != members.rend(); ++member) out[member->first] = member->second;
  return out;
}

TEST(Hash, IsStableUnderKeyOrder) {
  const std::string folder = std::string(MAESTRO_SOURCE_DIR) + "/tests/packs/openstack/nova_servers/";
  const json::Value page = json::parse_trusted(testing::read_file(folder + "page1.json"));
  for (const json::Value& server : page.at("servers").as_array()) {
    const Item one =
        item_of("openstack/nova_servers", json::write(json::Value(json::Object{{"servers", json::Array{server}}})));
    const Item other = item_of("openstack/nova_servers",
                               json::write(json::Value(json::Object{{"servers", json::Array{reversed(server)}}})));
    EXPECT_EQ(one.hash, other.hash);
  }
}

TEST(Hash, IgnoresTheNoiseOfTheWireAndSeesEveryMappedChange) {
  const auto body = [](const std::string& request, const std::string& state, const std::string& tag,
                       const std::string& unmapped) {
    return "<R><requestId>" + request +
           "</requestId><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>" + "<clientToken>" +
           unmapped + "</clientToken><instanceState><name>" + state +
           "</name></instanceState><tagSet><item><key>Name</key><value>" + tag +
           "</value></item></tagSet></item></instancesSet></item></reservationSet></R>";
  };
  const std::string base = item_of("aws/ec2_instances", body("1", "running", "web", "x")).hash;
  EXPECT_EQ(item_of("aws/ec2_instances", body("2", "running", "web", "y")).hash, base);
  EXPECT_NE(item_of("aws/ec2_instances", body("1", "stopped", "web", "x")).hash, base);
  EXPECT_NE(item_of("aws/ec2_instances", body("1", "running", "Web", "x")).hash, base);
}

TEST(Translate, StoresWhatTheProviderSays) {
  const Item item = item_of(
      "aws/ec2_instances",
      "<R><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>terminated</"
      "name></instanceState>"
      "<tagSet><item><key>name</key><value>Web-API-01</value></item><item><key>ROLE</key><value>dbMaster</value></item>"
      "<item><key>Environment</key><value>PRODUCTION</value></item><item><key>Applications</key><value>Shop, "
      "Cart</value></item></tagSet>"
      "<ebsOptimized>false</ebsOptimized></item></instancesSet></item></reservationSet></R>");
  EXPECT_EQ(item.fields.at("name"), "Web-API-01");
  EXPECT_EQ(item.fields.at("role"), "dbMaster");
  EXPECT_EQ(item.fields.at("environment"), "Production");
  EXPECT_EQ(item.fields.at("ebs_optimized"), false);
  EXPECT_EQ(item.fields.at("active"), false);
  EXPECT_EQ(item.fields.if_contains("status"), nullptr);
  ASSERT_EQ(item.links.size(), 2U);
  EXPECT_EQ(item.links[1].value, "Cart");
  EXPECT_EQ(item.keep, (std::vector<std::string>{"cpu", "memory"}));
}

}  // namespace
}  // namespace maestro::provider
