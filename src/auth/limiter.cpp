#include "auth/limiter.h"

#include <algorithm>

#include "base/ip.h"

namespace maestro::auth {
namespace {
constexpr std::size_t kMaxKeys = 100'000;
}

std::string client_of(std::string_view address) {
  auto ip = parse_ip(address);
  if (!ip) return std::string(address);
  if (!is_ipv4(*ip)) std::fill(ip->begin() + 8, ip->end(), static_cast<unsigned char>(0));
  return ip_text(*ip);
}

void Limiter::forget_old(Times& times) const {
  const Time limit = clock_.now() - window_;
  while (!times.empty() && times.front() <= limit) times.pop_front();
}

long long Limiter::wait_ms(const std::string& key) {
  if (failures_ == 0) return 0;
  const std::scoped_lock lock(mutex_);
  const auto found = failed_.find(key);
  if (found == failed_.end()) return 0;
  forget_old(found->second);
  if (found->second.empty()) {
    failed_.erase(found);
    return 0;
  }
  if (found->second.size() < failures_) return 0;
  return std::max<long long>(1, (found->second.front() + window_ - clock_.now()).count());
}

std::size_t Limiter::failed(const std::string& key) {
  if (failures_ == 0) return 0;
  const std::scoped_lock lock(mutex_);
  if (failed_.size() >= kMaxKeys) {
    // Somebody tries many accounts: keys whose window is over go first, then whatever comes.
    for (auto it = failed_.begin(); it != failed_.end();) {
      forget_old(it->second);
      it = it->second.empty() ? failed_.erase(it) : std::next(it);
    }
    for (auto it = failed_.begin(); it != failed_.end() && failed_.size() > kMaxKeys / 2;) it = failed_.erase(it);
  }
  Times& times = failed_[key];
  forget_old(times);
  if (times.size() < failures_) times.push_back(clock_.now());
  return times.size();
}

}  // namespace maestro::auth
