// Names: what a file may be called, and what an upload is made into. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "files/files.h"

namespace maestro::files {

/// One kind of file that may be uploaded.
struct Type {
  std::string_view mime;
  std::string_view extension;
  Class where;
};
/// The first row of an extension is its usual type.
std::span<const Type> types();
const Type* find_type(std::string_view mime);
const Type* find_extension(std::string_view extension);

/// True for segments joined by '/': UTF-8 without control characters and backslashes, none empty, none beginning with a
/// dot, each at most 200 bytes; at most 8 of them. Such a name cannot leave the folder that it is looked up in.
bool is_name(std::string_view name);

/// "My Pic.v2.png" -> "my-pic": the part before the first dot, split at changes of case, digits, blanks and
/// punctuation, Latin letters without their accents. Never empty: "file" when nothing is left.
std::string kebab_stem(std::string_view filename);

/// True when the bytes begin as files of the type do; true for types without a signature.
bool looks_like(const Type& type, std::string_view bytes);

}  // namespace maestro::files
