// The vectors of the published Signature Version 4 test suite, read from the server's side.
#include "cloudsim/aws_signature.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace maestro::cloudsim {
namespace {

using Outcome = SignatureCheck::Outcome;

constexpr const char* kAccess = "AKIDEXAMPLE";
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

http::Request request(const char* method, const char* path, const char* query, const char* names, const char* signature,
                      const std::vector<std::pair<std::string, std::string>>& headers = {}, const char* body = "") {
  http::Request out;
  out.method_text = method;
  out.path = path;
  out.query = query;
  out.body = body;
  out.headers.add("Host", "example.amazonaws.com");
  out.headers.add("X-Amz-Date", "20150830T123600Z");
  for (auto& [name, value] : headers) out.headers.add(name, value);
  out.headers.add(
      "Authorization",
      std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=") +
          names + ", Signature=" + signature);
  return out;
}

Outcome check(const http::Request& one, const char* now = "2015-08-30T12:36:00Z", const char* secret = kSecret) {
  return check_signature(one, kAccess, secret, *parse_iso(now)).outcome;
}

http::Request vanilla() {
  return request("GET", "/", "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(Signature, AcceptsThePublishedVectors) {
  EXPECT_EQ(check(vanilla()), Outcome::kOk);
  EXPECT_EQ(check(request("GET", "/", "Param2=value2&Param1=value1", "host;x-amz-date",
                          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")),
            Outcome::kOk);
  EXPECT_EQ(check(request("GET", "/%E1%88%B4", "", "host;x-amz-date",
                          "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")),
            Outcome::kOk);
  EXPECT_EQ(check(request("GET", "/example1/example2/../..", "", "host;x-amz-date",
                          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")),
            Outcome::kOk);
  EXPECT_EQ(check(request("GET", "//example//", "", "host;x-amz-date",
                          "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84")),
            Outcome::kOk);
  EXPECT_EQ(check(request("GET", "/example%20space/", "", "host;x-amz-date",
                          "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741")),
            Outcome::kOk);
  EXPECT_EQ(check(request("GET", "/", "", "host;my-header1;x-amz-date",
                          "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
                          {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}})),
            Outcome::kOk);
  EXPECT_EQ(check(request("GET", "/", "", "host;my-header1;my-header2;x-amz-date",
                          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
                          {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}})),
            Outcome::kOk);
  EXPECT_EQ(check(request("POST", "/", "", "content-type;host;x-amz-date",
                          "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
                          {{"Content-Type", "application/x-www-form-urlencoded"}}, "Param1=value1")),
            Outcome::kOk);
}

TEST(Signature, ReadsTheScope) {
  const auto read = check_signature(vanilla(), kAccess, kSecret, *parse_iso("2015-08-30T12:36:00Z"));
  EXPECT_EQ(read.access, kAccess);
  EXPECT_EQ(read.region, "us-east-1");
  EXPECT_EQ(read.service, "service");
}

TEST(Signature, RefusesWhatWasTouched) {
  http::Request other = vanilla();
  other.query = "x=1";
  EXPECT_EQ(check(other), Outcome::kMismatch);
  other = vanilla();
  other.method_text = "POST";
  EXPECT_EQ(check(other), Outcome::kMismatch);
  other = vanilla();
  other.body = "x";
  EXPECT_EQ(check(other), Outcome::kMismatch);
  other = vanilla();
  other.headers.set("Host", "example.org");
  EXPECT_EQ(check(other), Outcome::kMismatch);
  EXPECT_EQ(check(vanilla(), "2015-08-30T12:36:00Z", "another secret"), Outcome::kMismatch);
  EXPECT_EQ(check_signature(vanilla(), "AKIDOTHER", kSecret, *parse_iso("2015-08-30T12:36:00Z")).outcome,
            Outcome::kUnknownKey);
}

TEST(Signature, LivesFiveMinutes) {
  EXPECT_EQ(check(vanilla(), "2015-08-30T12:40:59Z"), Outcome::kOk);
  EXPECT_EQ(check(vanilla(), "2015-08-30T12:41:01Z"), Outcome::kExpired);
  EXPECT_EQ(check(vanilla(), "2015-08-30T12:31:01Z"), Outcome::kOk);
  EXPECT_EQ(check(vanilla(), "2015-08-30T12:30:59Z"), Outcome::kNotYet);
}

TEST(Signature, NamesWhatIsMissing) {
  http::Request bare;
  EXPECT_EQ(check(bare), Outcome::kMissing);
  http::Request half = vanilla();
  half.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request");
  EXPECT_EQ(check(half), Outcome::kIncomplete);
  half = vanilla();
  half.headers.set("Authorization", "Basic abc");
  EXPECT_EQ(check(half), Outcome::kIncomplete);
  half = vanilla();
  half.headers.erase("X-Amz-Date");
  EXPECT_EQ(check(half), Outcome::kIncomplete);
}

}  // namespace
}  // namespace maestro::cloudsim
