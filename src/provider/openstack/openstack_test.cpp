// Keystone and Nova: signing in, tokens that run out, versions, pages, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "provider/clouds.h"
#include "provider/openstack/keystone.h"
#include "provider/scripted_transport.h"

namespace maestro::provider {
namespace {

using testing::call_text;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ScriptedTransport;
using ::testing::SizeIs;

const Packs& packs() {
  static const Packs all = std::move(*Packs::load(embedded_packs(), ""));
  return all;
}

bool is(const HttpCall& call, const char* word) { return call_text(call).find(word) != std::string::npos; }

HttpAnswer reply(int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

HttpAnswer token(const std::string& value, const std::string& expires = "2099-01-01T00:00:00.000000Z",
                 const std::string& url = "http://nova.example:8774/v2.1") {
  return reply(
      201,
      "{\"token\":{\"expires_at\":\"" + expires +
          "\",\"project\":{\"id\":\"p1\",\"name\":\"lab\"},\"catalog\":["
          "{\"type\":\"compute\",\"endpoints\":[{\"interface\":\"internal\",\"region_id\":\"RegionOne\",\"url\":\"http:"
          "//inside:1\"},"
          "{\"interface\":\"public\",\"region_id\":\"RegionOne\",\"url\":\"" +
          url +
          "\"},"
          "{\"interface\":\"public\",\"region_id\":\"RegionTwo\",\"url\":\"http://two.example/compute/v2.1/p1/\"}]}]}}",
      {{"x-subject-token", value}});
}

std::string versions(const std::string& most = "2.93") {
  return "{\"versions\":[{\"id\":\"v2.0\",\"version\":\"\",\"min_version\":\"\"},{\"id\":\"v2.1\",\"version\":\"" +
         most + "\",\"min_version\":\"2.1\"}]}";
}

std::string server(int id) {
  return "{\"id\":\"s" + std::to_string(id) +
         "\",\"name\":\"\",\"status\":\"ACTIVE\",\"flavor\":{\"id\":\"42\"},\"metadata\":{\"applications\":\"a, b\"}}";
}
std::string servers(int from, int to, const std::string& tail = "") {
  std::string out;
  for (int i = from; i < to; ++i) out += (out.empty() ? "" : ",") + server(i);
  return "{\"servers\":[" + out + "]" + tail + "}";
}

Connection connection() {
  Connection out;
  out.provider = "Openstack";
  out.service = "OPENSTACK";
  out.url = "http://id.example:5000/v3/";
  out.project = "lab";
  out.user_domain_id = "default";
  out.regions = {"RegionOne"};
  out.credentials = {{"username", "reader"}, {"password", "pass-word"}};
  return out;
}

struct Cloud {
  explicit Cloud(ScriptedTransport::Script script, const Connection& from = connection())
      : transport(std::move(script)),
        clouds(make_clouds(packs(), transport, testing::quick())),
        account(std::move(*clouds->open(from))) {}
  Result<std::vector<Page>> read(const char* resource = "openstack/nova_servers", const char* region = "RegionOne") {
    auto listing = account->list(*packs().find(resource), region);
    EXPECT_TRUE(listing.ok());
    return testing::read_all(**listing);
  }
  ScriptedTransport transport;
  std::unique_ptr<Clouds> clouds;
  std::shared_ptr<Account> account;
};

TEST(Keystone, AcceptsEveryFormOfItsAddress) {
  for (const char* url : {"http://h:5000", "http://h:5000/", "http://h:5000/v3", "http://h:5000/v3/",
                          "http://h:5000/v2.0", "http://h:5000/v3/auth/tokens", " http://h:5000/v3 "})
    EXPECT_EQ(openstack::keystone_base(url), "http://h:5000") << url;
  EXPECT_EQ(openstack::keystone_base("https://h/identity/v3"), "https://h/identity");
}

TEST(Keystone, SignsInByPassword) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) {
      EXPECT_EQ(call.url, "http://id.example:5000/v3/auth/tokens");
      EXPECT_EQ(
          call.body,
          "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":\"reader\",\"domain\":{"
          "\"id\":\"default\"},"
          "\"password\":\"pass-word\"}}},\"scope\":{\"project\":{\"name\":\"lab\",\"domain\":{\"id\":\"default\"}}}}}");
      return token("T1");
    }
    if (call.url == "http://nova.example:8774/") return reply(200, versions());
    EXPECT_TRUE(is(call, "X-Auth-Token: T1"));
    EXPECT_TRUE(is(call, "OpenStack-API-Version: compute 2.93"));
    return reply(200, servers(0, 2));
  });
  const auto pages = cloud.read();
  ASSERT_TRUE(pages.ok()) << pages.error().message;
  const Item& item = (*pages)[0].items[0];
  EXPECT_EQ(item.fields.at("name"), "s0") << "no name is its id";
  ASSERT_THAT(item.links, SizeIs(3));
  EXPECT_EQ(item.links[0].kind, Item::Link::Kind::kFlavor);
  EXPECT_EQ(item.links[0].value, "42");
  EXPECT_EQ(item.links[2].value, "b");
}

