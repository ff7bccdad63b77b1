#include "app/stores.h"

#include <fmt/format.h>

#include "store_postgres/depot.h"
#include "store_postgres/store.h"
#include "store_sql/store.h"
#include "store_sqlite/file.h"
#include "store_sqlite/store.h"

namespace maestro::app {

Result<StoreAddress> parse_store(const std::string& store, const std::string& data) {
  using Kind = StoreAddress::Kind;
  if (store.empty()) return StoreAddress{Kind::kSqlite, data + "/maestro.db", data + "/maestro.db"};
  if (store.starts_with("sqlite:") && store.size() > 7)
    return StoreAddress{Kind::kSqlite, store.substr(7), store.substr(7)};
  if (store.starts_with("postgresql://") || store.starts_with("postgres://"))
    return StoreAddress{Kind::kPostgres, store, store_postgres::shown(store)};
  if (store.starts_with("mongodb")) {
    return invalid(
        "Setting store: MongoDB is not used any more. An installation of the original moves over with a dump of its "
        "databases: see maestro import mongodump --help");
  }
  return invalid("Setting store: expected sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
}

Result<StoreAddress> store_address(const Config& config) {
  return parse_store(config.text("store"), config.text("data"));
}

Result<std::unique_ptr<store::Store>> open_store(const StoreAddress& address, const Clock& clock, int cache_mib) {
  if (address.kind == StoreAddress::Kind::kPostgres)
    return store_postgres::open({.url = address.path, .clock = &clock});
  return store_sqlite::open({.path = address.path, .cache_mib = cache_mib, .clock = &clock});
}

Result<void> check_key(store::Store& store, const auth::Keyring& keyring) {
  const Context context;
  TRY_ASSIGN(const auto known, store.vault().value(context, "key_id"));
  if (!known) {
    return store.write(context, store::Store::Priority::kInteractive,
                       [&](store::Transaction& tx) { return store.vault().set_value(tx, "key_id", keyring.key_id()); });
  }
  if (*known == keyring.key_id()) return {};
  return invalid(
      fmt::format("MAESTRO_SECRET_ENCRYPTION is not the one that this store was made with (key {} here, {} there): "
                  "stored credentials could not be read",
                  keyring.key_id(), *known));
}

void warm_up(store::Store& store) { store_sql::warm_up(store); }

std::unique_ptr<store_sql::Depot> open_depot(const StoreAddress& address) {
  return address.kind == StoreAddress::Kind::kPostgres ? store_postgres::open_depot(address.path)
                                                       : store_sqlite::open_depot(address.path);
}

Result<void> write_backup(store_sql::Session& source, const std::string& file, const std::string& partial,
                          bool overwrite, const store_sql::Progress& progress) {
  return store_sqlite::write_file(source, file, partial, overwrite, progress);
}

Result<std::unique_ptr<store_sql::Session>> open_backup(const std::string& file) {
  return store_sqlite::open_verified(file);
}

}  // namespace maestro::app
