#include "store_sqlite/store.h"

#include <unistd.h>

#include <filesystem>

#include "store_sql/ports.h"
#include "store_sqlite/file.h"
#include "store_sqlite/pool.h"

namespace maestro::store_sqlite {
namespace {

const SystemClock kSystemClock;

}  // namespace

Result<std::unique_ptr<store::Store>> open(const Options& options) {
  const std::string name = std::filesystem::path(options.path).filename();
  TRY_ASSIGN(ProcessLock lock, ProcessLock::take(options.path));
  const auto give_up = [&](Error error) {
    error.message = fmt::format("{} ({})", error.message, name);
    return error;
  };
  // SQLite gives its -wal and -shm files the mode of the database.
  auto file = open_private(options.path, name);
  if (!file.ok()) return give_up(std::move(file).error());
  ::close(*file);
  auto writer = Connection::open(options.path, Connection::Mode::kWrite, std::max(2048, options.cache_mib * 1024 / 2));
  if (!writer.ok()) return give_up(std::move(writer).error());
  if (auto wal = (*writer)->execute("PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=67108864"); !wal.ok())
    return give_up(std::move(wal).error());
  auto tables = store_sql::prepare_schema(**writer);
  if (!tables.ok()) return give_up(std::move(tables).error());
  const Clock& clock = options.clock != nullptr ? *options.clock : kSystemClock;
  auto pool = std::make_unique<Pool>(Pool::Settings{options.path, options.readers, options.cache_mib}, lock.release(),
                                     std::move(writer).value());
  return std::unique_ptr<store::Store>(
      std::make_unique<store_sql::SqlStore>(std::move(pool), clock, std::move(tables).value()));
}

}  // namespace maestro::store_sqlite
