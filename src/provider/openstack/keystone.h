// Keystone v3: signing in, the token, and the catalog of services that comes with it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "provider/provider.h"
#include "provider/transport.h"

namespace maestro::provider::openstack {

struct Endpoint {
  std::string type, region, url;
};

struct Token {
  std::string value;
  Time expires = Time::max();
  std::string project_id, project_name;
  std::vector<Endpoint> endpoints;  ///< public ones
};

/// The message of an OpenStack error body, whatever service wrote it; empty when it has none.
std::string fault_message(std::string_view body);
/// Keystone's address without a trailing slash or version.
std::string keystone_base(std::string_view url);

/// Thread-safe: one sign-in at a time, everybody else waits for its token.
class Keystone {
 public:
  Keystone(const Connection& connection, Transport& transport);
  /// A token good for at least two minutes. The error says what to check.
  Result<std::shared_ptr<const Token>> token(const Context& context);
  /// The provider refused this token: the next call signs in again. A newer token is left alone.
  void forget(const Token& token);
  const std::string& base() const { return base_; }
  /// True when the last failed sign-in got an answer of HTTP at all.
  bool reached() const;

 private:
  std::string sign_in_body() const;
  Result<std::shared_ptr<const Token>> sign_in(const Context& context, bool& reached) const;

  Transport& transport_;
  std::string base_;
  json::Object auth_;
  bool by_application_ = false;
  mutable std::mutex mutex_;
  std::condition_variable_any signed_in_;
  bool signing_in_ = false;  ///< somebody is at it; the lock is not held meanwhile
  std::shared_ptr<const Token> token_;
  bool reached_ = false;
};

}  // namespace maestro::provider::openstack
