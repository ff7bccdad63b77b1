// What can go wrong while a list is read, and what a page then says about itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/text.h"
#include "provider/clouds.h"
#include "provider/scripted_transport.h"

namespace maestro::provider {
namespace {

using testing::call_text;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ScriptedTransport;
using ::testing::SizeIs;

const Packs& packs() {
  static const Packs all = std::move(*Packs::load(embedded_packs(), ""));
  return all;
}

HttpAnswer text_answer(int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

std::string instance(const std::string& id, const std::string& type = "t3.micro", const std::string& extra = "") {
  return "<item><instancesSet><item><instanceId>" + id + "</instanceId><instanceType>" + type +
         "</instanceType><instanceState><code>16</code><name>running</name></instanceState>" + extra +
         "</item></instancesSet><ownerId>123456789012</ownerId><reservationId>r-1</reservationId></item>";
}
std::string instances(const std::string& items, const std::string& token = "") {
  return "<DescribeInstancesResponse><requestId>" + std::to_string(std::rand()) + "</requestId><reservationSet>" +
         items + "</reservationSet>" + (token.empty() ? "" : "<nextToken>" + token + "</nextToken>") +
         "</DescribeInstancesResponse>";
}
std::string types() {
  return "<R><instanceTypeSet><item><instanceType>t3.micro</instanceType><vCpuInfo><defaultVCpus>2</defaultVCpus></"
         "vCpuInfo>"
         "<memoryInfo><sizeInMiB>1024</sizeInMiB></memoryInfo></item></instanceTypeSet></R>";
}
std::string aws_error(const std::string& code, const std::string& message) {
  return "<Response><Errors><Error><Code>" + code + "</Code><Message>" + message +
         "</Message></Error></Errors><RequestID>r</RequestID></Response>";
}

Connection aws_connection() {
  Connection out;
  out.id = *ObjectId::parse("5f0c1a2b3c4d5e6f70819203");
  out.provider = "AWS";
  out.service = "iam_aws";
  out.datacenter = "Main";
  out.regions = {"us-east-1"};
  out.credentials = {{"access", "AKIDEXAMPLE"}, {"secret", "s3cr3t-value"}};
  return out;
}

struct Cloud {
  explicit Cloud(ScriptedTransport::Script script, const Connection& connection = aws_connection(),
                 CloudsOptions options = testing::quick())
      : transport(std::move(script)),
        clouds(make_clouds(packs(), transport, options)),
        account(std::move(*clouds->open(connection))) {}
  Result<std::vector<Page>> read(const char* resource = "aws/ec2_instances", const char* region = "us-east-1",
                                 const Context& context = {}) {
    auto listing = account->list(*packs().find(resource), region);
    EXPECT_TRUE(listing.ok());
    return testing::read_all(**listing, context);
  }
  ScriptedTransport transport;
  std::unique_ptr<Clouds> clouds;
  std::shared_ptr<Account> account;
};

bool is(const HttpCall& call, const char* word) { return call_text(call).find(word) != std::string::npos; }

TEST(Listing, ReadsPagesToTheEndAndSignsThem) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    if (is(call, "NextToken=p2")) return text_answer(200, instances(instance("i-2")));
    return text_answer(200, instances(instance("i-1"), "p2"));
  });
  const auto pages = run.read();
  ASSERT_TRUE(pages.ok()) << pages.error().message;
  ASSERT_THAT(*pages, SizeIs(2));
  EXPECT_EQ((*pages)[0].items[0].key, "i-1");
  EXPECT_EQ((*pages)[0].items[0].fields.at("cpu"), 2);
  EXPECT_EQ((*pages)[0].items[0].fields.at("memory"), 1);
  EXPECT_EQ((*pages)[1].items[0].key, "i-2");
  EXPECT_EQ(run.transport.count("https://ec2.us-east-1.amazonaws.com/"), 3U);
  EXPECT_EQ(run.transport.count("Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), 3U);
  EXPECT_EQ(run.transport.count("DescribeInstanceTypes"), 1U) << "types of an account are asked for once";
  for (const std::string& call : run.transport.calls()) EXPECT_THAT(call, Not(HasSubstr("s3cr3t")));
}

TEST(Listing, KeepsFieldsWhenTypesCannotBeRead) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes"))
      return text_answer(403, aws_error("UnauthorizedOperation", "You are not authorized."));
    if (is(call, "NextToken=p2")) return text_answer(200, instances(instance("i-2")));
    return text_answer(200, instances(instance("i-1"), "p2"));
  });
  const auto pages = run.read();
  ASSERT_TRUE(pages.ok());
  ASSERT_THAT(*pages, SizeIs(2));
  for (const Page& page : *pages) {
    ASSERT_THAT(page.doubts, SizeIs(1));
    EXPECT_THAT(page.doubts[0], HasSubstr("ec2:DescribeInstanceTypes"));
    EXPECT_THAT(page.items[0].keep, ::testing::ElementsAre("cpu", "memory"));
    EXPECT_EQ(page.items[0].fields.if_contains("cpu"), nullptr);
  }
  EXPECT_EQ(run.transport.count("DescribeInstanceTypes"), 1U) << "a refusal is not repeated on every page";
}

