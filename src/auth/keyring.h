// Keyring: secrets at rest, sealed with AES-256-GCM under a named key.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace maestro::auth {

/// Immutable, thread-safe. The key itself never leaves this class.
class Keyring {
 public:
  /// `secret` is any text of at least 32 bytes; the key is derived from it.
  static Result<Keyring> from_secret(std::string_view secret);

  /// First 8 hex digits of the key's fingerprint: stored beside each sealed value and once for the installation.
  const std::string& key_id() const { return key_id_; }
  /// `context` binds the value to its place ("connections/<id>"): moved elsewhere it does not open.
  store::Vault::Sealed seal(std::string_view plain, std::string_view context) const;
  Result<std::string> open(const store::Vault::Sealed& sealed, std::string_view context) const;

 private:
  Keyring() = default;
  std::string key_;
  std::string key_id_;
};

/// The context under which a connection's credentials are sealed.
std::string connection_context(const ObjectId& connection);

}  // namespace maestro::auth
