#include <chrono>

#include "cloudsim/bed_test.h"

namespace maestro::cloudsim {
namespace {

using namespace testing;  // NOLINT: the tests' own kit
using ::testing::HasSubstr;
using ::testing::Not;
using Pages = std::vector<std::vector<std::string>>;

constexpr const char* kDetail = "/compute/v2.1/servers/detail?limit=10";

Options estate() {
  Options options;
  options.regions = {"us-east-1"};
  options.servers = 48;  // five pages of ten
  options.openstack_servers = 48;
  return options;
}

const Params kTen = {{"MaxResults", "10"}};

std::string on(const char* cloud, const char* kind, const char* page = "any", const char* more = "") {
  return fmt::format(R"({{"cloud":"{}","action":"{}","kind":"{}","page":"{}"{}}})", cloud,
                     std::string_view(cloud) == "aws" ? "DescribeInstances" : "servers/detail", kind, page, more);
}

std::int64_t millis_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
}

TEST(Faults, AwsErrorsComeAsOftenAsAsked) {
  Bed bed(estate());
  struct Row {
    const char* kind;
    int status;
    const char* code;
  };
  for (const Row& row : {Row{"throttle", 503, "RequestLimitExceeded"}, Row{"forbidden", 403, "UnauthorizedOperation"},
                         Row{"error500", 500, "InternalError"}, Row{"expired_token", 400, "RequestExpired"}}) {
    bed.fault(on("aws", row.kind, "any", R"(,"times":2)"));
    for (int i = 0; i < 2; ++i) {
      const Answer answer = bed.aws("DescribeInstances");
      EXPECT_EQ(answer.status, row.status) << row.kind;
      EXPECT_EQ(value_of(answer.body, "Code"), row.code);
      EXPECT_TRUE(answer.complete);
    }
    EXPECT_EQ(bed.aws("DescribeInstances").status, 200) << row.kind;
  }
  EXPECT_EQ(bed.world().counters().at("aws.DescribeInstances.throttle"), 2U);
}

TEST(Faults, OpenStackErrorsComeAsOftenAsAsked) {
  Bed bed(estate());
  const std::string token = bed.token();
  for (const auto& [kind, status, word] :
       {std::tuple("throttle", 429, "overLimit"), {"forbidden", 403, "forbidden"}, {"error500", 500, "computeFault"}}) {
    bed.fault(on("openstack", kind));
    const Answer answer = bed.get(kDetail, token);
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(answer.body, HasSubstr(fmt::format("\"{}\"", word)));
    EXPECT_EQ(answer.headers.contains("retry-after"), status == 429);
    EXPECT_EQ(bed.get(kDetail, token).status, 200);
  }
}

TEST(Faults, AnExpiredTokenStaysExpired) {
  Bed bed(estate());
  const std::string token = bed.token();
  bed.fault(on("openstack", "expired_token", "3"));
  const auto pages = bed.server_pages(kDetail, token, 2);
  const std::string third = fmt::format("{}&marker={}", kDetail, pages[1].back());
  EXPECT_EQ(bed.get(third, token).status, 401);
  EXPECT_EQ(bed.get(third, token).status, 401);
  EXPECT_EQ(bed.get(third, bed.token()).status, 200);
}

TEST(Faults, SignInCanFail) {
  Bed bed(estate());
  bed.fault(R"({"cloud":"openstack","action":"auth","kind":"error500"})");
  const std::string body = Bed::sign_in_body("cloudsim", "cloudsim", "demo");
  const Answer failed = bed.sign_in(body);
  EXPECT_EQ(failed.status, 500);
  EXPECT_FALSE(failed.headers.contains("x-subject-token"));
  EXPECT_EQ(bed.sign_in(body).status, 201);
}

TEST(Faults, PagePositionsAreThoseOfTheListing) {
  for (const auto& [page, place] : {std::pair("first", 0), {"2", 1}, {"middle", 2}, {"last", 4}}) {
    Bed bed(estate());
    bed.fault(on("aws", "empty_page", page));
    const Pages pages = bed.aws_pages(kTen);
    ASSERT_EQ(pages.size(), 5U);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(pages[i].empty(), i == place) << page << " " << i;
    bed.fault(on("openstack", "empty_page", page));
    const Pages servers = bed.server_pages(kDetail, bed.token());
    ASSERT_EQ(servers.size(), 5U);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(servers[i].empty(), i == place) << page << " " << i;
  }
}

TEST(Faults, ADuplicatePageReplacesTheRightOne) {
  Bed bed(estate());
  const Pages honest = bed.aws_pages(kTen);
  bed.fault(on("aws", "duplicate_page", "3"));
  const Pages pages = bed.aws_pages(kTen);
  EXPECT_EQ(pages, (Pages{honest[0], honest[1], honest[1], honest[3], honest[4]}));
  const std::string token = bed.token();
  const Pages servers = bed.server_pages(kDetail, token);
  bed.fault(on("openstack", "duplicate_page", "any"));
  EXPECT_EQ(bed.server_pages(kDetail, token), (Pages{servers[0], servers[0], servers[2], servers[3], servers[4]}));
}

TEST(Faults, ARepeatedTokenNeverEnds) {
  Bed bed(estate());
  bed.fault(on("aws", "repeat_token", "any", R"(,"times":0)"));
  const Pages pages = bed.aws_pages(kTen, "us-east-1", 9);
  EXPECT_EQ(pages.size(), 9U);
  EXPECT_EQ(pages[1], pages[8]);
  bed.fault(on("openstack", "repeat_token", "any", R"(,"times":0)"));
  const Pages servers = bed.server_pages(kDetail, bed.token(), 9);
  EXPECT_EQ(servers.size(), 9U);
  EXPECT_EQ(servers[1], servers[8]);
  bed.control("DELETE", "/faults");
  EXPECT_EQ(bed.aws_pages(kTen).size(), 5U);
}

TEST(Faults, BodiesBreak) {
  Bed bed(estate());
  bed.fault(on("aws", "truncated"));
  const Answer cut = bed.aws("DescribeInstances");
  EXPECT_EQ(cut.status, 200);
  EXPECT_FALSE(cut.complete);
  EXPECT_THAT(cut.body, HasSubstr("<instanceId>"));
  bed.fault(on("aws", "malformed"));
  const Answer broken = bed.aws("DescribeInstances");
  EXPECT_EQ(broken.status, 200);
  EXPECT_TRUE(broken.complete);
  EXPECT_THAT(broken.body, Not(HasSubstr("</DescribeInstancesResponse>")));
  bed.fault(on("aws", "drop_connection"));
  EXPECT_EQ(bed.aws("DescribeInstances").status, 0);
  const std::string token = bed.token();
  bed.fault(on("openstack", "truncated"));
  EXPECT_FALSE(bed.get(kDetail, token).complete);
  bed.fault(on("openstack", "malformed"));
  EXPECT_FALSE(json::parse(bed.get(kDetail, token).body).ok());
  bed.fault(on("openstack", "drop_connection"));
  EXPECT_EQ(bed.get(kDetail, token).status, 0);
  EXPECT_EQ(bed.get(kDetail, token).status, 200);
}

TEST(Faults, AnswersComeLate) {
  Bed bed(estate());
  for (const char* kind : {"timeout", "slow"}) {
    bed.fault(on("aws", kind, "any", R"(,"delay_ms":300)"));
    Answer answer;
    EXPECT_GE(millis_of([&] { answer = bed.aws("DescribeInstances"); }), 250) << kind;
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(instance_ids(answer.body).size(), 48U) << kind;
  }
  // Nobody has to wait for an answer that is held for a minute.
  bed.fault(on("aws", "timeout"));
  EXPECT_LT(millis_of([&] {
              std::jthread client([&] { bed.aws("DescribeInstances"); });
              while (bed.world().counters()["aws.DescribeInstances.timeout"] < 2) {  // one was in the loop above
                std::this_thread::sleep_for(Millis(5));
              }
              EXPECT_EQ(bed.control("GET", "/state").status, 200);
              bed.simulator().stop();
            }),
            20'000);
}

TEST(Faults, ConcernOnlyWhatTheyName) {
  Bed bed(estate());
  bed.fault(R"({"cloud":"aws","action":"DescribeVpcs","kind":"error500","times":0})");
  bed.fault(R"({"cloud":"aws","action":"DescribeInstances","kind":"error500","times":0,"region":"eu-west-1"})");
  EXPECT_EQ(bed.aws("DescribeInstances").status, 200);
  EXPECT_EQ(bed.aws("DescribeVpcs").status, 500);
  EXPECT_EQ(bed.get(kDetail, bed.token()).status, 200);
  const json::Value listed = bed.control("GET", "/faults").parsed();
  EXPECT_EQ(listed.at("faults").at(0).at("hits").as_int64(), 1);
  EXPECT_EQ(bed.control("DELETE", "/faults/1").status, 200);
  EXPECT_EQ(bed.aws("DescribeVpcs").status, 200);
  EXPECT_EQ(bed.control("DELETE", "/faults/1").status, 404);
}

TEST(Faults, DescriptionsAreChecked) {
  Bed bed(estate());
  for (const char* bad :
       {R"({})", R"({"cloud":"aws"})", R"({"cloud":"moon","kind":"slow"})", R"({"cloud":"aws","kind":"odd"})",
        R"({"cloud":"aws","kind":"slow","page":"0"})", R"({"cloud":"aws","kind":"slow","time":1})", "[]", "no"}) {
    EXPECT_EQ(bed.control("POST", "/faults", bad).status, 400) << bad;
  }
  EXPECT_EQ(bed.control("POST", "/change", R"({"cloud":"aws","what":"colour","percent":1})").status, 400);
  EXPECT_EQ(bed.control("POST", "/vanish", R"({"cloud":"aws"})").status, 400);
  EXPECT_EQ(bed.control("GET", "/elsewhere").status, 404);
}

}  // namespace
}  // namespace maestro::cloudsim
