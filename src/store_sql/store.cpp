#include "store_sql/ports.h"

namespace maestro::store_sql {

Result<void> SqlStore::write(const Context& context, Priority priority, const Work& work) {
  std::unordered_map<store::SetId, SetPtr> interned;
  TRY(engine_->write(context, priority, [&](Session& session) -> Result<void> {
    store_sql::Work transaction(context, core_.clock.now(), session);
    TRY(work(transaction));
    TRY(transaction.flush());
    interned = std::move(transaction.interned);
    return {};
  }));
  for (auto& [id, set] : interned) core_.sets.put(std::move(set));
  return {};
}

}  // namespace maestro::store_sql