TEST(Listing, RetriesThrottlingAndServerErrors) {
  for (const auto& refusal : std::vector<std::pair<int, const char*>>{
           {503, "RequestLimitExceeded"}, {400, "Throttling"}, {500, "InternalError"}, {503, ""}}) {
    const int status = refusal.first;
    const char* code = refusal.second;
    int failures = 2;
    Cloud run([&](const HttpCall& call, int) -> Result<HttpAnswer> {
      if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
      if (failures-- > 0) return text_answer(status, aws_error(code, "busy"));
      return text_answer(200, instances(instance("i-1")));
    });
    EXPECT_TRUE(run.read().ok()) << code;
    EXPECT_EQ(run.transport.count("DescribeInstances&"), 3U);
  }
}

TEST(Listing, GivesUpAfterTheLastAttempt) {
  Cloud run([](const HttpCall&, int) -> Result<HttpAnswer> {
    return text_answer(503, aws_error("RequestLimitExceeded", "Request limit exceeded."));
  });
  const auto pages = run.read();
  ASSERT_FALSE(pages.ok());
  EXPECT_EQ(pages.error().code, Code::kThrottled);
  EXPECT_THAT(run.transport.calls(), SizeIs(4));
}

TEST(Listing, AfterAnErrorItNeverSaysThatItIsComplete) {
  Cloud run([](const HttpCall&, int) -> Result<HttpAnswer> {
    return text_answer(403, aws_error("UnauthorizedOperation", "No."));
  });
  auto listing = run.account->list(*packs().find("aws/ec2_instances"), "us-east-1");
  for (int i = 0; i < 3; ++i) {
    const auto page = (*listing)->next({});
    ASSERT_FALSE(page.ok());
    EXPECT_EQ(page.error().code, Code::kForbidden);
  }
  EXPECT_THAT(run.transport.calls(), SizeIs(1));
}

TEST(Listing, NeverRetriesRefusalsAndSaysWhatToDo) {
  struct Row {
    int status;
    const char* code;
    Code kind;
    const char* advice;
  };
  for (const Row& row : {Row{403, "UnauthorizedOperation", Code::kForbidden, "Allow ec2:DescribeInstances"},
                         Row{401, "AuthFailure", Code::kUnauthenticated, "Check the access key"},
                         Row{400, "ExpiredToken", Code::kUnauthenticated, "expired"},
                         Row{403, "InvalidClientTokenId", Code::kUnauthenticated, "Check the access key"},
                         Row{401, "OptInRequired", Code::kForbidden, "opted in"},
                         Row{400, "InvalidParameterValue", Code::kInvalid, "us-east-1"}}) {
    Cloud run([&](const HttpCall&, int) -> Result<HttpAnswer> {
      return text_answer(row.status, aws_error(row.code, "Said by AWS"));
    });
    const auto pages = run.read();
    ASSERT_FALSE(pages.ok()) << row.code;
    EXPECT_EQ(pages.error().code, row.kind) << row.code;
    EXPECT_THAT(pages.error().message, HasSubstr(row.advice));
    EXPECT_THAT(pages.error().message, HasSubstr("DescribeInstances"));
    EXPECT_THAT(pages.error().message, HasSubstr("Said by AWS"));
    EXPECT_THAT(pages.error().message, Not(HasSubstr("s3cr3t")));
    EXPECT_THAT(run.transport.calls(), SizeIs(1)) << row.code;
  }
}

TEST(Listing, RetriesTimeOutsAndCutAnswers) {
  int n = 0;
  Cloud run([&](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    if (n++ == 0) return unavailable("ec2 did not answer within 60 s");
    const std::string whole = instances(instance("i-1"));
    return text_answer(200, n == 2 ? whole.substr(0, whole.size() / 2) : whole);
  });
  EXPECT_TRUE(run.read().ok());
  EXPECT_EQ(n, 3);
}

