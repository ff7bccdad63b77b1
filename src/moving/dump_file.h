// DumpFile: the documents of one collection, as mongodump writes them: one after the other, plain or gzipped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace maestro::moving {

/// Reads forwards; one document is in memory at a time. Not thread-safe.
class DumpFile {
 public:
  /// kNotFound or kUnavailable when the file cannot be opened. Plain or gzipped is seen from its first bytes.
  static Result<DumpFile> open(const std::string& path);

  /// For reading here and there: a gzipped file is unpacked into a temporary one first.
  static Result<DumpFile> open_unpacked(const std::string& path);

  struct Raw {
    std::int64_t offset = 0;  ///< of its first byte, as if the file were not gzipped
    std::string_view bytes;   ///< until the next call
  };
  /// nullopt at the end. kInvalid names file, offset and what is wrong there.
  Result<std::optional<Raw>> next();
  /// The next document will be the one that begins there. Backwards in a gzipped file reads it from its start.
  Result<void> seek(std::int64_t offset);

  /// An error about bytes of this file.
  Error damaged(std::int64_t offset, std::string_view what) const;

 private:
  struct Close {
    void operator()(void* file) const;
  };
  DumpFile(std::string path, void* file) : path_(std::move(path)), file_(file) {}
  /// Bytes that there were; fewer than asked at the end.
  Result<std::size_t> read(char* into, std::size_t count);

  std::string path_;
  std::unique_ptr<void, Close> file_;
  std::string buffer_;
  std::int64_t at_ = 0;
};

}  // namespace maestro::moving