TEST(Keystone, SignsInByApplicationCredential) {
  Connection from = connection();
  from.service = "application_credential";
  from.project.clear();
  from.credentials = {{"application_credential_id", "acid"}, {"application_credential_secret", "acsecret"}};
  Cloud cloud(
      [](const HttpCall& call, int) -> Result<HttpAnswer> {
        if (is(call, "/auth/tokens")) {
          EXPECT_EQ(call.body,
                    "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],\"application_credential\":{"
                    "\"id\":\"acid\",\"secret\":\"acsecret\"}}}}");
          return token("T1");
        }
        return reply(200, is(call, "servers") ? servers(0, 1) : versions());
      },
      from);
  EXPECT_TRUE(cloud.read().ok());
}

TEST(Keystone, IdsAndNamesAreToldApart) {
  Connection from = connection();
  from.project = "031bf2fe86774b4a9fe45d29c574acd7";
  from.user_domain_id = "Corporate";
  Cloud cloud(
      [](const HttpCall& call, int) -> Result<HttpAnswer> {
        if (is(call, "/auth/tokens")) {
          EXPECT_TRUE(is(call, "\"scope\":{\"project\":{\"id\":\"031bf2fe86774b4a9fe45d29c574acd7\"}}"));
          EXPECT_TRUE(is(call, "\"domain\":{\"name\":\"Corporate\"}"));
          return token("T1");
        }
        return reply(200, is(call, "servers") ? servers(0, 1) : versions());
      },
      from);
  EXPECT_TRUE(cloud.read().ok());
}

TEST(Keystone, RenewsATokenThatIsRefusedInTheMiddle) {
  int sign_ins = 0;
  Cloud cloud([&](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T" + std::to_string(++sign_ins));
    if (!is(call, "servers/detail")) return reply(200, versions());
    if (!is(call, "marker="))
      return reply(
          200,
          servers(0, 2,
                  ",\"servers_links\":[{\"rel\":\"next\",\"href\":\"http://x/servers/detail?limit=2&marker=s1\"}]"));
    EXPECT_TRUE(is(call, "GET http://nova.example:8774/v2.1/servers/detail?limit=500&marker=s1"))
        << "the link's host is not followed";
    if (is(call, "X-Auth-Token: T1"))
      return reply(401,
                   "{\"error\":{\"code\":401,\"message\":\"The request you have made requires authentication.\"}}");
    return reply(200, servers(2, 3));
  });
  const auto pages = cloud.read();
  ASSERT_TRUE(pages.ok()) << pages.error().message;
  EXPECT_THAT(*pages, SizeIs(2));
  EXPECT_EQ(sign_ins, 2);
}

TEST(Keystone, ARefusalOfANewTokenIsFinal) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    if (!is(call, "servers")) return reply(200, versions());
    return reply(401, "{\"error\":{\"message\":\"no\"}}");
  });
  const auto pages = cloud.read();
  ASSERT_FALSE(pages.ok());
  EXPECT_EQ(pages.error().code, Code::kUnauthenticated);
  EXPECT_EQ(cloud.transport.count("servers/detail"), 2U);
}

TEST(Keystone, KeepsItsTokenUntilShortlyBeforeItsEnd) {
  int sign_ins = 0;
  std::string expires = "2099-01-01T00:00:00.000000Z";
  Cloud cloud([&](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) {
      ++sign_ins;
      return token("T", expires);
    }
    return reply(200, is(call, "servers") ? servers(0, 1) : versions());
  });
  EXPECT_TRUE(cloud.read().ok());
  EXPECT_TRUE(cloud.read().ok());
  EXPECT_EQ(sign_ins, 1);
  EXPECT_EQ(cloud.transport.count("GET http://nova.example:8774/\n"), 1U) << "versions are asked for once";
  expires = to_iso(std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + Millis(60'000));
  Cloud other([&](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) {
      ++sign_ins;
      return token("T", expires);
    }
    return reply(200, is(call, "servers") ? servers(0, 1) : versions());
  });
  EXPECT_TRUE(other.read().ok());
  EXPECT_TRUE(other.read().ok());
  EXPECT_EQ(sign_ins, 3) << "a token with a minute left is not used for the next call";
}

