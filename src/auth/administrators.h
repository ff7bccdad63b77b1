// Administrators: who may change what belongs to nobody, and appoint others.
#pragma once

#include <set>
#include <string>

#include "base/context.h"
#include "base/result.h"
#include "store/store.h"

namespace maestro::auth {

/// Thread-safe. Kept apart from the documents of people: nobody else sees who is one. Changes are in the history of the
/// account. Who may appoint is the caller's business.
class Administrators {
 public:
  using Administrator = store::Accounts::Administrator;
  /// `named`: mail addresses whose accounts are administrators, in lower case.
  Administrators(store::Store& store, std::set<std::string, std::less<>> named)
      : store_(store), named_(std::move(named)) {}

  Result<std::vector<Administrator>> list(const Context& context) const;
  /// True when the person was none before. kNotFound: no such active person.
  Result<bool> appoint(const Context& context, const ObjectId& user) const;
  /// kNotFound: not an administrator. kConflict: the last one.
  Result<void> dismiss(const Context& context, const ObjectId& user) const;

  /// The accounts of the named addresses that exist already; at start.
  Result<void> appoint_named(const Context& context) const;
  /// After the account was inserted; `first` = the instance was empty before.
  Result<void> welcome(store::Transaction& tx, const store::Document& user, bool first) const;
  /// What an account that is being deleted holds: its administration, sessions and tokens.
  Result<void> farewell(store::Transaction& tx, const ObjectId& user) const;

 private:
  Result<bool> appoint(store::Transaction& tx, const ObjectId& user) const;

  store::Store& store_;
  std::set<std::string, std::less<>> named_;
};

/// The addresses of a setting: separated by commas or spaces, in lower case.
std::set<std::string, std::less<>> read_addresses(std::string_view text);

}  // namespace maestro::auth
