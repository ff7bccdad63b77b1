// FileStore: where uploads live. Port: a folder of this machine, or a service that speaks S3.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/result.h"

namespace maestro::files {

/// Who may read a file: everybody (images), or peers with the private token alone.
enum class Class { kPublic, kPrivate };

struct FileInfo {
  std::uint64_t size = 0;
  Time modified;    ///< whole seconds
  std::string tag;  ///< opaque; another one when the bytes may have changed. Without quotes
};

/// One state of one file: what is read belongs to `info`, whatever is put under the name meanwhile.
class File {
 public:
  virtual ~File() = default;
  const FileInfo& info() const { return info_; }
  /// Exactly these bytes, which must lie inside the file. kUnavailable: they cannot be read any more.
  virtual Result<std::string> read(std::uint64_t offset, std::size_t length) = 0;

 protected:
  explicit File(FileInfo info) : info_(std::move(info)) {}

 private:
  FileInfo info_;
};

/// A request that a client may send to the storage itself, for a short time.
struct DirectUpload {
  std::string url;
  std::string object_url;  ///< where the file is afterwards
};

/// Names are those of files/names.h; any other is kInvalid and touches nothing. Thread-safe.
class FileStore {
 public:
  virtual ~FileStore() = default;
  /// Whole or not at all, on stable storage when it returns; replaces what was there. `type` is a MIME type.
  virtual Result<void> put(const Context&, Class, std::string_view name, std::string_view type,
                           std::string_view bytes) = 0;
  /// kNotFound: no such file.
  virtual Result<std::unique_ptr<File>> open(const Context&, Class, std::string_view name) = 0;
  /// No such file is a success.
  virtual Result<void> remove(const Context&, Class, std::string_view name) = 0;
  /// nullopt: clients cannot reach the storage; their bytes come through this server.
  virtual Result<std::optional<DirectUpload>> direct_upload(Class, std::string_view name, std::string_view type,
                                                            Time now) = 0;
};

/// A whole file of at most `limit` bytes; kInvalid for a larger one.
Result<std::string> read_all(FileStore& store, const Context& context, Class where, std::string_view name,
                             std::size_t limit);

}  // namespace maestro::files
