#include <set>

#include "cloudsim/bed_test.h"

namespace maestro::cloudsim {
namespace {

using namespace testing;  // NOLINT: the tests' own kit
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kDetail = "/compute/v2.1/servers/detail";

Options estate(unsigned servers) {
  Options options;
  options.openstack_servers = servers;
  return options;
}

TEST(OpenStack, MarkersYieldEveryServerOnce) {
  for (const unsigned count : {0U, 1U, 7U, 8U, 61U}) {
    Bed bed(estate(count));
    const auto pages = bed.server_pages(std::string(kDetail) + "?limit=4", bed.token());
    const auto ids = flat(pages);
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), count);
    // Like Nova: a full last page has a link too, and an empty page behind it.
    EXPECT_EQ(pages.size(), count / 4 + 1);
  }
}

TEST(OpenStack, SignsInEveryWay) {
  Bed bed(estate(3));
  const auto status = [&](const std::string& body) { return bed.sign_in(body).status; };
  EXPECT_EQ(status(Bed::sign_in_body("cloudsim", "cloudsim", "demo")), 201);
  EXPECT_EQ(status(Bed::sign_in_body("cloudsim", "wrong", "demo")), 401);
  EXPECT_EQ(status(Bed::sign_in_body("nobody", "cloudsim", "demo")), 401);
  EXPECT_EQ(status(Bed::sign_in_body("cloudsim", "cloudsim", "elsewhere")), 401);
  EXPECT_EQ(status("{}"), 400);
  EXPECT_EQ(status("no json"), 400);
  const json::Value state = bed.control("GET", "/state").parsed();
  const auto credential = [&](const char* path) { return std::string(json::find(state, path)->as_string()); };
  EXPECT_EQ(
      status(fmt::format(
          R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"id":"{}","password":"cloudsim"}}}}}},"scope":{{"project":{{"id":"{}"}}}}}}}})",
          credential("credentials.user_id"), credential("credentials.projects.demo"))),
      201);
  const std::string application =
      R"({{"auth":{{"identity":{{"methods":["application_credential"],"application_credential":{{"id":"{}","secret":"{}"}}}}}}}})";
  const Answer by_application = bed.sign_in(
      fmt::format(fmt::runtime(application), credential("credentials.application_id"), "cloudsim-app-secret"));
  EXPECT_EQ(by_application.status, 201);
  EXPECT_EQ(json::find(by_application.parsed(), "token.project.name")->as_string(), "demo");
  EXPECT_EQ(status(fmt::format(fmt::runtime(application), credential("credentials.application_id"), "wrong")), 401);

  const Answer unscoped = bed.sign_in(Bed::sign_in_body("cloudsim", "cloudsim", ""));
  EXPECT_EQ(unscoped.status, 201);
  EXPECT_EQ(json::find(unscoped.parsed(), "token.catalog"), nullptr);
  EXPECT_EQ(bed.get(kDetail, unscoped.headers.at("x-subject-token")).status, 403);
  const Answer rescoped = bed.sign_in(fmt::format(
      R"({{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"{}"}}}},"scope":{{"project":{{"name":"demo","domain":{{"name":"Default"}}}}}}}}}})",
      unscoped.headers.at("x-subject-token")));
  EXPECT_EQ(rescoped.status, 201);
  EXPECT_EQ(bed.get(kDetail, rescoped.headers.at("x-subject-token")).status, 200);
  EXPECT_NE(bed.token(), bed.token());
}

TEST(OpenStack, TokensEnd) {
  Options options = estate(3);
  options.token_ttl_s = 600;
  Bed bed(options);
  const std::string token = bed.token();
  EXPECT_EQ(bed.get(kDetail, token).status, 200);
  bed.clock().advance(Millis(601'000));
  const Answer late = bed.get(kDetail, token);
  EXPECT_EQ(late.status, 401);
  EXPECT_EQ(
      late.body,
      R"({"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}})");
  EXPECT_THAT(late.headers.at("www-authenticate"), HasSubstr("Keystone uri="));
  const std::string next = bed.token();
  bed.control("POST", "/tokens/expire");
  EXPECT_EQ(bed.get(kDetail, next).status, 401);
  EXPECT_EQ(bed.get(kDetail, "").status, 401);
}

