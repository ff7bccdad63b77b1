// Accounts: with what people come in (sessions, API tokens) and who administers the instance. Apart from documents, so
// that no projection can show it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "store/types.h"

namespace maestro::store {

class Transaction;

class Accounts {
 public:
  virtual ~Accounts() = default;

  /// A sign-in that has not ended.
  struct Login {
    ObjectId id = {};
    ObjectId user = {};
    std::int64_t version = 0;  ///< of the password that it was made with: a newer one ends it
    Time created{};
    Time seen{};  ///< coarse
    Time expires{};
    std::string address = {};
    std::string agent = {};
  };
  struct Token {
    ObjectId id = {};
    ObjectId user = {};
    std::string name = {};
    bool writes = false;
    Time created{};
    std::optional<Time> expires = {};
    std::optional<Time> used = {};  ///< to the day
  };

  /// What every request asks: one read.
  struct Known {
    ObjectId user = {};
    std::string name = {};
    std::string email = {};
    bool active = false;
    bool administrator = false;
    std::optional<std::int64_t> version = {};  ///< of the password
    std::optional<Login> login = {};           ///< without address and agent
    std::optional<Token> token = {};           ///< without its name
    /// Another one as soon as any of the above may have changed, for anybody; times that pass aside. find(),
    /// list(), count(), facets() and search() of documents tell theirs to Context::identity.
    std::int64_t stamp = 0;
  };
  /// `login` may be nil. nullopt: there is no such person.
  virtual Result<std::optional<Known>> by_login(const Context&, const ObjectId& user, const ObjectId& login) = 0;
  /// nullopt: no token has this hash.
  virtual Result<std::optional<Known>> by_token(const Context&, std::string_view hash) = 0;

  /// The active person of a mail address, letters in any case.
  virtual Result<std::optional<Document>> with_email(const Context&, std::string_view email) = 0;
  /// Whether anybody ever had an account here.
  virtual Result<bool> any(const Context&) = 0;
  virtual Result<bool> any(Transaction&) = 0;

  virtual Result<void> add_login(Transaction&, const Login&) = 0;
  /// Those that still count at `now`, the last one first.
  virtual Result<std::vector<Login>> logins(const Context&, const ObjectId& user, Time now) = 0;
  virtual Result<void> touch_login(Transaction&, const ObjectId& login, Time seen) = 0;
  /// False when the person has no such one.
  virtual Result<bool> end_login(Transaction&, const ObjectId& user, const ObjectId& login) = 0;
  /// All of the person but `keep` (nil: all), tokens that carry no id of a sign-in included.
  virtual Result<void> end_other_logins(Transaction&, const ObjectId& user, const ObjectId& keep) = 0;
  /// Removes up to `limit` of those that are over.
  virtual Result<void> forget_ended_logins(Transaction&, std::size_t limit) = 0;

  virtual Result<void> add_token(Transaction&, const Token&, std::string_view hash) = 0;
  /// The last one first, also those that have expired.
  virtual Result<std::vector<Token>> tokens(const Context&, const ObjectId& user) = 0;
  virtual Result<std::vector<Token>> tokens(Transaction&, const ObjectId& user) = 0;
  virtual Result<void> touch_token(Transaction&, const ObjectId& token, Time used) = 0;
  /// False when the person has no such one.
  virtual Result<bool> remove_token(Transaction&, const ObjectId& user, const ObjectId& token) = 0;

  struct Administrator {
    ObjectId user = {};
    std::string name = {};
    std::string email = {};
    Time since{};
  };
  /// Active ones, by seniority.
  virtual Result<std::vector<Administrator>> administrators(const Context&) = 0;
  virtual Result<std::vector<Administrator>> administrators(Transaction&) = 0;
  /// False when the person was one.
  virtual Result<bool> add_administrator(Transaction&, const ObjectId& user) = 0;
  /// False when the person was none.
  virtual Result<bool> remove_administrator(Transaction&, const ObjectId& user) = 0;

  /// All of the above that belongs to a person.
  virtual Result<void> forget(Transaction&, const ObjectId& user) = 0;
};

}  // namespace maestro::store
