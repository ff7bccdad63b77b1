// Encodings and small ASCII text operations: hex, base64, percent-encoding, case.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maestro::text {

std::string to_hex(std::string_view bytes);
/// nullopt unless an even number of hex digits.
std::optional<std::string> from_hex(std::string_view hex);

/// Standard alphabet with padding.
std::string to_base64(std::string_view bytes);
/// URL alphabet, no padding (RFC 7515).
std::string to_base64url(std::string_view bytes);
/// Accepts either alphabet, padded or not; nullopt for any other character.
std::optional<std::string> from_base64(std::string_view text);

/// RFC 3986 unreserved characters stay, everything else becomes %XX (upper-case hex).
std::string percent_encode(std::string_view text);
/// Decodes %XX; `plus_is_space` for form bodies and query strings. A broken escape stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

/// ASCII only; other bytes are untouched.
std::string lower(std::string_view text);
std::string upper(std::string_view text);
/// First letter upper, the rest lower (ASCII).
std::string capitalize(std::string_view text);
bool iequals(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// True for a well-formed UTF-8 text (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);
/// The number of UTF-16 code units of a UTF-8 text: what JavaScript clients call its length.
std::size_t utf16_length(std::string_view text);

}  // namespace maestro::text
