#include "files_local/local_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "files/conformance/suite.h"

namespace maestro::files_local {
namespace {

namespace fs = std::filesystem;
using files::Class;

class Folder final : public files::Backend {
 public:
  Folder() {
    char pattern[] = "/tmp/maestro-files-XXXXXX";
    path = mkdtemp(pattern);
    store_ =
        std::move(open_folders({.public_folder = path / "public/static", .private_folder = path / "_private"})).value();
  }
  ~Folder() override { fs::remove_all(path); }
  files::FileStore& store() override { return *store_; }

  fs::path path;

 private:
  std::unique_ptr<files::FileStore> store_;
};

class LocalStoreTest : public testing::Test {
 public:
  std::string get(std::string_view name) {
    auto bytes = files::read_all(folder.store(), {}, Class::kPrivate, name, 1 << 20);
    return bytes.ok() ? *bytes : code_name(bytes.error().code);
  }
  Folder folder;
  fs::path inside = folder.path / "_private";
};

TEST_F(LocalStoreTest, NoLinkIsFollowed) {
  std::ofstream(folder.path / "secret.txt") << "secret";
  fs::create_directories(folder.path / "outside");
  std::ofstream(folder.path / "outside/secret.txt") << "secret";
  fs::create_symlink(folder.path / "secret.txt", inside / "link.txt");
  fs::create_directory_symlink(folder.path / "outside", inside / "users");
  EXPECT_EQ(get("link.txt"), "not_found");
  EXPECT_EQ(get("users/secret.txt"), "not_found");
  EXPECT_FALSE(folder.store().put({}, Class::kPrivate, "users/new.txt", "text/plain", "x").ok());
  EXPECT_FALSE(fs::exists(folder.path / "outside/new.txt"));
  // A file that is put where a link is takes its place; what the link named stays.
  ASSERT_TRUE(folder.store().put({}, Class::kPrivate, "link.txt", "text/plain", "mine").ok());
  std::string kept;
  std::ifstream(folder.path / "secret.txt") >> kept;
  EXPECT_EQ(kept, "secret");
  EXPECT_EQ(get("link.txt"), "mine");
  ASSERT_TRUE(folder.store().remove({}, Class::kPrivate, "users/secret.txt").ok());
  EXPECT_TRUE(fs::exists(folder.path / "outside/secret.txt"));
}

TEST_F(LocalStoreTest, PipesAndFoldersAreNoFiles) {
  ASSERT_EQ(mkfifo((inside / "pipe.txt").c_str(), 0600), 0);
  fs::create_directory(inside / "folder.txt");
  EXPECT_EQ(get("pipe.txt"), "not_found");
  EXPECT_EQ(get("folder.txt"), "not_found");
  EXPECT_FALSE(folder.store().put({}, Class::kPrivate, "folder.txt", "text/plain", "x").ok());
}

TEST_F(LocalStoreTest, NothingIsLeftBesideTheFile) {
  ASSERT_TRUE(folder.store().put({}, Class::kPrivate, "users/a.txt", "text/plain", "x").ok());
  fs::create_directory(inside / "users/taken.txt");
  EXPECT_FALSE(folder.store().put({}, Class::kPrivate, "users/taken.txt", "text/plain", "x").ok());
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(inside / "users")) found.push_back(entry.path().filename());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"a.txt", "taken.txt"}));
}

TEST_F(LocalStoreTest, PrivateFilesAreForTheirOwnerAlone) {
  ASSERT_TRUE(folder.store().put({}, Class::kPrivate, "users/a.txt", "text/plain", "x").ok());
  for (const char* path : {"", "users", "users/a.txt"}) {
    struct stat info {};
    ASSERT_EQ(stat((inside / path).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0U) << path;
  }
}

TEST(LocalStore, AFolderThatCannotBeMadeIsToldAtTheStart) {
  const auto store = open_folders({.public_folder = "/proc/none/public", .private_folder = "/proc/none/private"});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace maestro::files_local

namespace maestro::files {
INSTANTIATE_TEST_SUITE_P(Local, FileStoreConformance,
                         testing::Values(MakeBackend([] { return std::make_unique<files_local::Folder>(); })));
}  // namespace maestro::files
