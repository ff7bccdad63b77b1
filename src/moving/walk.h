// Walk: every document of a collection, read and understood.
#pragma once

#include <functional>

#include "base/context.h"
#include "moving/bson.h"
#include "moving/dump.h"
#include "moving/dump_file.h"

namespace maestro::moving {

/// A document as the dump has it.
struct Stored {
  std::int64_t offset = 0;
  std::string_view bytes;  ///< until the next one
  json::Object body;
  std::vector<Oddity> oddities;
};
using Visit = std::function<Result<void>(Stored&)>;

/// From the document that begins at `from`. The first damage ends it: kInvalid names file and byte. kUnavailable when
/// the context stops.
Result<void> walk(const Context& context, const Collection& collection, std::int64_t from, const Visit& visit);

/// The document that begins there.
Result<Stored> read_at(DumpFile& file, std::int64_t offset);

}  // namespace maestro::moving
