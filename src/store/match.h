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
  /// Tests one text with the leaf's regular expression or substring (leaf filters only).
  virtual bool matches_text(std::string_view text) const = 0;
};

}  // namespace maestro::store
