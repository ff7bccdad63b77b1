#include "auth/password.h"

#include <crypt.h>
#include <sodium.h>

#include <cstdlib>
#include <mutex>

#include "base/crypto.h"

namespace maestro::auth {
namespace {

void ready() {
  static const int state = sodium_init();
  if (state < 0) std::abort();
}

bool is_bcrypt(std::string_view hash) {
  return hash.size() == 60 && (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$"));
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordCost& cost) {
  ready();
  std::string out(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str(out.data(), password.data(), password.size(), cost.operations, cost.memory_bytes) != 0)
    std::abort();
  out.resize(std::char_traits<char>::length(out.c_str()));
  return out;
}

bool verify_password(std::string_view hash, std::string_view password) {
  ready();
  const std::string stored(hash);
  if (is_bcrypt(hash)) {
    const std::string plain(password);
    crypt_data state{};
    const char* made = crypt_r(plain.c_str(), stored.c_str(), &state);
    return made != nullptr && crypto::equal(made, stored);
  }
  if (!hash.starts_with("$argon2id$")) return false;
  return crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0;
}

bool needs_upgrade(std::string_view hash, const PasswordCost& cost) {
  ready();
  if (is_bcrypt(hash)) return true;
  return crypto_pwhash_str_needs_rehash(std::string(hash).c_str(), cost.operations, cost.memory_bytes) != 0;
}

void waste_time(std::string_view password, const PasswordCost& cost) {
  static std::mutex guard;
  static std::string nobody;
  {
    const std::scoped_lock lock(guard);
    if (nobody.empty()) nobody = hash_password("nobody has this password", cost);
  }
  (void)verify_password(nobody, password);
}

}  // namespace maestro::auth