TEST(Listing, AnAnswerOfAnotherKindIsNoEmptyList) {
  for (const char* body :
       {"<html><body>Sign in to the network</body></html>", "", "{\"ok\":true}", "<a><b><c/></b></a>"}) {
    Cloud run([&](const HttpCall&, int) -> Result<HttpAnswer> { return text_answer(200, body); });
    const auto pages = run.read();
    ASSERT_FALSE(pages.ok()) << body;
    EXPECT_EQ(pages.error().code, Code::kUnavailable);
  }
}

TEST(Listing, AnEmptyAccountIsACompleteListOfNothing) {
  for (const char* body :
       {"<R><reservationSet/></R>", "<R><requestId>1</requestId><reservationSet></reservationSet></R>"}) {
    Cloud run([&](const HttpCall&, int) -> Result<HttpAnswer> { return text_answer(200, body); });
    const auto pages = run.read();
    ASSERT_TRUE(pages.ok()) << pages.error().message;
    ASSERT_THAT(*pages, SizeIs(1));
    EXPECT_THAT((*pages)[0].items, IsEmpty());
    EXPECT_THAT((*pages)[0].doubts, IsEmpty());
  }
}

TEST(Listing, DoubtsRepeatedItems) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    if (is(call, "NextToken=p2")) return text_answer(200, instances(instance("i-1") + instance("i-2")));
    return text_answer(200, instances(instance("i-1"), "p2"));
  });
  const auto pages = run.read();
  ASSERT_TRUE(pages.ok());
  EXPECT_THAT((*pages)[0].doubts, IsEmpty());
  ASSERT_THAT((*pages)[1].doubts, SizeIs(1));
  EXPECT_THAT((*pages)[1].doubts[0], HasSubstr("listed before"));
  EXPECT_THAT((*pages)[1].items, SizeIs(1)) << "each item once";
}

TEST(Listing, AsksAnEmptyPageAgainAndDoubtsItWhenItStaysEmpty) {
  bool heals = false;
  int second_page = 0;
  Cloud run([&](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    if (!is(call, "NextToken=p2")) return text_answer(200, instances(instance("i-1"), "p2"));
    return text_answer(200, instances(heals && second_page++ > 0 ? instance("i-2") : ""));
  });
  auto pages = run.read();
  ASSERT_TRUE(pages.ok());
  ASSERT_THAT((*pages)[1].doubts, SizeIs(1));
  EXPECT_THAT((*pages)[1].doubts[0], HasSubstr("empty"));
  EXPECT_EQ(run.transport.count("NextToken=p2"), 2U);
  heals = true;
  pages = run.read();
  ASSERT_TRUE(pages.ok());
  EXPECT_THAT((*pages)[1].doubts, IsEmpty());
  EXPECT_THAT((*pages)[1].items, SizeIs(1));
}

TEST(Listing, DoubtsAnEmptyPageThatNamesANextOne) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    if (is(call, "NextToken=p2")) return text_answer(200, instances(instance("i-2")));
    return text_answer(200, instances("", "p2"));
  });
  const auto pages = run.read();
  ASSERT_TRUE(pages.ok());
  ASSERT_THAT((*pages)[0].doubts, SizeIs(1));
  EXPECT_THAT((*pages)[1].items, SizeIs(1));
}

TEST(Listing, ARepeatedTokenIsAnErrorAndNoLoop) {
  int n = 0;
  Cloud run([&](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    ++n;
    return text_answer(200, instances(instance("i-" + std::to_string(n)), n % 2 != 0 ? "a" : "b"));
  });
  const auto pages = run.read();
  ASSERT_FALSE(pages.ok());
  EXPECT_THAT(pages.error().message, HasSubstr("named before"));
  EXPECT_LE(n, 4);
}

TEST(Listing, CountsItemsThatCannotBeTranslated) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    return text_answer(200, instances(instance("i-1") +
                                      "<item><instancesSet><item><imageId>ami</imageId></item></instancesSet></item>" +
                                      instance("i-3")));
  });
  const auto pages = run.read();
  ASSERT_TRUE(pages.ok());
  EXPECT_THAT((*pages)[0].items, SizeIs(2));
  ASSERT_THAT((*pages)[0].item_errors, SizeIs(1));
  EXPECT_THAT((*pages)[0].item_errors[0], HasSubstr("InstanceId"));
}

