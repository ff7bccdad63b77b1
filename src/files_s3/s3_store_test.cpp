// The S3 adapter against OpenStack Swift's S3 API, which tests/services/s3_server.py starts.
#include "files_s3/s3_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files/conformance/suite.h"
#include "json/json.h"

namespace maestro::files_s3 {
namespace {

using files::Class;
using testing::HasSubstr;
using testing::Not;

/// The service as a child process that ends with this one's pipe.
class Service {
 public:
  Service() {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) throw std::runtime_error("no pipe");
    child_ = fork();
    if (child_ == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      for (const int fd : {to[0], to[1], from[0], from[1]}) close(fd);
      execl("/usr/bin/python3", "python3", MAESTRO_SOURCE_DIR "/tests/services/s3_server.py", "pictures", "documents",
            nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    hold_ = to[1];
    std::string line;
    for (char c = 0; read(from[0], &c, 1) == 1 && c != '\n';) line += c;
    close(from[0]);
    auto told = json::parse(line);
    if (!told.ok() || !told->is_object()) throw std::runtime_error("the S3 service did not start: " + line);
    about = told->get_object();
  }
  ~Service() {
    close(hold_);
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Options options(std::string secret = {}) const {
    const std::string access(json::text_or(about, "access"));
    if (secret.empty()) secret = json::text_or(about, "secret");
    return {.public_bucket = {.name = "pictures", .access = access, .secret = secret},
            .private_bucket = {.name = "documents", .access = access, .secret = secret},
            .endpoint = std::string(json::text_or(about, "endpoint"))};
  }

  json::Object about;

 private:
  pid_t child_ = 0;
  int hold_ = -1;
};

Service& service() {
  static Service one;
  return one;
}

const SystemClock kClock;

provider::Transport& transport() {
  static const auto one = std::move(provider::make_curl_transport({.allow = "127.0.0.1"})).value();
  return *one;
}

std::unique_ptr<files::FileStore> store_with(Options options, const Clock& clock = kClock) {
  return std::move(make_store(std::move(options), transport(), clock)).value();
}

class Buckets final : public files::Backend {
 public:
  Buckets() : store_(store_with(service().options())) {}
  ~Buckets() override {
    // What the suite leaves; the names are its own.
    for (const auto where : {Class::kPublic, Class::kPrivate})
      for (const auto name : {"users/x/a.png", "users/x/a.txt", "a.txt", "big.txt", "race/x.png"})
        (void)store_->remove({}, where, name);
  }
  files::FileStore& store() override { return *store_; }

 private:
  std::unique_ptr<files::FileStore> store_;
};

provider::HttpAnswer send(const std::string& method, const std::string& url, const std::string& type,
                          const std::string& body) {
  const provider::HttpCall call{.method = method, .url = url, .headers = {{"Content-Type", type}}, .body = body};
  return std::move(transport().send({}, call)).value();
}

TEST(S3Store, AClientUploadsWithTheUrlAlone) {
  const auto store = store_with(service().options());
  const auto upload = store->direct_upload(Class::kPublic, "users/5f/my-pic.png", "image/png", kClock.now());
  ASSERT_TRUE(upload.ok() && *upload);
  EXPECT_THAT((*upload)->url, HasSubstr("X-Amz-Expires=60&"));
  EXPECT_THAT((*upload)->url, HasSubstr("x-amz-acl=public-read"));
  EXPECT_EQ((*upload)->object_url, service().options().endpoint + "/pictures/users/5f/my-pic.png");
  EXPECT_EQ(send("PUT", (*upload)->url, "image/png", "a picture").status, 200);
  EXPECT_EQ(*files::read_all(*store, {}, Class::kPublic, "users/5f/my-pic.png", 100), "a picture");
}

TEST(S3Store, AnUploadIsForItsTypeNameAndMinuteAlone) {
  const auto store = store_with(service().options());
  const auto now = kClock.now();
  const auto upload = store->direct_upload(Class::kPrivate, "users/5f/facts.json", "application/json", now);
  ASSERT_TRUE(upload.ok() && *upload);
  EXPECT_THAT((*upload)->url, Not(HasSubstr("acl")));
  const std::string url = (*upload)->url;
  EXPECT_EQ(send("PUT", url, "text/html", "{}").status, 403);
  std::string other = url;
  other.replace(other.find("facts.json"), 10, "other.json");
  EXPECT_EQ(send("PUT", other, "application/json", "{}").status, 403);
  EXPECT_EQ(send("DELETE", url, "application/json", "").status, 403);
  const auto old =
      store->direct_upload(Class::kPrivate, "users/5f/facts.json", "application/json", now - std::chrono::seconds(90));
  EXPECT_EQ(send("PUT", (*old)->url, "application/json", "{}").status, 403);
  EXPECT_EQ(files::read_all(*store, {}, Class::kPrivate, "users/5f/facts.json", 100).error().code, Code::kNotFound);
  EXPECT_EQ(send("PUT", url, "application/json", "{}").status, 200);
}

TEST(S3Store, WrongKeysAreToldWithoutTheServicesWords) {
  const auto store = store_with(service().options("another secret"));
  const auto done = store->put({}, Class::kPrivate, "a.txt", "text/plain", "x");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::kUnavailable);
  EXPECT_EQ(done.error().message, "The file storage refused the request");
}

TEST(S3Store, AServiceThatIsGoneIsUnavailable) {
  Options options = service().options();
  options.endpoint = "http://127.0.0.1:1";
  const auto store = store_with(options);
  EXPECT_EQ(store->put({}, Class::kPrivate, "a.txt", "text/plain", "x").error().code, Code::kUnavailable);
  EXPECT_EQ(store->open({}, Class::kPrivate, "a.txt").error().code, Code::kUnavailable);
}

TEST(S3Store, AmazonsOwnAddresses) {
  Options options{.public_bucket = {.name = "pictures", .access = "a", .secret = "s"},
                  .private_bucket = {.name = "With.Dots", .access = "a", .secret = "s"},
                  .region = "eu-west-1",
                  .public_acl = {}};
  const auto store = store_with(options);
  const auto first = store->direct_upload(Class::kPublic, "users/5f/a b.png", "image/png", kClock.now());
  EXPECT_THAT((*first)->url, testing::StartsWith("https://pictures.s3.eu-west-1.amazonaws.com/users/5f/a%20b.png?X-"));
  EXPECT_THAT((*first)->url, HasSubstr("X-Amz-SignedHeaders=content-type%3Bhost"));
  EXPECT_THAT((*first)->url, Not(HasSubstr("acl")));
  EXPECT_EQ((*first)->object_url, "https://s3.amazonaws.com/pictures/users/5f/a%20b.png");
  const auto second = store->direct_upload(Class::kPrivate, "a.json", "application/json", kClock.now());
  EXPECT_THAT((*second)->url, testing::StartsWith("https://s3.eu-west-1.amazonaws.com/With.Dots/a.json?X-"));
}

TEST(S3Store, AnAddressThatIsNoneIsRefusedAtTheStart) {
  for (const char* endpoint : {"minio:9000", "ftp://x", "http://", "https://user@host", "https://host/?a"}) {
    Options options = {.public_bucket = {"pictures", "a", "s"}, .private_bucket = {"documents", "a", "s"}};
    options.endpoint = endpoint;
    const auto store = make_store(options, transport(), kClock);
    ASSERT_FALSE(store.ok()) << endpoint;
    EXPECT_EQ(store.error().code, Code::kInvalid);
  }
  Options options = {.public_bucket = {"a/b", "a", "s"}, .private_bucket = {"documents", "a", "s"}};
  EXPECT_FALSE(make_store(options, transport(), kClock).ok());
}

}  // namespace
}  // namespace maestro::files_s3

namespace maestro::files {
INSTANTIATE_TEST_SUITE_P(S3, FileStoreConformance,
                         testing::Values(MakeBackend([] { return std::make_unique<files_s3::Buckets>(); })));
}  // namespace maestro::files
