#include <set>

#include "cloudsim/bed_test.h"

namespace maestro::cloudsim {
namespace {

using namespace testing;  // NOLINT: the tests' own kit
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

Options estate(unsigned servers, std::vector<std::string> regions = {"us-east-1"}) {
  Options options;
  options.servers = servers;
  options.regions = std::move(regions);
  return options;
}

void expect_error(const Answer& answer, int status, const std::string& code) {
  EXPECT_EQ(answer.status, status) << answer.body;
  EXPECT_EQ(value_of(answer.body, "Code"), code) << answer.body;
}

TEST(Aws, PagesYieldEveryInstanceOnce) {
  for (const unsigned count : {0U, 1U, 5U, 10U, 137U}) {
    Bed bed(estate(count));
    const auto pages = bed.aws_pages({{"MaxResults", "5"}});
    const auto ids = flat(pages);
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), count);
    EXPECT_EQ(pages.size(), count == 0 ? 1 : (count + 4) / 5);
    EXPECT_THAT(ids, Each(StartsWith("i-0")));
  }
}

TEST(Aws, RegionsShareTheEstateAndNothingElse) {
  Bed bed(estate(101, {"eu-west-1", "eu-north-1"}));
  const auto west = flat(bed.aws_pages({}, "eu-west-1"));
  const auto north = flat(bed.aws_pages({}, "eu-north-1"));
  EXPECT_EQ(west.size(), 51U);
  EXPECT_EQ(north.size(), 50U);
  std::set<std::string> all(west.begin(), west.end());
  all.insert(north.begin(), north.end());
  EXPECT_EQ(all.size(), 101U);
  EXPECT_THAT(flat(bed.aws_pages({}, "us-east-1")), SizeIs(0));  // enabled, but not in the estate
  expect_error(bed.aws("DescribeInstances", {}, "ap-south-1"), 401, "AuthFailure");
  const auto regions = values_of(bed.aws("DescribeRegions").body, "regionName");
  EXPECT_EQ(regions, (std::vector<std::string>{"eu-north-1", "eu-west-1", "us-east-1"}));
}

TEST(Aws, TheSeedDecides) {
  Options options = estate(60);
  Bed first(options), second(options);
  options.seed = 2;
  Bed other(options);
  const auto body = [](Bed& bed) {
    const std::string xml = bed.aws("DescribeInstances").body;
    return xml.substr(xml.find("<reservationSet>"));
  };
  EXPECT_EQ(body(first), body(second));
  EXPECT_NE(body(first), body(other));
}

TEST(Aws, RefusesStrangersInTheWordsOfEachService) {
  Bed bed(estate(3));
  bed.secret = "wrong";
  expect_error(bed.aws("DescribeInstances"), 401, "AuthFailure");
  expect_error(bed.aws("GetCallerIdentity", {}, "us-east-1", "sts"), 403, "SignatureDoesNotMatch");
  bed.secret = Options().secret;
  bed.access = "AKIAUNKNOWN";
  expect_error(bed.aws("DescribeInstances"), 401, "AuthFailure");
  expect_error(bed.aws("GetCallerIdentity", {}, "us-east-1", "sts"), 403, "InvalidClientTokenId");
  expect_error(send(bed.simulator().port(0), "GET", "/?Action=DescribeInstances&Version=2016-11-15"), 400,
               "MissingParameter");
}

TEST(Aws, TheCloudsClockMayDiffer) {
  Options options = estate(3);
  options.clock_skew_s = 400;
  Bed bed(options);
  expect_error(bed.aws("DescribeInstances"), 400, "RequestExpired");
  options.clock_skew_s = 200;
  Bed near(options);
  EXPECT_EQ(near.aws("DescribeInstances").status, 200);
}

