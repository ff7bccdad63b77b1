#include "store_sqlite/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "store_sql/copy.h"
#include "store_sqlite/connection.h"

namespace maestro::store_sqlite {

using store_sql::Progress;
using store_sql::Session;

namespace {

constexpr int kCacheKib = 32 * 1024;
constexpr int kPagesAtOnce = 2048;

std::string name_of(const std::string& path) { return std::filesystem::path(path).filename(); }

Error system_error(std::string_view what, const std::string& path) {
  return unavailable(fmt::format("{} {}: {}", what, path, std::system_category().message(errno)));
}

struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

/// An empty file that this process alone writes to. What another one left behind, killed, is overwritten.
Result<Descriptor> take_partial(const std::string& path) {
  for (;;) {
    TRY_ASSIGN(const int fd, open_private(path, path));
    Descriptor file(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return conflict(fmt::format("Another process is writing {}", path));
      return system_error("Cannot lock", path);
    }
    // Between opening and locking the other process may have given the file its name.
    struct stat mine {
    }, named{};
    if (::fstat(fd, &mine) != 0) return system_error("Cannot read", path);
    if (::stat(path.c_str(), &named) != 0 || mine.st_ino != named.st_ino || mine.st_dev != named.st_dev) continue;
    if (::ftruncate(fd, 0) != 0) return system_error("Cannot write", path);
    for (const char* suffix : {"-journal", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
    return file;
  }
}

/// All pages at the instant that the source's transaction has fixed.
Result<void> copy_pages(Connection& source, Connection& target, const Progress& progress) {
  sqlite3_backup* backup = sqlite3_backup_init(target.raw(), "main", source.raw(), "main");
  if (backup == nullptr) return target.error(sqlite3_errcode(target.raw()));
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup, kPagesAtOnce);
    progress("pages", sqlite3_backup_pagecount(backup) - sqlite3_backup_remaining(backup));
  }
  (void)sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return target.error(code);
  return {};
}

class FileLoader final : public store_sql::Loader {
 public:
  explicit FileLoader(Connection& connection) : connection_(connection) {}
  Session& session() override { return connection_; }
  Result<void> load(const store_sql::StoredTable& table, store_sql::Query& rows,
                    const std::function<void()>& each) override {
    std::string marks;
    for (std::size_t i = 0; i < table.columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
    const std::string sql = fmt::format("INSERT INTO \"{}\" ({}) VALUES ({})", table.name, table.column_list(), marks);
    for (;;) {
      TRY_ASSIGN(const bool row, rows.step());
      if (!row) return {};
      store_sql::Query insert = connection_.query(std::string_view(sql));
      insert.bind();
      int at = 0;
      for (const store_sql::StoredColumn& column : table.columns) {
        using Kind = store_sql::Statement::Kind;
        if (rows.null(at))
          insert.bind_one(nullptr);
        else if (column.kind == Kind::kInteger)
          insert.bind_one(rows.integer(at));
        else if (column.kind == Kind::kReal)
          insert.bind_one(rows.real(at));
        else if (column.kind == Kind::kBlob)
          insert.bind_one(store_sql::Blob{rows.text(at)});
        else
          insert.bind_one(store_sql::Borrowed{rows.text(at)});
        ++at;
      }
      TRY(insert.run());
      each();
    }
  }

 private:
  Connection& connection_;
};

Result<void> fill(Session& source, const std::string& path, const Progress& progress) {
  TRY_ASSIGN(const auto target, Connection::open(path, Connection::Mode::kWrite, kCacheKib));
  // Nobody reads it before it is whole.
  TRY(target->execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE"));
  if (auto* file = dynamic_cast<Connection*>(&source)) {
    TRY(copy_pages(*file, *target, progress));
  } else {
    TRY(target->execute("BEGIN IMMEDIATE"));
    FileLoader loader(*target);
    TRY(store_sql::copy_rows(source, loader, progress));
    TRY(target->execute("COMMIT"));
  }
  TRY(target->execute("PRAGMA journal_mode=DELETE"));
  progress("verifying", 0);
  store_sql::Query check = target->query("PRAGMA quick_check(1)");
  TRY(check.step());
  if (check.text(0) != "ok")
    return internal(fmt::format("The copy does not verify ({}): is the source damaged?", check.text(0)));
  return {};
}

Result<void> sync_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  const Descriptor file(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.fd < 0 || ::fsync(file.fd) != 0) return system_error("Cannot write the folder of", path);
  return {};
}

Result<void> give_name(const std::string& partial, const std::string& path, bool overwrite) {
  // A name that somebody took meanwhile is not taken from them, where the file system can tell.
  if (!overwrite) {
    if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (errno == EEXIST || exists(path)) return conflict(fmt::format("{} exists already", path));
  }
  if (::rename(partial.c_str(), path.c_str()) != 0) return system_error("Cannot rename", partial);
  return {};
}

/// Empties the write-ahead log into the file and removes it: the log of a file that is about to be another one.
Result<void> settle(const std::string& path) {
  {
    TRY_ASSIGN(const auto connection, Connection::open(path, Connection::Mode::kWrite, 2048));
    store_sql::Query query = connection->query("PRAGMA wal_checkpoint(TRUNCATE)");
    TRY(query.step());
    if (query.integer(0) != 0) return conflict("The database is being read: a backup or a check runs");
  }
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((path + suffix).c_str());
  return {};
}

class FileDepot final : public store_sql::Depot {
 public:
  explicit FileDepot(std::string path) : path_(std::move(path)) {}

  Result<std::unique_ptr<Session>> read() override {
    auto session = open_to_read(path_);
    const std::string name = name_of(path_);
    if (!session.ok() && session.error().message.find(name) == std::string::npos)
      session.error().message += fmt::format(" ({})", name);
    return session;
  }

