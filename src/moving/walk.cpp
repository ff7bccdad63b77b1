#include "moving/walk.h"

namespace maestro::moving {
namespace {

Result<Stored> understand(const DumpFile& file, const DumpFile::Raw& raw) {
  Stored out{.offset = raw.offset, .bytes = raw.bytes, .body = {}, .oddities = {}};
  auto body = read_bson(raw.bytes, out.oddities);
  if (!body.ok()) return file.damaged(raw.offset, body.error().message);
  out.body = std::move(*body);
  return out;
}

}  // namespace

Result<void> walk(const Context& context, const Collection& collection, std::int64_t from, const Visit& visit) {
  TRY_ASSIGN(DumpFile file, DumpFile::open(collection.path));
  TRY(file.seek(from));
  for (;;) {
    if (context.stopped()) return unavailable("Stopped; the same command carries on");
    TRY_ASSIGN(const auto raw, file.next());
    if (!raw) return {};
    TRY_ASSIGN(Stored stored, understand(file, *raw));
    TRY(visit(stored));
  }
}

Result<Stored> read_at(DumpFile& file, std::int64_t offset) {
  TRY(file.seek(offset));
  TRY_ASSIGN(const auto raw, file.next());
  if (!raw) return file.damaged(offset, "there is no document");
  return understand(file, *raw);
}

}  // namespace maestro::moving