TEST(Listing, StopsAtOnce) {
  Cloud run([](const HttpCall&, int) -> Result<HttpAnswer> { return text_answer(503, "", {{"retry-after", "20"}}); });
  std::stop_source source;
  Context context;
  context.stop = source.get_token();
  const auto begin = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(Millis(50));
    source.request_stop();
  });
  EXPECT_FALSE(run.read("aws/ec2_instances", "us-east-1", context).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Millis(2000));
  EXPECT_THAT(run.transport.calls(), SizeIs(1));
}

TEST(Listing, HandsALongRetryAfterToTheCaller) {
  Cloud run([](const HttpCall&, int) -> Result<HttpAnswer> { return text_answer(503, "", {{"retry-after", "120"}}); });
  const auto pages = run.read();
  ASSERT_FALSE(pages.ok());
  EXPECT_EQ(pages.error().retry_after_ms, 120'000);
  EXPECT_THAT(run.transport.calls(), SizeIs(1));
}

TEST(Listing, DoesNotWaitPastItsDeadline) {
  Cloud run([](const HttpCall&, int) -> Result<HttpAnswer> { return text_answer(503, "", {{"retry-after", "10"}}); });
  Context context;
  context.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + Millis(1000);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(run.read("aws/ec2_instances", "us-east-1", context).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Millis(900));
}

TEST(Listing, MendsAClockThatIsWrong) {
  int n = 0;
  Cloud run([&](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    if (n++ == 0)
      return text_answer(403, aws_error("RequestTimeTooSkewed", "too far"),
                         {{"date", "Mon, 02 Jan 2040 03:04:05 GMT"}});
    EXPECT_TRUE(is(call, "X-Amz-Date: 20400102T0304")) << call_text(call);
    return text_answer(200, instances(instance("i-1")));
  });
  EXPECT_TRUE(run.read().ok());
  EXPECT_EQ(n, 2);
}

TEST(Listing, SendsTheSessionTokenAndUsesAnOverriddenEndpoint) {
  Connection connection = aws_connection();
  connection.credentials["session_token"] = "temporary";
  connection.url = "http://sim.example:4566/";
  Cloud run(
      [](const HttpCall& call, int) -> Result<HttpAnswer> {
        return text_answer(200, is(call, "DescribeInstanceTypes") ? types() : instances(instance("i-1")));
      },
      connection);
  EXPECT_TRUE(run.read().ok());
  EXPECT_EQ(run.transport.count("X-Amz-Security-Token: temporary"), 2U);
  EXPECT_EQ(run.transport.count("POST http://sim.example:4566/\n"), 2U);
}

TEST(Listing, AllRegionsAreReadOneAfterTheOther) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeRegions")) {
      return text_answer(
          200,
          "<R><regionInfo><item><regionName>us-east-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>"
          "<item><regionName>af-south-1</regionName><optInStatus>not-opted-in</optInStatus></item>"
          "<item><regionName>eu-west-1</regionName></item></regionInfo></R>");
    }
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    return text_answer(200, instances(instance(is(call, "ec2.eu-west-1.") ? "i-eu" : "i-us")));
  });
  const auto pages = run.read("aws/ec2_instances", "all");
  ASSERT_TRUE(pages.ok()) << pages.error().message;
  ASSERT_THAT(*pages, SizeIs(2));
  EXPECT_EQ((*pages)[1].number, 2);
  EXPECT_EQ(*json::find((*pages)[0].items[0].fields, "datacenters.region"), "us-east-1");
  EXPECT_EQ(*json::find((*pages)[1].items[0].fields, "datacenters.region"), "eu-west-1");
  EXPECT_EQ(*run.account->regions({}), (std::vector<std::string>{"us-east-1", "eu-west-1"}));
}

TEST(Listing, ChinaHasItsOwnDomainAndOddRegionsAreRefused) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    EXPECT_TRUE(is(call, "https://ec2.cn-north-1.amazonaws.com.cn/"));
    return text_answer(200, instances(""));
  });
  EXPECT_TRUE(run.read("aws/ec2_instances", "cn-north-1 (Beijing)").ok());
  const std::size_t before = run.transport.calls().size();
  EXPECT_FALSE(run.read("aws/ec2_instances", "evil.example/").ok());
  EXPECT_THAT(run.transport.calls(), SizeIs(before));
}

