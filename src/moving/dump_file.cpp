#include "moving/dump_file.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace maestro::moving {
namespace {

// MongoDB's own limit is 16 MiB, and what it keeps for itself may be a little larger.
constexpr std::int32_t kLargest = (16 << 20) + (16 << 10);
constexpr std::int32_t kSmallest = 5;
constexpr unsigned kReadAhead = 1 << 18;

std::int32_t length_of(const char* bytes) {
  std::uint32_t out = 0;
  for (int i = 3; i >= 0; --i) out = (out << 8) | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int32_t>(out);
}

gzFile handle(void* file) { return static_cast<gzFile>(file); }

}  // namespace

void DumpFile::Close::operator()(void* file) const { gzclose(handle(file)); }

Result<DumpFile> DumpFile::open(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) return unavailable(fmt::format("{} cannot be opened: {}", path, std::strerror(errno)));
  gzbuffer(file, kReadAhead);
  return DumpFile(path, file);
}

Result<DumpFile> DumpFile::open_unpacked(const std::string& path) {
  TRY_ASSIGN(DumpFile packed, open(path));
  if (gzdirect(handle(packed.file_.get())) == 1) return packed;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> plain(std::tmpfile(), std::fclose);
  if (!plain) return unavailable(fmt::format("A temporary file for {} cannot be made: {}", path, std::strerror(errno)));
  std::string piece(kReadAhead, '\0');
  for (;;) {
    TRY_ASSIGN(const std::size_t got, packed.read(piece.data(), piece.size()));
    if (std::fwrite(piece.data(), 1, got, plain.get()) != got)
      return unavailable(fmt::format("{} cannot be unpacked: {}", path, std::strerror(errno)));
    if (got < piece.size()) break;
  }
  std::rewind(plain.get());
  const int descriptor = std::fflush(plain.get()) == 0 ? ::dup(::fileno(plain.get())) : -1;
  gzFile file = descriptor < 0 ? nullptr : gzdopen(descriptor, "rb");
  if (file == nullptr) return unavailable(fmt::format("{} cannot be unpacked: {}", path, std::strerror(errno)));
  return DumpFile(path, file);
}

Error DumpFile::damaged(std::int64_t offset, std::string_view what) const {
  return invalid(fmt::format("{} is damaged at byte {}: {}", path_, offset, what));
}

Result<std::size_t> DumpFile::read(char* into, std::size_t count) {
  std::size_t done = 0;
  while (done < count) {
    const int got = gzread(handle(file_.get()), into + done, static_cast<unsigned>(count - done));
    if (got > 0) {
      done += static_cast<std::size_t>(got);
      continue;
    }
    int status = Z_OK;
    const char* words = gzerror(handle(file_.get()), &status);
    if (status == Z_OK || status == Z_STREAM_END) return done;
    if (status == Z_ERRNO) return unavailable(fmt::format("{} cannot be read: {}", path_, std::strerror(errno)));
    return damaged(at_ + static_cast<std::int64_t>(done),
                   status == Z_BUF_ERROR ? "the compressed data ends early" : fmt::format("gzip says: {}", words));
  }
  return done;
}

Result<std::optional<DumpFile::Raw>> DumpFile::next() {
  char head[4];
  TRY_ASSIGN(const std::size_t begun, read(head, sizeof head));
  if (begun == 0) return std::optional<Raw>();
  if (begun < sizeof head) return damaged(at_, "the file ends inside the length of a document");
  const std::int32_t length = length_of(head);
  if (length < kSmallest || length > kLargest) return damaged(at_, fmt::format("no document has {} bytes", length));
  buffer_.resize(static_cast<std::size_t>(length));
  std::memcpy(buffer_.data(), head, sizeof head);
  TRY_ASSIGN(const std::size_t rest, read(buffer_.data() + sizeof head, buffer_.size() - sizeof head));
  if (rest + sizeof head < buffer_.size())
    return damaged(at_, fmt::format("the file ends after {} of {} bytes of a document", rest + sizeof head, length));
  if (buffer_.back() != '\0') return damaged(at_, fmt::format("a document of {} bytes does not end there", length));
  const Raw out{.offset = at_, .bytes = buffer_};
  at_ += length;
  return std::optional(out);
}

Result<void> DumpFile::seek(std::int64_t offset) {
  if (offset == at_) return {};
  if (gzseek(handle(file_.get()), static_cast<z_off_t>(offset), SEEK_SET) != static_cast<z_off_t>(offset))
    return damaged(offset, "there is nothing to read there");
  at_ = offset;
  return {};
}

}  // namespace maestro::moving
