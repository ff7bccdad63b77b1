#include "auth/keyring.h"

#include "base/crypto.h"
#include "base/text.h"

namespace maestro::auth {

Result<Keyring> Keyring::from_secret(std::string_view secret) {
  if (secret.size() < 32) return invalid("The encryption secret must have at least 32 characters");
  Keyring keyring;
  keyring.key_ = crypto::hmac_sha256(secret, "maestro secrets at rest v1");
  keyring.key_id_ = text::to_hex(crypto::hmac_sha256(secret, "maestro key fingerprint v1")).substr(0, 8);
  return keyring;
}

store::Vault::Sealed Keyring::seal(std::string_view plain, std::string_view context) const {
  return {.key_id = key_id_, .bytes = crypto::seal(key_, plain, context)};
}

Result<std::string> Keyring::open(const store::Vault::Sealed& sealed, std::string_view context) const {
  if (sealed.key_id != key_id_)
    return invalid(fmt::format("The secret was sealed with key {}, this process has key {}", sealed.key_id, key_id_));
  return crypto::open(key_, sealed.bytes, context);
}

std::string connection_context(const ObjectId& connection) { return "connections/" + connection.hex(); }

}  // namespace maestro::auth
