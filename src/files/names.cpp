#include "files/names.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace maestro::files {
namespace {

constexpr Type kTypes[] = {
    {"image/jpeg", "jpg", Class::kPublic},         {"image/jpg", "jpg", Class::kPublic},
    {"image/png", "png", Class::kPublic},          {"image/gif", "gif", Class::kPublic},
    {"application/json", "json", Class::kPrivate}, {"text/csv", "csv", Class::kPrivate},
    {"text/plain", "txt", Class::kPrivate},
};

constexpr std::size_t kMaxSegment = 200;
constexpr std::size_t kMaxSegments = 8;
constexpr std::size_t kMaxStem = 100;

// U+00C0..U+017F without accents, as lodash's deburr writes them; ' ' is a separator.
constexpr std::string_view kPlainLatin[] = {
    "A", "A", "A", "A",  "A", "A", "Ae", "C", "E",  "E",  "E",  "E", "I", "I", "I",  "I",  // U+00C0
    "D", "N", "O", "O",  "O", "O", "O",  " ", "O",  "U",  "U",  "U", "U", "Y", "Th", "ss", "a",  "a", "a",
    "a", "a", "a", "ae", "c", "e", "e",  "e", "e",  "i",  "i",  "i", "i", "d", "n",  "o",  "o",  "o", "o",
    "o", " ", "o", "u",  "u", "u", "u",  "y", "th", "y",  "A",  "a", "A", "a", "A",  "a",  "C",  "c", "C",
    "c", "C", "c", "C",  "c", "D", "d",  // U+0100
    "D", "d", "E", "e",  "E", "e", "E",  "e", "E",  "e",  "E",  "e", "G", "g", "G",  "g",  "G",  "g", "G",
    "g", "H", "h", "H",  "h", "I", "i",  "I", "i",  "I",  "i",  "I", "i", "I", "i",  "IJ", "ij", "J", "j",
    "K", "k", "k", "L",  "l", "L", "l",  "L", "l",  "L",  "l",  "L", "l", "N", "n",  "N",  "n",  "N", "n",
    "n", "N", "n", "O",  "o", "O", "o",  "O", "o",  "Oe", "oe", "R", "r", "R", "r",  "R",  "r",  "S", "s",
    "S", "s", "S", "s",  "S", "s", "T",  "t", "T",  "t",  "T",  "t", "U", "u", "U",  "u",  "U",  "u", "U",
    "u", "U", "u", "U",  "u", "W", "w",  "Y", "y",  "Y",  "Z",  "z", "Z", "z", "Z",  "z",  "s",
};
static_assert(std::size(kPlainLatin) == 0x180 - 0xC0);

std::size_t length_of(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

/// The text without Latin accents and combining marks.
std::string deburr(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::string_view whole = text.substr(i, length_of(lead));
    i += whole.size();
    if (whole.size() == 2) {
      const unsigned code = (lead & 0x1FU) << 6U | (static_cast<unsigned char>(whole[1]) & 0x3FU);
      if (code >= 0xC0 && code < 0x180) {
        out += kPlainLatin[code - 0xC0];
        continue;
      }
      if (code >= 0x300 && code < 0x370) continue;
      if (code < 0xC0) {
        out += ' ';  // U+0080..U+00BF: controls and punctuation
        continue;
      }
    }
    out += whole;
  }
  return out;
}

enum class Kind { kBreak, kLower, kUpper, kDigit };
Kind kind_of(char c) {
  if (c >= 'a' && c <= 'z') return Kind::kLower;
  if (c >= 'A' && c <= 'Z') return Kind::kUpper;
  if (c >= '0' && c <= '9') return Kind::kDigit;
  return static_cast<unsigned char>(c) >= 0x80 ? Kind::kLower : Kind::kBreak;
}

bool is_segment(std::string_view segment) {
  if (segment.empty() || segment.size() > kMaxSegment || segment.front() == '.') return false;
  return std::none_of(segment.begin(), segment.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; });
}

}  // namespace

std::span<const Type> types() { return kTypes; }

const Type* find_type(std::string_view mime) {
  const auto found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const Type& type) { return text::iequals(type.mime, mime); });
  return found == std::end(kTypes) ? nullptr : found;
}

const Type* find_extension(std::string_view extension) {
  const auto found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const Type& type) { return type.extension == extension; });
  return found == std::end(kTypes) ? nullptr : found;
}

bool is_name(std::string_view name) {
  const auto segments = text::split(name, '/');
  return segments.size() <= kMaxSegments && std::all_of(segments.begin(), segments.end(), is_segment) &&
         text::is_utf8(name);
}

std::string kebab_stem(std::string_view filename) {
  const std::string_view before_dot = filename.substr(0, filename.find('.'));
  const std::string plain = text::is_utf8(before_dot) ? deburr(before_dot) : std::string();
  std::string out;
  Kind last = Kind::kBreak;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    const Kind kind = kind_of(c);
    if (c == '\'') continue;  // "bob's" is one word
    if (kind != Kind::kBreak) {
      const Kind next = i + 1 < plain.size() ? kind_of(plain[i + 1]) : Kind::kBreak;
      const bool starts_word = last == Kind::kBreak || (kind == Kind::kDigit) != (last == Kind::kDigit) ||
                               (kind == Kind::kUpper && (last == Kind::kLower || next == Kind::kLower));
      if (starts_word && !out.empty()) out += '-';
      out += kind == Kind::kUpper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    last = kind;
  }
  if (out.size() > kMaxStem) {
    std::size_t end = kMaxStem;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80) --end;
    out.resize(end);
    while (!out.empty() && out.back() == '-') out.pop_back();
  }
  return out.empty() ? "file" : out;
}

bool looks_like(const Type& type, std::string_view bytes) {
  if (type.extension == "png") return bytes.starts_with("\x89PNG\r\n\x1a\n");
  if (type.extension == "jpg") return bytes.starts_with("\xFF\xD8\xFF");
  if (type.extension == "gif") return bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a");
  return true;
}

}  // namespace maestro::files
