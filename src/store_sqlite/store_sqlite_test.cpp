// The conformance suite of the ports on SQLite files.
#include <filesystem>

#include "store/conformance/documents.h"
#include "store_sqlite/store.h"

namespace maestro::store_sqlite {
namespace {

class FileBackend final : public store::Backend {
 public:
  explicit FileBackend(const Clock& clock) {
    std::string folder = std::filesystem::temp_directory_path() / "maestro-store-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    store_ = store::must(open({.path = folder_ / "maestro.db", .clock = &clock}));
  }
  ~FileBackend() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  store::Store& store() override { return *store_; }
  std::vector<std::string> check() override { return store::must(store_sqlite::check(*store_, {})); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace
}  // namespace maestro::store_sqlite

namespace maestro::store {
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         testing::Values(Maker{"sqlite",
                                               [](const Clock& clock) -> std::unique_ptr<Backend> {
                                                 return std::make_unique<store_sqlite::FileBackend>(clock);
                                               }}),
                         [](const auto& each) { return each.param.name; });
}  // namespace maestro::store