TEST(Aws, ChecksParameters) {
  Bed bed(estate(30));
  expect_error(bed.aws("DescribeInstances", {{"MaxResults", "4"}}), 400, "InvalidParameterValue");
  expect_error(bed.aws("DescribeInstances", {{"MaxResults", "1001"}}), 400, "InvalidParameterValue");
  expect_error(bed.aws("DescribeInstances", {{"InstanceId.1", "i-0123456789abcdef0"}}), 400,
               "InvalidInstanceID.NotFound");
  expect_error(bed.aws("DescribeInstances", {{"InstanceId.1", "i-xyz"}}), 400, "InvalidInstanceID.Malformed");
  expect_error(bed.aws("DescribeInstances", {{"Filter.1.Name", "colour"}, {"Filter.1.Value.1", "red"}}), 400,
               "InvalidParameterValue");
  expect_error(bed.aws("DescribeInstances", {{"NextToken", "abc"}}), 400, "InvalidNextToken");
  expect_error(bed.aws("Describe"), 400, "InvalidAction");
  const std::string token = value_of(bed.aws("DescribeInstances", {{"MaxResults", "5"}}).body, "nextToken");
  EXPECT_EQ(bed.aws("DescribeInstances", {{"MaxResults", "5"}, {"NextToken", token}}).status, 200);
  expect_error(
      bed.aws(
          "DescribeInstances",
          {{"MaxResults", "5"}, {"NextToken", token}, {"Filter.1.Name", "instance-type"}, {"Filter.1.Value.1", "*"}}),
      400, "InvalidNextToken");
}

TEST(Aws, FiltersAsTheWholeListingSays) {
  Bed bed(estate(400));
  const std::string all = bed.aws("DescribeInstances").body;
  const auto stopped = [&](const std::string& body) {
    std::size_t count = 0;
    for (const std::string& name : values_of(body.substr(0), "name")) count += name == "stopped" ? 1 : 0;
    return count;
  };
  const Answer filtered =
      bed.aws("DescribeInstances", {{"Filter.1.Name", "instance-state-name"}, {"Filter.1.Value.1", "stopped"}});
  EXPECT_GT(stopped(all), 10U);
  EXPECT_EQ(instance_ids(filtered.body).size(), stopped(all));
  const auto ids = instance_ids(all);
  const Answer by_id = bed.aws(
      "DescribeInstances",
      {{"Filter.1.Name", "instance-id"}, {"Filter.1.Value.1", ids[7]}, {"Filter.1.Value.2", "i-00000000000000000"}});
  EXPECT_EQ(instance_ids(by_id.body), std::vector<std::string>{ids[7]});
  const Answer tagged =
      bed.aws("DescribeInstances", {{"Filter.1.Name", "tag:environment"}, {"Filter.1.Value.1", "prod*"}});
  EXPECT_GT(instance_ids(tagged.body).size(), 50U);
  EXPECT_THAT(tagged.body, Not(HasSubstr("<value>staging</value>")));
}

TEST(Aws, TheEstateLooksLikeOne) {
  Bed bed(estate(1000));
  const std::string all = bed.aws("DescribeInstances").body;
  for (const char* sign : {"<name>stopped</name>", "<name>terminated</name>", "<platform>windows</platform>",
                           "<key>naïve</key><value>ü☃</value>", "R&amp;D &lt;", "arm64", "<reservationId>",
                           "<deviceName>/dev/sdf</deviceName>"}) {
    EXPECT_THAT(all, HasSubstr(sign));
  }
  EXPECT_LT(values_of(all, "reservationId").size(), 1000U);  // some were started together
  const auto vpcs = values_of(bed.aws("DescribeVpcs").body, "vpcId");
  const auto subnets = values_of(bed.aws("DescribeSubnets").body, "subnetId");
  const auto images = values_of(bed.aws("DescribeImages", {{"Owner.1", "self"}}).body, "imageId");
  const auto known = [](const std::vector<std::string>& list, const std::vector<std::string>& used) {
    return std::all_of(used.begin(), used.end(),
                       [&](const std::string& one) { return std::find(list.begin(), list.end(), one) != list.end(); });
  };
  EXPECT_TRUE(known(vpcs, values_of(all, "vpcId")));
  EXPECT_TRUE(known(subnets, values_of(all, "subnetId")));
  EXPECT_TRUE(known(images, values_of(all, "imageId")));
  const auto types = values_of(all, "instanceType");
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(bed.aws("DescribeInstanceTypes", {{"InstanceType.1", types[i]}}).status, 200);
  // Volumes: those of the instances, once each, and some of nobody.
  const auto mounted = values_of(all, "volumeId");
  std::set<std::string> volumes;
  Params params{{"MaxResults", "500"}};
  do {
    const std::string page = bed.aws("DescribeVolumes", params).body;
    for (const std::string& id : values_of(page, "volumeId")) volumes.insert(id);
    params["NextToken"] = value_of(page, "nextToken");
  } while (!params["NextToken"].empty());
  EXPECT_TRUE(std::all_of(mounted.begin(), mounted.end(), [&](const std::string& id) { return volumes.contains(id); }));
  EXPECT_EQ(volumes.size(), mounted.size() + 25);
}

