// Tokens: who has signed in to the simulated OpenStack.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace maestro::cloudsim {

struct Token {
  std::string value;
  std::vector<std::string> methods;
  std::string user;
  std::string project;  ///< name; empty = unscoped
  bool system = false;
  bool admin = false;
  std::string audit_id;
  std::string application_id;  ///< when an application credential signed in
  Time issued, expires;
};

/// Thread-safe.
class Tokens {
 public:
  Tokens(const Clock& clock, Millis life) : clock_(clock), life_(life) {}

  /// Fills value, audit id and times.
  Token issue(Token token);
  /// Nullopt when it was never given out, has expired or was revoked.
  std::optional<Token> find(const std::string& value) const;
  bool revoke(const std::string& value);
  std::size_t revoke_all();
  std::size_t count() const;
  std::uint64_t issued() const;

 private:
  const Clock& clock_;
  const Millis life_;
  mutable std::mutex mutex_;
  std::uint64_t issued_ = 0;
  std::map<std::string, Token> tokens_;
};

}  // namespace maestro::cloudsim
