#include "store_sqlite/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/log.h"
#include "store_sqlite/ports.h"

namespace maestro::store_sqlite {
namespace {

const SystemClock kSystemClock;
/// The store that this thread is inside of: a write within a write would wait for itself forever.
thread_local const Core* t_writing = nullptr;

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

SqliteStore::~SqliteStore() = default;
SqliteStore::Lock::~Lock() { ::close(fd_); }

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
  auto tables = prepare_schema(**writer);
  if (!tables.ok()) return give_up(std::move(tables).error());
  const Clock& clock = options.clock != nullptr ? *options.clock : kSystemClock;
  return std::unique_ptr<store::Store>(std::make_unique<SqliteStore>(
      lock, clock, std::move(tables).value(), Pool::Settings{options.path, options.readers, options.cache_mib},
      std::move(writer).value()));
}

Result<void> run_write(Core& core, const Context& context, store::Store::Priority priority,
                       const store::Store::Work& work) {
  if (t_writing == &core) return internal("A write was started inside another write");
  TRY_ASSIGN(auto lease, core.pool.write(context, priority));
  Connection& db = *lease;
  struct Guard {
    Connection& db;
    ~Guard() {
      t_writing = nullptr;
      if (db.in_transaction()) (void)db.execute("ROLLBACK");
    }
  } guard{db};
  t_writing = &core;
  TRY(db.query("BEGIN IMMEDIATE").run());
  Work transaction(context, core.clock.now(), db);
  TRY(work(transaction));
  TRY(transaction.flush());
  TRY(db.query("COMMIT").run());
  for (auto& [id, set] : transaction.interned) core.sets.put(std::move(set));
  return {};
}

}  // namespace maestro::store_sqlite