  Result<void> hold(Hold /*hold*/, const Body& body) override {
    if (!exists(path_)) return not_found(fmt::format("There is no database {}", path_));
    TRY_ASSIGN(const ProcessLock lock, ProcessLock::take(path_));
    TRY_ASSIGN(const auto connection, Connection::open(path_, Connection::Mode::kWrite, kCacheKib));
    TRY_ASSIGN([[maybe_unused]] const auto schema, connection->dialect().schema_version(*connection));
    return body(*connection);
  }

  Result<void> replace(Session& source, bool filled_too, const Progress& progress) override {
    TRY_ASSIGN(const ProcessLock lock, ProcessLock::take(path_));
    const bool old = exists(path_);
    bool damaged = false;
    if (old) {
      TRY_ASSIGN(damaged, look_at_old(filled_too));
    }
    const std::string fresh = path_ + ".restore", kept = path_ + ".before-restore";
    TRY_ASSIGN(const Descriptor file, take_partial(fresh));
    const auto made = make(source, file, fresh, progress);
    if (!made.ok() || !old) {
      if (made.ok() && ::rename(fresh.c_str(), path_.c_str()) == 0) return sync_folder(path_);
      const Error error = made.ok() ? system_error("Cannot rename", fresh) : made.error();
      ::unlink(fresh.c_str());
      return error;
    }
    if (auto settled = settle(path_); !settled.ok()) {
      if (!damaged) return settled;
      // Its log says nothing that could be saved, and would be read into the new file.
      (void)::rename((path_ + "-wal").c_str(), (kept + "-wal").c_str());
      ::unlink((path_ + "-shm").c_str());
    }
    ::unlink(kept.c_str());
    if (::link(path_.c_str(), kept.c_str()) != 0) return system_error("Cannot keep the old database as", kept);
    if (::rename(fresh.c_str(), path_.c_str()) != 0) return system_error("Cannot rename", fresh);
    TRY(sync_folder(path_));
    // A damaged one stays, for those who can read more out of it.
    if (!damaged) ::unlink(kept.c_str());
    return {};
  }

 private:
  static Result<void> make(Session& source, const Descriptor& file, const std::string& path, const Progress& progress) {
    TRY(fill(source, path, progress));
    if (::fsync(file.fd) != 0) return system_error("Cannot write", path);
    return {};
  }

  /// Whether it is damaged; refuses one that must not be replaced.
  Result<bool> look_at_old(bool filled_too) {
    auto session = open_to_read(path_);
    auto state = session.ok() ? store_sql::state_of(**session) : Result<store_sql::State>(session.error());
    if (state.ok()) {
      if (state->empty || filled_too) return false;
      return conflict(fmt::format("The database {} holds documents", path_));
    }
    if (!filled_too || state.error().code == Code::kInvalid) return std::move(state).error();
    return true;
  }

  const std::string path_;
};

}  // namespace

Result<int> open_private(const std::string& path, const std::string& name) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0 && ::fchmod(fd, 0600) == 0) return fd;
  const Error error = system_error("Cannot open the database", name);
  if (fd >= 0) ::close(fd);
  return error;
}

Result<ProcessLock> ProcessLock::take(const std::string& path) {
  TRY_ASSIGN(const int fd, open_private(path + ".lock", name_of(path)));
  ProcessLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK)
    return conflict(fmt::format("The database {} is already in use by another Maestro process", name_of(path)));
  return system_error("Cannot open the database", name_of(path));
}

ProcessLock::~ProcessLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<Session>> open_to_read(const std::string& path) {
  if (!exists(path)) return not_found(fmt::format("There is no database {}", path));
  TRY_ASSIGN(auto connection, Connection::open(path, Connection::Mode::kRead, kCacheKib));
  // The first statement that reads fixes the instant.
  TRY(connection->execute("BEGIN"));
  TRY_ASSIGN([[maybe_unused]] const auto schema, connection->dialect().schema_version(*connection));
  return std::unique_ptr<Session>(std::move(connection));
}

Result<std::unique_ptr<Session>> open_verified(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_error("Cannot read", path);
  if (!S_ISREG(info.st_mode)) return invalid(fmt::format("{} is not a file", path));
  struct stat log {};
  if (::stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0)
    return invalid(
        fmt::format("{} is a database in use or left by a killed process, not a backup: a log lies beside it", path));
  auto session = open_to_read(path);
  if (!session.ok()) return invalid(fmt::format("{} is not a backup: {}", path, session.error().message));
  TRY_ASSIGN(const auto schema, (*session)->dialect().schema_version(**session));
  if (schema == 0) return invalid(fmt::format("{} is not a backup: it is empty", path));
  std::vector<std::string> damage;
  const auto checked = (*session)->dialect().check_storage(**session, damage);
  if (!checked.ok()) damage.push_back(checked.error().message);
  if (!damage.empty()) return invalid(fmt::format("{} is damaged: {}", path, damage.front()));
  return session;
}

Result<void> write_file(Session& source, const std::string& path, const std::string& partial, bool overwrite,
                        const Progress& progress) {
  if (!overwrite && exists(path)) return conflict(fmt::format("{} exists already", path));
  TRY_ASSIGN(const Descriptor file, take_partial(partial));
  auto done = fill(source, partial, progress);
  if (done.ok() && ::fsync(file.fd) != 0) done = system_error("Cannot write", partial);
  if (done.ok()) done = give_name(partial, path, overwrite);
  if (!done.ok()) {
    ::unlink(partial.c_str());
    return done;
  }
  return sync_folder(path);
}

std::unique_ptr<store_sql::Depot> open_depot(const std::string& path) { return std::make_unique<FileDepot>(path); }

}  // namespace maestro::store_sqlite
