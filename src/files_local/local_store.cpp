#include "files_local/local_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "files/names.h"

namespace maestro::files_local {

using files::Class;
using files::FileInfo;

namespace {

/// A file descriptor that closes itself.
class Handle {
 public:
  explicit Handle(int fd = -1) : fd_(fd) {}
  ~Handle() {
    if (fd_ >= 0) close(fd_);
  }
  Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  bool good() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// The system's reason goes to the log, where an administrator looks; a client learns no path.
Error failed(const char* what, int number) {
  log::error("the upload folder failed", {{"while", what}, {"error", std::generic_category().message(number)}});
  return unavailable("The file storage does not work at present");
}

Error no_such_file() { return not_found("There is no such file"); }

bool is_missing(int number) {
  // A link (ELOOP) or a file where a folder should be (ENOTDIR) is as good as nothing.
  return number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG;
}

class LocalFile final : public files::File {
 public:
  LocalFile(Handle handle, FileInfo info) : File(std::move(info)), handle_(std::move(handle)) {}
  Result<std::string> read(std::uint64_t offset, std::size_t length) override {
    std::string out(length, '\0');
    for (std::size_t done = 0; done < length;) {
      const ssize_t got = pread(handle_.get(), out.data() + done, length - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("reading", errno);
      if (got == 0) return unavailable("The file became shorter while it was read");
      done += static_cast<std::size_t>(got);
    }
    return out;
  }

 private:
  Handle handle_;
};

class LocalStore final : public files::FileStore {
 public:
  explicit LocalStore(Folders folders) : folders_(std::move(folders)) {}

  Result<void> put(const Context&, Class where, std::string_view name, std::string_view,
                   std::string_view bytes) override;
  Result<std::unique_ptr<files::File>> open(const Context&, Class where, std::string_view name) override;
  Result<void> remove(const Context&, Class where, std::string_view name) override;
  Result<std::optional<files::DirectUpload>> direct_upload(Class, std::string_view, std::string_view, Time) override {
    return std::optional<files::DirectUpload>();
  }

 private:
  /// Where the last segment of a name is looked up.
  struct Place {
    Handle folder;
    std::string leaf;
  };
  Result<Place> find(Class where, std::string_view name, bool make) const;

  Folders folders_;
};

/// Segment by segment, so that no link on the way is followed: O_NOFOLLOW alone looks at the last one only.
Result<LocalStore::Place> LocalStore::find(Class where, std::string_view name, bool make) const {
  if (!files::is_name(name)) return make ? invalid("That is no name of a file") : no_such_file();
  const std::string& root = where == Class::kPublic ? folders_.public_folder : folders_.private_folder;
  Place place{.folder = Handle(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), .leaf = {}};
  if (!place.folder.good()) return failed("opening the folder", errno);
  auto segments = text::split(name, '/');
  place.leaf = segments.back();
  segments.pop_back();
  for (const std::string_view each : segments) {
    const std::string segment(each);
    const mode_t mode = where == Class::kPublic ? 0755 : 0700;
    if (make) {
      if (mkdirat(place.folder.get(), segment.c_str(), mode) == 0) {
        (void)fsync(place.folder.get());
      } else if (errno != EEXIST) {
        return failed("making a folder", errno);
      }
    }
    Handle next(openat(place.folder.get(), segment.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.good()) {
      if (!make && is_missing(errno)) return no_such_file();
      return failed("opening a folder", errno);
    }
    place.folder = std::move(next);
  }
  return place;
}

Result<void> LocalStore::put(const Context&, Class where, std::string_view name, std::string_view,
                             std::string_view bytes) {
  TRY_ASSIGN(const Place place, find(where, name, true));
  // No name begins with a dot, so a half-written file can neither be asked for nor be in the way of one.
  const std::string temporary = "." + text::to_hex(crypto::random_bytes(12)) + ".tmp";
  const mode_t mode = where == Class::kPublic ? 0644 : 0600;
  const Handle file(
      openat(place.folder.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.good()) return failed("making a file", errno);
  const auto give_up = [&](const char* what) {
    const int number = errno;
    (void)unlinkat(place.folder.get(), temporary.c_str(), 0);
    return failed(what, number);
  };
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = write(file.get(), bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return give_up("writing");
    done += static_cast<std::size_t>(wrote);
  }
  if (fsync(file.get()) != 0) return give_up("writing");
  if (renameat(place.folder.get(), temporary.c_str(), place.folder.get(), place.leaf.c_str()) != 0)
    return give_up("naming a file");
  if (fsync(place.folder.get()) != 0) return failed("writing the folder", errno);
  return {};
}

Result<std::unique_ptr<files::File>> LocalStore::open(const Context&, Class where, std::string_view name) {
  TRY_ASSIGN(const Place place, find(where, name, false));
  // O_NONBLOCK: a pipe that somebody put there must not hold the caller.
  Handle file(openat(place.folder.get(), place.leaf.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.good()) return is_missing(errno) ? no_such_file() : failed("opening", errno);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return failed("looking at a file", errno);
  if (!S_ISREG(info.st_mode)) return no_such_file();
  const std::int64_t nanos = std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  FileInfo about{.size = static_cast<std::uint64_t>(info.st_size),
                 .modified = from_ms(std::int64_t{info.st_mtim.tv_sec} * 1000),
                 .tag = fmt::format("{:x}-{:x}-{:x}", info.st_size, nanos, info.st_ino)};
  return std::unique_ptr<files::File>(std::make_unique<LocalFile>(std::move(file), std::move(about)));
}

Result<void> LocalStore::remove(const Context&, Class where, std::string_view name) {
  auto place = find(where, name, false);
  if (!place.ok()) return place.error().code == Code::kNotFound ? Result<void>() : std::move(place).error();
  if (unlinkat(place->folder.get(), place->leaf.c_str(), 0) != 0 && !is_missing(errno)) {
    // A folder under that name is no file.
    return errno == EISDIR || errno == EPERM ? Result<void>() : failed("removing", errno);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<files::FileStore>> open_folders(Folders folders) {
  for (const bool is_public : {true, false}) {
    const std::string& path = is_public ? folders.public_folder : folders.private_folder;
    std::error_code error;
    const bool is_new = std::filesystem::create_directories(path, error);
    if (error) return unavailable("The upload folder " + path + " cannot be made: " + error.message());
    if (is_new && !is_public) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
    const Handle probe(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!probe.good())
      return unavailable("The upload folder " + path + " cannot be opened: " + std::generic_category().message(errno));
  }
  return std::unique_ptr<files::FileStore>(std::make_unique<LocalStore>(std::move(folders)));
}

}  // namespace maestro::files_local