TEST(Keystone, SaysWhatToCheck) {
  const auto fails = [](int status, const char* body) {
    Cloud cloud([=](const HttpCall&, int) -> Result<HttpAnswer> { return reply(status, body); });
    auto pages = cloud.read();
    EXPECT_FALSE(pages.ok());
    return pages.ok() ? Error{} : pages.error();
  };
  Error error = fails(401,
                      "{\"error\":{\"code\":401,\"message\":\"The request you have made requires "
                      "authentication.\",\"title\":\"Unauthorized\"}}");
  EXPECT_EQ(error.code, Code::kUnauthenticated);
  EXPECT_THAT(error.message, HasSubstr("Check the user name, the password"));
  EXPECT_THAT(error.message, ::testing::Not(HasSubstr("pass-word")));
  error = fails(404, "<html>nothing</html>");
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_THAT(error.message, HasSubstr("no Keystone v3"));
  EXPECT_EQ(fails(500, "").code, Code::kUnavailable);
  EXPECT_EQ(fails(200, "{}").code, Code::kInvalid);
  EXPECT_EQ(fails(201, "not json").code, Code::kInvalid);
}

TEST(Nova, UsesTheHighestCommonVersion) {
  const auto used = [](const std::string& document) {
    std::string seen = "none";
    Cloud cloud([&](const HttpCall& call, int) -> Result<HttpAnswer> {
      if (is(call, "/auth/tokens")) return token("T");
      if (!is(call, "servers")) return document.empty() ? reply(404, "") : reply(300, document);
      const std::string text = call_text(call);
      if (const auto at = text.find("Nova-API-Version: "); at != std::string::npos) seen = text.substr(at + 18, 4);
      return reply(200, servers(0, 1));
    });
    EXPECT_TRUE(cloud.read().ok());
    return seen;
  };
  EXPECT_EQ(used(versions("2.96")), "2.93");
  EXPECT_EQ(used(versions("2.60")), "2.60");
  EXPECT_EQ(used(versions("2.1")), "2.1\n");
  EXPECT_EQ(used("{\"version\":{\"id\":\"v2.1\",\"version\":\"2.79\",\"min_version\":\"2.1\"}}"), "2.79");
  EXPECT_EQ(used("{\"versions\":[{\"id\":\"v2.0\",\"version\":\"\",\"min_version\":\"\"}]}"), "none");
  EXPECT_EQ(used(""), "none");
  EXPECT_EQ(used("nonsense"), "none");
}

TEST(Nova, AFullLastPageEndsWithAnEmptyOneAndNoDoubt) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    if (!is(call, "servers")) return reply(200, versions());
    if (is(call, "marker=s499")) return reply(200, servers(0, 0));
    return reply(200, servers(0, 500));
  });
  const auto pages = cloud.read();
  ASSERT_TRUE(pages.ok()) << pages.error().message;
  ASSERT_THAT(*pages, SizeIs(1));
  EXPECT_THAT((*pages)[0].items, SizeIs(500));
  EXPECT_THAT((*pages)[0].doubts, IsEmpty());
  EXPECT_EQ(cloud.transport.count("servers/detail"), 2U);
}

TEST(Nova, AnEmptyPageAfterAShortOneIsDoubted) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    if (!is(call, "servers")) return reply(200, versions());
    if (is(call, "marker=")) return reply(200, servers(0, 0));
    return reply(200, servers(0, 3, ",\"servers_links\":[{\"rel\":\"next\",\"href\":\"?marker=s2\"}]"));
  });
  const auto pages = cloud.read();
  ASSERT_TRUE(pages.ok());
  ASSERT_THAT(*pages, SizeIs(2));
  EXPECT_THAT((*pages)[1].doubts, SizeIs(1));
  EXPECT_EQ(cloud.transport.count("marker="), 2U);
}

