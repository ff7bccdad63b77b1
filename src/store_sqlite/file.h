// File: a whole database as one file: written from any store, read back with suspicion, locked against other processes.
#pragma once

#include "store_sql/depot.h"

namespace maestro::store_sqlite {

/// Made when missing, readable by nobody else; kUnavailable naming `name`.
Result<int> open_private(const std::string& path, const std::string& name);

/// That this process alone has the database at `path` open; ends with the object.
class ProcessLock {
 public:
  /// kConflict while another process has it.
  static Result<ProcessLock> take(const std::string& path);
  ProcessLock(ProcessLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ProcessLock& operator=(ProcessLock&&) = delete;
  ~ProcessLock();
  /// The descriptor, which the caller closes.
  int release() { return std::exchange(fd_, -1); }

 private:
  explicit ProcessLock(int fd) : fd_(fd) {}
  int fd_;
};

/// Opens a database for reading at one instant, beside whatever writes to it. kNotFound when there is no such file,
/// kInvalid when it is a database of something else.
Result<std::unique_ptr<store_sql::Session>> open_to_read(const std::string& path);

/// Opens a finished file that nothing writes to, after looking at every page. kInvalid says what is wrong with it.
Result<std::unique_ptr<store_sql::Session>> open_verified(const std::string& path);

/// Writes what `source` sees to a file of its own: complete, with no log beside it, mode 0600, on the disk. It grows
/// as `partial`, is verified, and only then gets its name. An existing file is kConflict, unless `overwrite`.
Result<void> write_file(store_sql::Session& source, const std::string& path, const std::string& partial, bool overwrite,
                        const store_sql::Progress& progress);

/// The database at `path`, as a depot.
std::unique_ptr<store_sql::Depot> open_depot(const std::string& path);

}  // namespace maestro::store_sqlite