TEST(OpenStack, CatalogLeadsBackHere) {
  Options options = estate(9);
  options.os_regions = {"RegionOne", "RegionTwo"};
  Bed bed(options);
  const std::string token = bed.token();
  const json::Value catalog = bed.get("/identity/v3/auth/catalog", token).parsed();
  std::set<std::string> urls;
  for (const json::Value& service : catalog.at("catalog").as_array()) {
    if (service.at("type").as_string() != "compute") continue;
    for (const json::Value& endpoint : service.at("endpoints").as_array()) urls.emplace(endpoint.at("url").as_string());
  }
  ASSERT_THAT(urls, SizeIs(2));
  std::size_t servers = 0;
  for (const std::string& url : urls)
    servers += flat(bed.server_pages(url.substr(url.find('/', 7)) + "/servers", token)).size();
  EXPECT_EQ(servers, 9U);
}

TEST(OpenStack, SpeaksMicroversions) {
  Bed bed(estate(5));
  const std::string token = bed.token();
  const json::Value old = bed.get(kDetail, token).parsed().at("servers").at(0);
  EXPECT_NE(json::find(old, "flavor.id"), nullptr);
  EXPECT_EQ(json::find(old, "locked"), nullptr);
  const Answer answer = bed.get(kDetail, token, "2.93");
  EXPECT_EQ(answer.headers.at("openstack-api-version"), "compute 2.93");
  EXPECT_EQ(answer.headers.at("x-openstack-nova-api-version"), "2.93");
  const json::Value now = answer.parsed().at("servers").at(0);
  EXPECT_EQ(json::find(now, "flavor.id"), nullptr);
  EXPECT_NE(json::find(now, "flavor.vcpus"), nullptr);
  EXPECT_NE(json::find(now, "locked"), nullptr);
  EXPECT_EQ(bed.get(kDetail, token, "latest").headers.at("openstack-api-version"), "compute 2.93");
  EXPECT_EQ(bed.get(kDetail, token, "2.94").status, 406);
  EXPECT_EQ(bed.get(kDetail, token, "3.1").status, 406);
  EXPECT_EQ(bed.get(kDetail, token, "new").status, 400);
  EXPECT_EQ(bed.get("/compute/", "").status, 200);
  EXPECT_EQ(bed.get("/", "").status, 300);
}

TEST(OpenStack, AnswersForOneServer) {
  Bed bed(estate(5));
  const std::string token = bed.token();
  const auto ids = flat(bed.server_pages(kDetail, token));
  EXPECT_EQ(bed.get("/compute/v2.1/servers/" + ids[2], token).parsed().at("server").at("id").as_string(), ids[2]);
  const Answer missing = bed.get("/compute/v2.1/servers/00000000-0000-0000-0000-000000000000", token);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(
      missing.body,
      R"({"itemNotFound":{"code":404,"message":"Instance 00000000-0000-0000-0000-000000000000 could not be found."}})");
  EXPECT_EQ(bed.get("/compute/v2.1/servers?marker=nope", token).status, 400);
  EXPECT_EQ(bed.get("/compute/v2.1/servers?limit=-1", token).status, 400);
}

TEST(OpenStack, OthersProjectsAreForAdministrators) {
  Options options = estate(20);
  options.os_other_projects = {"research"};
  Bed bed(options);
  const std::string admin = bed.token();
  EXPECT_THAT(flat(bed.server_pages(kDetail, admin)), SizeIs(10));
  EXPECT_THAT(flat(bed.server_pages(std::string(kDetail) + "?all_tenants=1", admin)), SizeIs(20));
  const std::string reader = bed.token("reader");
  const Answer own = bed.get(kDetail, reader);
  EXPECT_EQ(own.status, 200);
  EXPECT_THAT(own.body, Not(HasSubstr("OS-EXT-SRV-ATTR:host\"")));
  EXPECT_EQ(bed.get(std::string(kDetail) + "?all_tenants=1", reader).status, 403);
}

TEST(OpenStack, FiltersByStatus) {
  Bed bed(estate(300));
  const std::string token = bed.token();
  std::map<std::string, std::size_t> counts;
  const json::Value servers_page = bed.get(kDetail, token).parsed();
  for (const json::Value& server : servers_page.at("servers").as_array())
    ++counts[std::string(server.at("status").as_string())];
  EXPECT_GE(counts.size(), 4U);
  for (const auto& [status, count] : counts) {
    EXPECT_EQ(flat(bed.server_pages(fmt::format("{}?status={}&limit=7", kDetail, status), token)).size(), count)
        << status;
  }
}