TEST(Nova, ClassifiesItsRefusals) {
  const auto fails = [](int status, const char* body,
                        const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    Cloud cloud([=](const HttpCall& call, int) -> Result<HttpAnswer> {
      if (is(call, "/auth/tokens")) return token("T");
      if (!is(call, "servers")) return reply(200, versions());
      return reply(status, body, headers);
    });
    auto pages = cloud.read();
    EXPECT_FALSE(pages.ok());
    return pages.ok() ? Error{} : pages.error();
  };
  const Error refused = fails(403,
                              "{\"forbidden\":{\"code\":403,\"message\":\"Policy doesn't allow "
                              "os_compute_api:servers:detail to be performed.\"}}");
  EXPECT_EQ(refused.code, Code::kForbidden);
  EXPECT_THAT(refused.message, HasSubstr("Policy doesn't allow"));
  EXPECT_THAT(refused.message, HasSubstr("servers/detail"));
  EXPECT_EQ(fails(404, "").code, Code::kNotFound);
  EXPECT_EQ(fails(400, "").code, Code::kInvalid);
  EXPECT_EQ(fails(503, "").code, Code::kUnavailable);
  EXPECT_EQ(fails(413, "{\"overLimit\":{\"message\":\"slow down\"}}", {{"retry-after", "60"}}).code, Code::kThrottled);
  EXPECT_EQ(fails(429, "", {{"retry-after", "60"}}).retry_after_ms, 60'000);
}

TEST(Nova, FlavorsAreListedWithoutTheParameterThatIsForbidden) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    if (!is(call, "flavors")) return reply(200, versions());
    if (is(call, "is_public=None")) return reply(403, "{\"forbidden\":{\"message\":\"no\"}}");
    return reply(200,
                 "{\"flavors\":[{\"id\":\"1\",\"name\":\"m1.tiny\",\"ram\":512,\"vcpus\":1,\"disk\":0,\"OS-FLV-EXT-"
                 "DATA:ephemeral\":0,\"os-flavor-access:is_public\":false}]}");
  });
  const auto pages = cloud.read("openstack/nova_flavors");
  ASSERT_TRUE(pages.ok()) << pages.error().message;
  const Item& item = (*pages)[0].items[0];
  EXPECT_EQ(item.key, "id.example:5000/RegionOne/1") << "an id that every cloud uses is qualified";
  EXPECT_EQ(item.fields.at("unique_id"), "1");
  EXPECT_EQ(item.fields.at("memory"), 0.512);
  EXPECT_EQ(item.fields.at("disk"), 0) << "0 is a value";
  EXPECT_EQ(item.fields.at("is_public"), false) << "false is a value";
}

TEST(Nova, ConfirmsSingleServers) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    if (is(call, "/servers/s1\n")) return reply(200, "{\"server\":{\"id\":\"s1\"}}");
    if (is(call, "/servers/a%2Fb")) return reply(404, "{\"itemNotFound\":{\"message\":\"gone\"}}");
    if (is(call, "/servers/")) return reply(404, "{\"itemNotFound\":{\"message\":\"gone\"}}");
    return reply(200, versions());
  });
  const std::vector<std::string> keys = {"s1", "s2", "a/b"};
  const auto there = cloud.account->still_there({}, *packs().find("openstack/nova_servers"), "RegionOne", keys);
  ASSERT_TRUE(there.ok()) << there.error().message;
  EXPECT_EQ(*there, std::vector<std::string>{"s1"});
}

TEST(Nova, AFailedConfirmationProvesNothing) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    return reply(is(call, "/servers/") ? 500 : 200, versions());
  });
  const std::vector<std::string> keys = {"s1"};
  EXPECT_FALSE(cloud.account->still_there({}, *packs().find("openstack/nova_servers"), "RegionOne", keys).ok());
}

TEST(Nova, AnUnknownRegionNamesTheKnownOnes) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    return reply(200, is(call, "servers") ? servers(0, 1) : versions());
  });
  const auto pages = cloud.read("openstack/nova_servers", "RegionNine");
  ASSERT_FALSE(pages.ok());
  EXPECT_THAT(pages.error().message, HasSubstr("RegionOne, RegionTwo"));
  EXPECT_EQ(*cloud.account->regions({}), (std::vector<std::string>{"RegionOne", "RegionTwo"}));
  EXPECT_TRUE(cloud.read("openstack/nova_servers", "RegionTwo").ok());
  EXPECT_EQ(cloud.transport.count("GET http://two.example/compute/v2.1/p1/servers/detail"), 1U);
  EXPECT_EQ(cloud.transport.count("GET http://two.example/compute/\n"), 1U);
}

TEST(Nova, TestSaysStepByStep) {
  Cloud cloud([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "/auth/tokens")) return token("T");
    if (is(call, "flavors")) return reply(200, "{\"flavors\":[]}");
    if (is(call, "servers")) return reply(403, "{\"forbidden\":{\"message\":\"no\"}}");
    return reply(200, versions());
  });
  std::vector<const Resource*> resources;
  for (const Resource& resource : packs().all()) resources.push_back(&resource);
  const TestReport report = cloud.account->test({}, resources);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.account, "lab");
  ASSERT_THAT(report.steps, SizeIs(4));
  EXPECT_TRUE(report.steps[2].ok);
  EXPECT_FALSE(report.steps[3].ok);
  EXPECT_THAT(report.steps[3].message, HasSubstr("servers/detail"));
  Cloud gone([](const HttpCall&, int) -> Result<HttpAnswer> {
    return unavailable("Could not connect to id.example:5000: connection refused");
  });
  EXPECT_EQ(gone.account->test({}, resources).steps.size(), 1U);
}

}  // namespace
}  // namespace maestro::provider
