// Filters applied to one document in memory: what an adapter falls back to for paths without a column.
#pragma once

#include <memory>
#include <optional>

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
  /// Bytes that the JSON text of every matching body holds, as json::write() writes it: looking for them is a hundred
  /// times faster than parsing the text.
  virtual const std::vector<std::string>& required() const = 0;
  bool may_match(std::string_view body) const;
  /// Tests one text with the leaf's regular expression, substring, prefix or network (leaf filters only).
  virtual bool matches_text(std::string_view text) const = 0;
};

/// A pattern that a Matcher takes as one, and not as a literal text.
bool is_pattern(std::string_view pattern);

/// A text test that is no more than "holds this, ASCII case ignored". Its needle is ASCII, in lower case, not empty.
/// The zero character stands for a `.` of the pattern: any one character but a line feed.
struct Literal {
  std::string needle;
  bool at_start = false;
  bool found_in(std::string_view text) const;
  bool has_wildcard() const { return needle.find('\0') != std::string::npos; }
  /// The longest part without a wildcard.
  std::string_view longest_run() const;
};
/// nullopt for a real pattern, for texts beyond ASCII, and for tests of other kinds.
std::optional<Literal> literal_of(const Condition& condition);

/// The value that a fixed path of a document ("_id", "created_at", "updated_at") can be compared with; false for a text
/// in another form than documents show.
bool is_canonical(std::string_view path, const json::Value& value);

}  // namespace maestro::store
