// Connections: made, changed and removed with their credentials, schedules and the flag on their datacenter, each in
// one transaction. Credentials are write-only: what goes out is a signed envelope with the secrets masked.
#pragma once

#include <string>

#include "auth/keyring.h"
#include "discovery/runs.h"
#include "inventory/inventory.h"
#include "provider/provider.h"
#include "schedule/schedules.h"

namespace maestro::connections {

/// What stands in `conn` of a connection: signed, its secrets masked. `method` may be nullptr: all are secrets then.
std::string make_envelope(std::string_view secret, const provider::Method* method, const json::Object& credentials,
                          const ObjectId& id);

/// Thread-safe.
class Connections {
 public:
  struct Parts {
    inventory::Inventory& inventory;
    discovery::Runs& runs;
    schedule::Schedules& schedules;
    const provider::Packs& packs;
    provider::Clouds& clouds;
    const auth::Keyring& keyring;
    std::string envelope_secret;  ///< MAESTRO_SECRETJWT
  };
  explicit Connections(Parts parts) : parts_(std::move(parts)) {}

  /// `conn` is an object of credentials. 422 for an unknown method of a known provider or reserved keys in `conn`; 400
  /// when the datacenter cannot be seen or changed. Every task of the provider gets its schedule, due at once.
  Result<inventory::View> create(const Context&, const json::Object& body,
                                 const inventory::Inventory::After& after = {});
  /// `conn` as read keeps the credentials; an object replaces them, where "********" keeps the stored value.
  Result<inventory::View> put(const Context&, const ObjectId&, const json::Object& body,
                              const inventory::Expected& expected = {});
  Result<inventory::Inventory::Patched> patch(const Context&, const ObjectId&, const json::Object& body,
                                              const inventory::Expected& expected = {});
  /// Also ends its schedules and runs, and clears the datacenter's flag with its last connection. What it discovered
  /// stays.
  Result<void> remove(const Context&, const ObjectId&, const inventory::Expected& expected = {});
  /// Undoes remove(): its schedules come back as they ended.
  Result<inventory::View> restore(const Context&, const ObjectId&, const inventory::Expected& expected = {});
  /// Tries a connection that need not be stored. With `_id` of a stored one, masked values are taken from it.
  Result<provider::TestReport> test(const Context&, const json::Object& body);

 private:
  using Sealed = std::optional<store::Vault::Sealed>;
  /// Reads `conn` of a body for a stored connection and its credentials: nullopt = keep what is stored.
  Result<std::optional<json::Object>> new_credentials(const store::Document& stored, const json::Object& known,
                                                      const json::Object& body) const;
  Result<json::Object> open_credentials(const Sealed& sealed, const ObjectId&) const;
  /// The body of a change as it is stored, for whom may change the connection.
  Result<json::Object> read_change(const Context&, const ObjectId& id, const json::Object& sent) const;
  inventory::Inventory::Hook update_hook(const json::Object& sent);

  Parts parts_;
};

}  // namespace maestro::connections
