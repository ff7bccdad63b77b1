// The cryptographic primitives that more than one module needs, over OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace maestro::crypto {

/// `count` bytes from the system's generator; aborts when it has none (nothing safe can follow).
std::string random_bytes(std::size_t count);

/// Raw digests (32 bytes; 20 for SHA-1, which serves compatibility only).
std::string sha256(std::string_view data);
std::string sha1(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);

/// Compares without telling by its duration where the first difference is; lengths may leak.
bool equal(std::string_view a, std::string_view b);

/// AES-256-GCM with a random nonce; the result is nonce (12) || ciphertext || tag (16). `key` is 32 bytes;
/// `context` is authenticated but not stored: the same text must be given to open().
std::string seal(std::string_view key, std::string_view plain, std::string_view context);
/// The reverse; kInvalid when the key, the context or a single bit differs.
Result<std::string> open(std::string_view key, std::string_view sealed, std::string_view context);

}  // namespace maestro::crypto
