#include "auth/recall.h"

#include "base/crypto.h"

namespace maestro::auth {
namespace {

constexpr std::size_t kMost = 10'000;

}  // namespace

std::optional<Recall::Known> Recall::find(std::string_view credentials, Time now) {
  const std::string key = crypto::sha256(credentials);
  const std::scoped_lock lock(mutex_);
  const auto found = known_.find(key);
  if (found == known_.end()) return std::nullopt;
  if (now < found->second.until) return found->second;
  known_.erase(found);
  return std::nullopt;
}

void Recall::put(std::string_view credentials, Known known) {
  const std::string key = crypto::sha256(credentials);
  const std::scoped_lock lock(mutex_);
  if (known_.size() >= kMost) known_.clear();
  known_.insert_or_assign(key, std::move(known));
}

void Recall::forget(std::string_view credentials) {
  const std::string key = crypto::sha256(credentials);
  const std::scoped_lock lock(mutex_);
  known_.erase(key);
}

}  // namespace maestro::auth
