// Sessions: the token that a signed-in person carries, and whom it stands for.
#pragma once

#include <string>
#include <string_view>

#include "auth/recall.h"
#include "auth/token.h"
#include "auth/touch.h"
#include "base/context.h"
#include "base/result.h"
#include "json/json.h"
#include "store/store.h"

namespace maestro::auth {

/// Thread-safe. A session token has the original's header and claims (_id, name, email, avatar, sub) and ours
/// (use:"session", iat, exp, ver, sid). `use` keeps other envelopes signed with the same secret from being sessions;
/// `sid` names the sign-in in the store, so that it can be ended. Tokens from before there was a `sid` go by `ver`.
class Sessions {
 public:
  static constexpr std::int64_t kLifetimeSeconds = std::int64_t{10} * 24 * 3600;

  Sessions(std::string secret, store::Store& store, const Clock& clock);

  /// From where somebody signs in, to be recognised in the list of sessions.
  struct Origin {
    std::string_view address;
    std::string_view agent;
  };
  /// What login answers: {"token", "user"} with `user` as the original's token payload.
  struct Issued {
    std::string token;
    json::Object user;
    bool administrator = false;
  };
  /// Signs in. `version` of the password that was checked.
  Result<Issued> open(const Context& context, const store::Document& user, std::int64_t version,
                      const Origin& origin) const;

  /// The signed-in person behind a token, in one read. kUnauthenticated: not a session, over, or ended. kForbidden
  /// "User not found": the account is gone.
  Result<Actor> authenticate(const Context& context, std::string_view token) const;
  /// The last answer to that, while it may still be right.
  std::optional<Recall::Known> recall(std::string_view token) const { return recall_.find(token, clock_.now()); }

  /// One's own sessions, the one used last first.
  Result<std::vector<store::Accounts::Login>> list(const Context& context) const;
  /// Ends one of one's own; kNotFound. It counts no more in any process when this returns.
  Result<void> end(const Context& context, const ObjectId& session) const;
  /// Ends all of one's own but the one that asks.
  Result<void> end_others(const Context& context) const;

 private:
  Result<Actor> ask(const Context& context, std::string_view token) const;
  std::string secret_;
  mutable TokenReader tokens_;
  mutable Recall recall_;
  store::Store& store_;
  const Clock& clock_;
  Touch touch_;
};

/// The user part of a login answer: _id, name, email, avatar (when set), sub.
json::Object session_user(const store::Document& user);

}  // namespace maestro::auth
