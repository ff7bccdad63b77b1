// Passwords: argon2id for new ones, bcrypt of imported users verified and upgraded.
#pragma once

#include <string>
#include <string_view>

namespace maestro::auth {

/// How hard a hash is to make. The default costs about 75 ms and 32 MiB: run it on a small pool.
struct PasswordCost {
  unsigned long long operations = 3;
  std::size_t memory_bytes = 32U << 20;
};

/// argon2id text ("$argon2id$v=19$…"). Aborts when memory is short: there is no weaker fallback.
std::string hash_password(std::string_view password, const PasswordCost& cost = {});

/// True when `password` made `hash` (argon2id, or bcrypt $2a$ $2b$ $2y$). A malformed hash is never equal.
bool verify_password(std::string_view hash, std::string_view password);

/// True for a hash that should be replaced at the next successful login.
bool needs_upgrade(std::string_view hash, const PasswordCost& cost = {});

/// Does the work of verify_password against a hash that nobody has: an unknown account costs what a known one does.
void waste_time(std::string_view password, const PasswordCost& cost = {});

}  // namespace maestro::auth
