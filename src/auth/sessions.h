// Sessions: the token that a signed-in person carries, and whom it stands for.
#pragma once

#include <string>
#include <string_view>

#include "base/context.h"
#include "base/result.h"
#include "json/json.h"
#include "store/store.h"

namespace maestro::auth {

/// Thread-safe. A session token has the original's header and claims (_id, name, email, avatar, sub) and ours
/// (use:"session", iat, exp, ver). `use` keeps other envelopes signed with the same secret from being sessions.
class Sessions {
 public:
  static constexpr std::int64_t kLifetimeSeconds = std::int64_t{10} * 24 * 3600;

  Sessions(std::string secret, store::Store& store, const Clock& clock);

  /// What login answers: {"token", "user"} with `user` as the original's token payload.
  struct Issued {
    std::string token;
    json::Object user;
  };
  Issued issue(const store::Document& user, std::int64_t version) const;

  /// The signed-in person behind a token. kUnauthenticated: not a session, over, or ended by a password change.
  /// kForbidden "User not found": the account is gone.
  Result<Actor> authenticate(const Context& context, std::string_view token) const;

 private:
  std::string secret_;
  store::Store& store_;
  const Clock& clock_;
};

/// The user part of a login answer: _id, name, email, avatar (when set), sub.
json::Object session_user(const store::Document& user);

}  // namespace maestro::auth
