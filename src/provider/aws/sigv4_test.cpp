// The vectors of the published Signature Version 4 test suite: expected values are its, never this program's.
#include "provider/aws/sigv4.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace maestro::provider::aws {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Vector {
  const char* name;
  const char* method;
  const char* path;
  const char* query;
  Headers headers;  ///< host and x-amz-date are added by the test
  const char* body;
  const char* signed_headers;
  const char* signature;
};

const Headers none;

const Vector vectors[] = {
    {"get-vanilla", "GET", "/", "", none, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query", "GET", "/", "", none, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-empty-query-key", "GET", "/", "Param1=value1", none, "", "host;x-amz-date",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {"get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1", none, "", "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-query-unreserved", "GET", "/",
     "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~"
     "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     none, "", "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {"get-vanilla-utf8-query", "GET", "/", "\xE1\x88\xB4=bar", none, "", "host;x-amz-date",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", none, "",
     "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-utf8", "GET", "/\xE1\x88\xB4", "", none, "", "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"get-header-key-duplicate",
     "GET",
     "/",
     "",
     {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
     "",
     "host;my-header1;x-amz-date",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-order",
     "GET",
     "/",
     "",
     {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}},
     "",
     "host;my-header1;x-amz-date",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
    {"get-header-value-trim",
     "GET",
     "/",
     "",
     {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     "",
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"get-header-value-multiline",
     "GET",
     "/",
     "",
     {{"My-Header1", "value1\n  value2\n     value3"}},
     "",
     "host;my-header1;x-amz-date",
     "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790"},
    {"post-vanilla", "POST", "/", "", none, "", "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"post-vanilla-query", "POST", "/", "Param1=value1", none, "", "host;x-amz-date",
     "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
    {"post-header-key-sort",
     "POST",
     "/",
     "",
     {{"My-Header1", "value1"}},
     "",
     "host;my-header1;x-amz-date",
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {"post-header-value-case",
     "POST",
     "/",
     "",
     {{"My-Header1", "VALUE1"}},
     "",
     "host;my-header1;x-amz-date",
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
    {"post-x-www-form-urlencoded",
     "POST",
     "/",
     "",
     {{"Content-Type", "application/x-www-form-urlencoded"}},
     "Param1=value1",
     "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"post-x-www-form-urlencoded-parameters",
     "POST",
     "/",
     "",
     {{"Content-Type", "application/x-www-form-urlencoded; charset=utf8"}},
     "Param1=value1",
     "content-type;host;x-amz-date",
     "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
    {"normalize-path/get-relative", "GET", "/example/..", "", none, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"normalize-path/get-relative-relative", "GET", "/example1/example2/../..", "", none, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"normalize-path/get-slash", "GET", "//", "", none, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"normalize-path/get-slash-dot-slash", "GET", "/./", "", none, "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"normalize-path/get-slash-pointless-dot", "GET", "/./example", "", none, "", "host;x-amz-date",
     "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
    {"normalize-path/get-slashes", "GET", "//example//", "", none, "", "host;x-amz-date",
     "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
    {"normalize-path/get-space", "GET", "/example space/", "", none, "", "host;x-amz-date",
     "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
};

std::string header(const SigningInput& input, std::string_view name) {
  for (const auto& [key, value] : input.headers)
    if (text::iequals(key, name)) return value;
  return {};
}

Keys suite_keys() {
  return {.access = "AKIDEXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", .token = {}};
}
Scope suite_scope() {
  return {.region = "us-east-1", .service = "service", .time = *parse_iso("2015-08-30T12:36:00Z")};
}

TEST(SigV4, MatchesThePublishedSuite) {
  for (const Vector& vector : vectors) {
    SigningInput input{.method = vector.method,
                       .path = vector.path,
                       .query = vector.query,
                       .headers = vector.headers,
                       .body = vector.body};
    input.headers.insert(input.headers.begin(), {"Host", "example.amazonaws.com"});
    sign(input, suite_keys(), suite_scope());
    EXPECT_EQ(header(input, "authorization"),
              fmt::format("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                          "SignedHeaders={}, Signature={}",
                          vector.signed_headers, vector.signature))
        << vector.name << "\n"
        << canonical_request(input, suite_scope(), "");
    EXPECT_EQ(header(input, "x-amz-date"), "20150830T123600Z") << vector.name;
  }
}

constexpr const char* kToken =
    "AQoDYXdzEPT//////////"
    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/"
    "qkPpKPi/"
    "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+"
    "xo0rKwT38xVqr"
    "7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

TEST(SigV4, SignsTheSessionTokenAlong) {  // post-sts-header-before of the suite
  SigningInput input{
      .method = "POST", .path = "/", .query = {}, .headers = {{"Host", "example.amazonaws.com"}}, .body = {}};
  Keys keys = suite_keys();
  keys.token = kToken;
  sign(input, keys, suite_scope());
  EXPECT_EQ(header(input, "x-amz-security-token"), kToken);
  EXPECT_EQ(header(input, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date;x-amz-security-token, "
            "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST(SigV4, AddsNoTokenForPlainKeys) {  // post-sts-header-after: the token joins after signing, so the signature is
                                        // post-vanilla's
  SigningInput input{
      .method = "POST", .path = "/", .query = {}, .headers = {{"Host", "example.amazonaws.com"}}, .body = {}};
  sign(input, suite_keys(), suite_scope());
  EXPECT_EQ(header(input, "x-amz-security-token"), "");
  EXPECT_NE(header(input, "authorization").find("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            std::string::npos);
}

TEST(SigV4, PresignsAsTheExampleOfTheS3Guide) {
  const SigningInput input{.method = "GET",
                           .path = "/test.txt",
                           .query = {},
                           .headers = {{"Host", "examplebucket.s3.amazonaws.com"}},
                           .body = {}};
  const Keys keys{.access = "AKIAIOSFODNN7EXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", .token = {}};
  const Scope scope{
      .region = "us-east-1", .service = "s3", .time = *parse_iso("2013-05-24T00:00:00Z"), .normalize_path = false};
  EXPECT_EQ(presigned_query(input, keys, scope, 86400),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
            "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4, EncodedAndRawPathsSignAlike) {
  SigningInput raw{.method = "GET", .path = "/example space/", .query = {}, .headers = {{"host", "h"}}, .body = {}};
  SigningInput encoded = raw;
  encoded.path = "/example%20space/";
  EXPECT_EQ(canonical_request(raw, suite_scope(), ""), canonical_request(encoded, suite_scope(), ""));
}

}  // namespace
}  // namespace maestro::provider::aws
