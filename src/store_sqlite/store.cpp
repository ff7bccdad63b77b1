#include "store_sqlite/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/log.h"
#include "store_sql/ports.h"
#include "store_sqlite/pool.h"

namespace maestro::store_sqlite {
namespace {

const SystemClock kSystemClock;

Error cannot_open(const std::string& name) {
  return unavailable(fmt::format("Cannot open the database {}: {}", name, std::system_category().message(errno)));
}

/// A file of ours alone: made when missing, readable by nobody else.
Result<int> open_private(const std::string& path, const std::string& name) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot_open(name);
  if (::fchmod(fd, 0600) != 0) {
    const Error error = cannot_open(name);
    ::close(fd);
    return error;
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<store::Store>> open(const Options& options) {
  const std::string name = std::filesystem::path(options.path).filename();
  TRY_ASSIGN(const int lock, open_private(options.path + ".lock", name));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const bool taken = errno == EWOULDBLOCK;
    const Error error = cannot_open(name);
    ::close(lock);
    return taken ? conflict(fmt::format("The database {} is already in use by another Maestro process", name)) : error;
  }
  const auto give_up = [&](Error error) {
    ::close(lock);
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
  auto pool = std::make_unique<Pool>(Pool::Settings{options.path, options.readers, options.cache_mib}, lock,
                                     std::move(writer).value());
  return std::unique_ptr<store::Store>(
      std::make_unique<store_sql::SqlStore>(std::move(pool), clock, std::move(tables).value()));
}

}  // namespace maestro::store_sqlite
