#include "app/open_store.h"

#include "store_sqlite/store.h"

namespace maestro::app {

Result<std::string> store_path(const Config& config) {
  const std::string& store = config.text("store");
  if (store.empty()) return config.text("data") + "/maestro.db";
  if (store.starts_with("sqlite:") && store.size() > 7) return store.substr(7);
  if (store.starts_with("mongodb")) {
    return invalid(
        "Setting store: MongoDB is not used any more. An installation of the original moves over by importing a dump "
        "of its "
        "database; the import is not part of this version yet");
  }
  if (store.starts_with("postgres"))
    return invalid("Setting store: PostgreSQL is not supported by this version yet; use sqlite:PATH");
  return invalid("Setting store: expected sqlite:PATH");
}

Result<std::unique_ptr<store::Store>> open_store(const Config& config, const Clock& clock, int cache_mib) {
  TRY_ASSIGN(const std::string path, store_path(config));
  return store_sqlite::open({.path = path, .cache_mib = cache_mib, .clock = &clock});
}

}  // namespace maestro::app
