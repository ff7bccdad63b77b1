// Filters applied to one document in memory: what an adapter falls back to for paths without a column.
#pragma once

#include <memory>

#include "base/result.h"
#include "store/types.h"

namespace maestro::store {

/// A filter made ready: regular expressions compiled, values sorted out. Immutable, thread-safe.
class Matcher {
 public:
  /// A pattern that RE2 refuses, or longer than 512 bytes, is taken as a literal substring.
  static std::shared_ptr<const Matcher> compile(const Filter& filter);
  virtual ~Matcher() = default;
  virtual bool matches(const Document& document) const = 0;
  /// Tests one text with the leaf's regular expression, substring, prefix or network (leaf filters only).
  virtual bool matches_text(std::string_view text) const = 0;
};

/// The value that a fixed path of a document ("_id", "created_at", "updated_at") can be compared with; false for a text
/// in another form than documents show.
bool is_canonical(std::string_view path, const json::Value& value);

}  // namespace maestro::store