TEST(OpenStack, FlavorsOfServersAreListed) {
  Bed bed(estate(100));
  const std::string token = bed.token();
  std::set<std::string> flavors;
  const json::Value listed = bed.get("/compute/v2.1/flavors/detail?is_public=None", token).parsed();
  for (const json::Value& flavor : listed.at("flavors").as_array()) flavors.emplace(flavor.at("id").as_string());
  const json::Value all_servers = bed.get(kDetail, token).parsed();
  for (const json::Value& server : all_servers.at("servers").as_array()) {
    EXPECT_TRUE(flavors.contains(std::string(server.at("flavor").at("id").as_string())));
  }
  EXPECT_EQ(bed.get("/compute/v2.1/flavors/" + *flavors.begin(), token).status, 200);
  const auto count = [&](const char* query) {
    return bed.get(std::string("/compute/v2.1/flavors/detail") + query, token).parsed().at("flavors").as_array().size();
  };
  EXPECT_LT(count(""), flavors.size());
  EXPECT_EQ(count("") + count("?is_public=false"), flavors.size());
  EXPECT_EQ(count("?is_public=None&limit=2"), 2U);
}

TEST(OpenStack, VanishingServersDoNotDisturbAListing) {
  Bed bed(estate(40));
  const std::string token = bed.token();
  const auto all = flat(bed.server_pages(kDetail, token));
  const auto first = bed.server_pages(std::string(kDetail) + "?limit=10", token, 1).front();
  bed.control("POST", "/vanish",
              json::write(json::Object{{"cloud", "openstack"}, {"ids", json::Array{json::Value(first.back())}}}));
  const auto rest = flat(bed.server_pages(fmt::format("{}?marker={}", kDetail, first.back()), token));
  EXPECT_EQ(rest, std::vector<std::string>(all.begin() + 10, all.end()));
  bed.control("POST", "/appear", R"({"cloud":"openstack","count":1})");
  EXPECT_NE(flat(bed.server_pages(kDetail, token)).front(), all.front());  // the youngest comes first
}

TEST(OpenStack, TheSeedDecides) {
  const auto servers = [](std::uint64_t seed) {
    Options options = estate(30);
    options.seed = seed;
    Bed bed(options);
    const json::Value body = bed.get(kDetail, bed.token()).parsed();
    std::string out;
    for (const json::Value& server : body.at("servers").as_array()) {
      json::Object copy = server.as_object();
      copy.erase("links");
      copy.erase("image");
      copy.erase("flavor");
      out += json::write(copy);
    }
    return out;
  };
  EXPECT_EQ(servers(4), servers(4));
  EXPECT_NE(servers(4), servers(5));
}

TEST(OpenStack, OtherServicesKnowTheSameEstate) {
  Bed bed(estate(40));
  const std::string token = bed.token();
  for (const char* path : {"/network/v2.0/networks", "/network/v2.0/subnets", "/network/v2.0/security-groups",
                           "/image/v2/images", "/volume/v3/x/volumes/detail?limit=2"}) {
    EXPECT_EQ(bed.get(path, token).status, 200) << path;
    EXPECT_EQ(bed.get(path, "").status, 401) << path;
  }
  std::set<std::string> volumes;
  const json::Value volumes_answer = bed.get("/volume/v3/x/volumes/detail", token).parsed();
  for (const json::Value& one : volumes_answer.at("volumes").as_array()) volumes.emplace(one.at("id").as_string());
  std::size_t attached = 0;
  const json::Value owner_servers = bed.get(kDetail, token).parsed();
  for (const json::Value& server : owner_servers.at("servers").as_array()) {
    for (const json::Value& one : server.at("os-extended-volumes:volumes_attached").as_array()) {
      ++attached;
      EXPECT_TRUE(volumes.contains(std::string(one.at("id").as_string())));
    }
  }
  EXPECT_EQ(attached, volumes.size());
  EXPECT_GT(attached, 5U);
}

}  // namespace
}  // namespace maestro::cloudsim
