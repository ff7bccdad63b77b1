// Bytes from outside that become text.
#pragma once

#include <string>

namespace maestro::text {

/// The text with U+FFFD for each byte that is no part of UTF-8: only such a text can become JSON.
std::string to_utf8(std::string text);

}  // namespace maestro::text