TEST(Aws, AddressesAreUnique) {
  Bed bed(estate(3000, {"us-east-1", "eu-west-1"}));
  std::set<std::string> seen;
  for (const char* region : {"us-east-1", "eu-west-1"}) {
    Params params{{"Filter.1.Name", "instance-state-name"}, {"Filter.1.Value.1", "running"}};
    do {
      const std::string page = bed.aws("DescribeInstances", params, region).body;
      for (std::size_t at = page.find("</vpcId><privateIpAddress>"); at != std::string::npos;
           at = page.find("</vpcId><privateIpAddress>", at + 1)) {
        const std::size_t start = at + 26;
        EXPECT_TRUE(seen.insert(page.substr(start, page.find('<', start) - start)).second);
      }
      params["NextToken"] = value_of(page, "nextToken");
    } while (!params["NextToken"].empty());
  }
  EXPECT_GT(seen.size(), 2000U);
}

TEST(Aws, ChangesVanishesAndComesBack) {
  Bed bed(estate(100));
  const auto before = flat(bed.aws_pages({}));
  const json::Value gone = bed.control("POST", "/vanish", R"({"cloud":"aws","percent":10})").parsed();
  EXPECT_EQ(gone.at("count").as_int64(), 10);
  EXPECT_EQ(flat(bed.aws_pages({})).size(), 90U);
  const std::string lost(gone.at("ids").as_array().front().as_string());
  expect_error(bed.aws("DescribeInstances", {{"InstanceId.1", lost}}), 400, "InvalidInstanceID.NotFound");
  bed.control("POST", "/appear", json::write(json::Object{{"cloud", "aws"}, {"ids", gone.at("ids")}}));
  EXPECT_EQ(flat(bed.aws_pages({})), before);
  EXPECT_EQ(bed.control("POST", "/appear", R"({"cloud":"aws","count":7})").parsed().at("count").as_int64(), 7);
  EXPECT_EQ(flat(bed.aws_pages({})).size(), 107U);
  for (const char* what : {"status", "tags", "type", "name", "ip"}) {
    const auto one = [&] { return bed.aws("DescribeInstances").body; };
    const std::string old = one();
    const json::Value changed =
        bed.control("POST", "/change", fmt::format(R"({{"cloud":"aws","what":"{}","percent":100}})", what)).parsed();
    EXPECT_GT(changed.at("count").as_int64(), 90) << what;
    EXPECT_NE(one().substr(300), old.substr(300)) << what;
  }
  bed.control("POST", "/estate", R"({"aws":{"servers":12}})");
  EXPECT_EQ(flat(bed.aws_pages({})).size(), 12U);
}

TEST(Aws, RotatedKeysReplaceTheOldOnes) {
  Bed bed(estate(3));
  const json::Value next = bed.control("POST", "/credentials/rotate").parsed();
  expect_error(bed.aws("DescribeInstances"), 401, "AuthFailure");
  bed.access = next.at("access").as_string();
  bed.secret = next.at("secret").as_string();
  EXPECT_EQ(bed.aws("DescribeInstances").status, 200);
}

}  // namespace
}  // namespace maestro::cloudsim
