#include "cloudsim/openstack_tokens.h"

#include "base/crypto.h"
#include "base/text.h"

namespace maestro::cloudsim {

Token Tokens::issue(Token token) {
  token.value = "gAAAAA" + text::to_base64url(crypto::random_bytes(126));
  token.audit_id = text::to_base64url(crypto::random_bytes(16));
  token.issued = from_ms(to_ms(clock_.now()) / 1000 * 1000);
  if (token.expires == Time{}) token.expires = token.issued + life_;
  const std::lock_guard lock(mutex_);
  ++issued_;
  // A client that signs in for every request must not fill the memory.
  std::erase_if(tokens_, [now = clock_.now()](const auto& one) { return one.second.expires <= now; });
  tokens_.emplace(token.value, token);
  return token;
}

std::optional<Token> Tokens::find(const std::string& value) const {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(value);
  if (found == tokens_.end() || found->second.expires <= clock_.now()) return std::nullopt;
  return found->second;
}

bool Tokens::revoke(const std::string& value) {
  const std::lock_guard lock(mutex_);
  return tokens_.erase(value) != 0;
}

std::size_t Tokens::revoke_all() {
  const std::lock_guard lock(mutex_);
  const std::size_t count = tokens_.size();
  tokens_.clear();
  return count;
}

std::size_t Tokens::count() const {
  const std::lock_guard lock(mutex_);
  return tokens_.size();
}

std::uint64_t Tokens::issued() const {
  const std::lock_guard lock(mutex_);
  return issued_;
}

}  // namespace maestro::cloudsim
