// Tokens of uploads and of recovery, and the origins that may be handed one.
#include "api/uploads.h"

#include <gtest/gtest.h>

#include "api/call.h"
#include "api/recovery.h"
#include "auth/token.h"

namespace maestro::api {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
const Time kNow = from_ms(1'700'000'000'000);

class UploadToken : public testing::Test {
 public:
  Uploads uploads{.store = nullptr, .secret = "a secret"};
  ObjectId user = ObjectId::generate();
};

TEST_F(UploadToken, IsForOnePersonOneFileAndTwoMinutes) {
  const std::string token = make_upload_token(uploads, user, "users/x/a.png", kNow);
  const auto grant = open_upload_token(uploads, token, kNow + seconds(119));
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->user, user);
  EXPECT_EQ(grant->name, "users/x/a.png");
  EXPECT_FALSE(open_upload_token(uploads, token, kNow + seconds(121)));
  Uploads other = uploads;
  other.secret = "another";
  EXPECT_FALSE(open_upload_token(other, token, kNow));
}

TEST_F(UploadToken, IsNothingElseThatWasSignedHere) {
  const json::Object claims{{"use", "upload"}, {"sub", user.hex()}, {"name", "a"}, {"exp", to_ms(kNow) / 1000 + 60}};
  EXPECT_TRUE(open_upload_token(uploads, auth::sign_token(uploads.secret, claims), kNow));
  for (const char* missing : {"use", "sub", "exp"}) {
    json::Object less = claims;
    less.erase(missing);
    EXPECT_FALSE(open_upload_token(uploads, auth::sign_token(uploads.secret, less), kNow)) << missing;
  }
  for (const char* text : {"", "x", "a.b.c"}) EXPECT_FALSE(open_upload_token(uploads, text, kNow));
}

TEST_F(UploadToken, AloneAllowsALargeBody) {
  Route route{.takes_file = true};
  http::Request request;
  request.query = "ext=png&token=" + make_upload_token(uploads, user, "users/x/a.png", kNow);
  EXPECT_GE(upload_body_limit(uploads, route, request, kNow).value_or(0), uploads.max_size);
  EXPECT_FALSE(upload_body_limit(uploads, route, request, kNow + minutes(5)));
  route.takes_file = false;
  EXPECT_FALSE(upload_body_limit(uploads, route, request, kNow));
  route.takes_file = true;
  request.query = "ext=png";
  EXPECT_FALSE(upload_body_limit(uploads, route, request, kNow));
}

TEST(UploadNames, OfImagesAreKnownAgain) {
  const ObjectId user = ObjectId::generate();
  EXPECT_TRUE(is_uploaded_image(upload_name("users", user, "My Pic.png", *files::find_extension("png"))));
  EXPECT_FALSE(is_uploaded_image(upload_name("users", user, "facts.json", *files::find_extension("json"))));
  for (const std::string name : {"a.png", "users/a.png", "users/x/a.png", "others/5f00000000000000000000ff/a.png",
                                 "users/5f00000000000000000000ff/a", "users/5f00000000000000000000ff/b/a.png"})
    EXPECT_FALSE(is_uploaded_image(name)) << name;
}

TEST(Origins, AreReadAsBrowsersDo) {
  EXPECT_EQ(origin_of("HTTPS://Client.Example:443/path?q#f"), "https://client.example");
  EXPECT_EQ(origin_of("http://client.example#/auth"), "http://client.example");
  EXPECT_EQ(origin_of("http://[2001:DB8::1]:8080"), "http://[2001:db8::1]:8080");
  EXPECT_EQ(origin_of("https://good.example.evil.example"), "https://good.example.evil.example");
  for (const char* url : {"", "client.example", "//client.example", "/path", "mailto:a@b", "https://", "https:///x",
                          "https://good.example@evil.example", "https://evil.example\\@good.example", "https://a b",
                          "https://%67ood.example", "https://a\r\nb", "https:\\\\a", "https://a/\x01",
                          "http://10.0.0.5.evil.example/", "http://10.0.0.5evil.example", "https://a:443.evil.example",
                          "http://[fd00::1]@evil.example/", "http://[fd00::1].evil.example/"})
    EXPECT_FALSE(origin_of(url)) << url;
}

class RecoveryToken : public testing::Test {
 public:
  RecoveryToken() {
    user.id = ObjectId::generate();
    user.body["email"] = "ann@example.com";
  }
  Recovery recovery{.mailer = nullptr, .secret = "a secret"};
  store::Document user;
  store::Vault::Credential credential{.hash = "$argon2id$x", .version = 3};
};

TEST_F(RecoveryToken, IsGoodForAnHourAndForThisStateAlone) {
  const std::string token = make_recovery_token(recovery, user, credential, kNow);
  EXPECT_NE(token, make_recovery_token(recovery, user, credential, kNow)) << "no two are alike";
  EXPECT_EQ(*recovery_user(recovery, token, kNow), user.id);
  EXPECT_TRUE(is_current(recovery, token, user, credential, kNow + minutes(59)));
  EXPECT_FALSE(is_current(recovery, token, user, credential, kNow + minutes(61)));
  EXPECT_EQ(recovery_user(recovery, token, kNow + minutes(61)).error().code, Code::kConflict);

  store::Vault::Credential changed = credential;
  changed.hash = "$argon2id$y";
  EXPECT_FALSE(is_current(recovery, token, user, changed, kNow));
  changed = credential;
  changed.version = 4;
  EXPECT_FALSE(is_current(recovery, token, user, changed, kNow));
  store::Document moved = user;
  moved.body["email"] = "ann@elsewhere.example";
  EXPECT_FALSE(is_current(recovery, token, moved, credential, kNow));
  store::Document other = user;
  other.id = ObjectId::generate();
  EXPECT_FALSE(is_current(recovery, token, other, credential, kNow));
}

TEST_F(RecoveryToken, IsPutBehindEverything) {
  EXPECT_EQ(recovery_link("https://a.example#/auth/changepass", "T"), "https://a.example#/auth/changepass?token=T");
  EXPECT_EQ(recovery_link("https://a.example/x?y=z", "T"), "https://a.example/x?y=z&token=T");
  const auto mail = recovery_mail("ann@example.com", "https://a.example/?a=\"><script>&token=T");
  EXPECT_EQ(mail.html.find("<script>"), std::string::npos);
  EXPECT_NE(mail.html.find("https://a.example/?a=&quot;&gt;&lt;script&gt;&amp;token=T"), std::string::npos);
}

}  // namespace
}  // namespace maestro::api
