// ApiTokens: what a person gives to a program, so that it acts for them.
#pragma once

#include <string>
#include <string_view>

#include "auth/recall.h"
#include "auth/touch.h"
#include "base/context.h"
#include "base/result.h"
#include "store/store.h"

namespace maestro::auth {

/// "mst_", 43 characters of 32 random bytes, 6 of a checksum: a search for leaked secrets recognises one, and a
/// mistyped one asks no store.
std::string make_token_text();
bool is_token_text(std::string_view text);

/// Thread-safe. Only the SHA-256 of a token is kept: with 32 random bytes there is nothing to guess.
class ApiTokens {
 public:
  static constexpr std::string_view kPrefix = "mst_";
  static constexpr std::size_t kMost = 100;  ///< of one person

  ApiTokens(store::Store& store, const Clock& clock) : store_(store), clock_(clock), touch_(store, clock) {}

  struct Made {
    store::Accounts::Token token;
    std::string text;  ///< told this once
  };
  // All of the acting person; each change is in the history of their account.
  Result<Made> make(const Context& context, std::string_view name, bool writes, std::optional<Time> expires) const;
  Result<std::vector<store::Accounts::Token>> list(const Context& context) const;
  /// kNotFound. The token counts no more in any process when this returns.
  Result<void> revoke(const Context& context, const ObjectId& token) const;
  Result<void> revoke_all(const Context& context) const;

  /// The person whom a token stands for, in one read. kUnauthenticated otherwise.
  Result<Actor> authenticate(const Context& context, std::string_view text) const;
  /// The last answer to that, while it may still be right.
  std::optional<Recall::Known> recall(std::string_view text) const { return recall_.find(text, clock_.now()); }

 private:
  Result<Actor> ask(const Context& context, std::string_view text) const;
  store::Store& store_;
  const Clock& clock_;
  Touch touch_;
  mutable Recall recall_;
};

}  // namespace maestro::auth