TEST(Confirm, AsksEc2InBatchesAndReportsTerminatedOnesAsThere) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    EXPECT_TRUE(is(call, "Filter.1.Name=instance-id"));
    std::string items;
    if (is(call, "=i-7&") || call_text(call).ends_with("=i-7")) items += instance("i-7");
    if (is(call, "=i-120&") || call_text(call).ends_with("=i-120")) items += instance("i-120");
    return text_answer(200, instances(items));
  });
  std::vector<std::string> keys;
  for (int i = 0; i < 150; ++i) keys.push_back("i-" + std::to_string(i));
  const auto there = run.account->still_there({}, *packs().find("aws/ec2_instances"), "us-east-1", keys);
  ASSERT_TRUE(there.ok());
  EXPECT_EQ(*there, (std::vector<std::string>{"i-7", "i-120"}));
  EXPECT_THAT(run.transport.calls(), SizeIs(2));
  EXPECT_EQ(run.transport.count("Filter.1.Value.100="), 1U);
}

TEST(Test, SaysStepByStepWhatWorks) {
  Cloud run([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeRegions"))
      return text_answer(200, "<R><regionInfo><item><regionName>us-east-1</regionName></item></regionInfo></R>");
    if (is(call, "GetCallerIdentity"))
      return text_answer(200,
                         "<R><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></R>");
    if (is(call, "DescribeInstanceTypes")) return text_answer(200, types());
    EXPECT_TRUE(is(call, "MaxResults=5"));
    return text_answer(200, instances(instance("i-1"), "more"));
  });
  const Resource* resource = packs().find("aws/ec2_instances");
  const TestReport report = run.account->test({}, std::span(&resource, 1));
  EXPECT_TRUE(report.ok) << report.message;
  EXPECT_EQ(report.account, "123456789012");
  ASSERT_THAT(report.steps, SizeIs(4));
  EXPECT_EQ(report.steps[0].name, "Address");
  EXPECT_EQ(report.steps[3].name, "Permissions");
  EXPECT_THAT(report.regions, ::testing::ElementsAre("us-east-1"));
}

TEST(Test, NamesTheFirstStepThatFails) {
  Cloud wrong([](const HttpCall&, int) -> Result<HttpAnswer> {
    return text_answer(401, aws_error("AuthFailure", "AWS was not able to validate the provided access credentials"));
  });
  const Resource* resource = packs().find("aws/ec2_instances");
  TestReport report = wrong.account->test({}, std::span(&resource, 1));
  EXPECT_FALSE(report.ok);
  ASSERT_THAT(report.steps, SizeIs(2));
  EXPECT_TRUE(report.steps[0].ok);
  EXPECT_EQ(report.steps[1].name, "Sign in");
  Cloud unreachable([](const HttpCall&, int) -> Result<HttpAnswer> {
    return unavailable("Could not connect to ec2.us-east-1.amazonaws.com:443: connection refused");
  });
  report = unreachable.account->test({}, std::span(&resource, 1));
  ASSERT_THAT(report.steps, SizeIs(1));
  EXPECT_THAT(report.message, HasSubstr("connection refused"));
  Cloud forbidden_types([](const HttpCall& call, int) -> Result<HttpAnswer> {
    if (is(call, "DescribeRegions"))
      return text_answer(200, "<R><regionInfo><item><regionName>us-east-1</regionName></item></regionInfo></R>");
    if (is(call, "DescribeInstances&")) return text_answer(200, instances(instance("i-1")));
    return text_answer(403, aws_error("AccessDenied", "no"));
  });
  report = forbidden_types.account->test({}, std::span(&resource, 1));
  EXPECT_FALSE(report.ok);
  EXPECT_THAT(report.steps.back().message, HasSubstr("ec2:DescribeInstanceTypes"));
  EXPECT_TRUE(report.steps[1].ok) << "the account number is only a note";
}

TEST(Open, NamesTheFieldThatIsMissing) {
  ScriptedTransport transport([](const HttpCall&, int) -> Result<HttpAnswer> { return internal("no"); });
  const auto clouds = make_clouds(packs(), transport, testing::quick());
  Connection connection = aws_connection();
  connection.credentials.erase("secret");
  EXPECT_THAT(clouds->open(connection).error().message, HasSubstr("secret"));
  connection = aws_connection();
  connection.provider = "Azure";
  EXPECT_THAT(clouds->open(connection).error().message, HasSubstr("provider"));
  connection = aws_connection();
  connection.service = "role";
  EXPECT_THAT(clouds->open(connection).error().message, HasSubstr("service"));
  connection = aws_connection();
  connection.url = "file:///etc/passwd";
  EXPECT_THAT(clouds->open(connection).error().message, HasSubstr("url"));
  EXPECT_THAT(transport.calls(), IsEmpty());
}

}  // namespace
}  // namespace maestro::provider
