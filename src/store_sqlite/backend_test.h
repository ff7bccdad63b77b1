// A store on a file of its own in a temporary folder, for tests.
#pragma once

#include <filesystem>

#include "store/conformance/suite.h"
#include "store_sql/store.h"
#include "store_sqlite/store.h"

namespace maestro::store_sqlite {

class Folder {
 public:
  Folder() {
    std::string folder = std::filesystem::temp_directory_path() / "maestro-store-XXXXXX";
    path_ = ::mkdtemp(folder.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return path_ / "maestro.db"; }

 private:
  std::filesystem::path path_;
};

class FileBackend final : public store::Backend {
 public:
  explicit FileBackend(const Clock& clock) : store_(store::must(open({.path = folder_.file(), .clock = &clock}))) {}
  store::Store& store() override { return *store_; }
  std::vector<std::string> check() override { return store::must(store_sql::check(*store_, {})); }

 private:
  Folder folder_;
  std::unique_ptr<store::Store> store_;
};

inline store::Maker maker() {
  return {"sqlite",
          [](const Clock& clock) -> std::unique_ptr<store::Backend> { return std::make_unique<FileBackend>(clock); }};
}

}  // namespace maestro::store_sqlite
