#include "auth/touch.h"

namespace maestro::auth {
namespace {
constexpr Millis kPatience{250};
constexpr Millis kRest{60'000};
}  // namespace

void Touch::write(const store::Store::Work& work) const {
  const Time now = clock_.now();
  if (to_ms(now) < not_before_.load()) return;
  Context context;
  context.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + kPatience;
  if (!store_.write(context, store::Store::Priority::kInteractive, work).ok()) not_before_ = to_ms(now + kRest);
}

}  // namespace maestro::auth
