// Stores: what the programs that measure at the ports have in common.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "store/store.h"
#include "store_postgres/store.h"
#include "store_sqlite/store.h"

namespace maestro::bench {

[[noreturn]] inline void give_up(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) give_up(result.error().message);
  return std::move(result).value();
}
inline void must(const Result<void>& result) {
  if (!result.ok()) give_up(Error(Result<void>(result).error()).message);
}

inline bool is_sqlite(const std::string& address) { return address.starts_with("sqlite:"); }

/// "sqlite:PATH", or libpq's words for a PostgreSQL database.
inline std::unique_ptr<store::Store> open_store(const std::string& address, int cache_mib) {
  if (is_sqlite(address))
    return must(store_sqlite::open({.path = address.substr(7), .cache_mib = cache_mib, .clock = nullptr}));
  return must(store_postgres::open({.url = address, .clock = nullptr}));
}

}  // namespace maestro::bench
