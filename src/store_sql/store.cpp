#include "store_sql/store.h"

#include "store_sql/ports.h"

namespace maestro::store_sql {

Result<void> SqlStore::write(const Context& context, Priority priority, const Work& work) {
  std::unordered_map<store::SetId, SetPtr> interned;
  std::unordered_map<std::string, store::SetId> by_hash;
  TRY(engine_->write(context, priority, [&](Session& session) -> Result<void> {
    store_sql::Work transaction(context, core_.clock.now(), session);
    TRY(work(transaction));
    TRY(transaction.flush());
    interned = std::move(transaction.interned);
    by_hash = std::move(transaction.interned_by_hash);
    return {};
  }));
  for (auto& [id, set] : interned) core_.sets.put(std::move(set));
  for (const auto& [hash, id] : by_hash) core_.sets.remember(hash, id);
  return {};
}

Result<void> SqlStore::tend(const Context& context) {
  TRY_ASSIGN(auto session, engine_->read(context, false));
  return engine_->dialect().tend(*session);
}

void warm_up(store::Store& store) {
  Core& core = SqlStore::of(store).core();
  core.memory.warm_up(core.tables);
}

bool is_warm(store::Store& store) { return SqlStore::of(store).core().memory.settled(); }

}  // namespace maestro::store_sql
