#include "store_sql/memory.h"

#include "base/log.h"

namespace maestro::store_sql {
namespace {

constexpr std::int64_t kInline = 20'000;  // so many rows are read at once, more in the background

}  // namespace

Result<Standing> standing(Session& session, std::int64_t kind) {
  Query query = session.query(
      "SELECT (SELECT value FROM counter WHERE name = 'rev'), (SELECT value FROM counter WHERE name = 'epoch'), "
      "(SELECT max(id) FROM acl_set), (SELECT odd FROM kind WHERE id = ?), "
      "(SELECT coalesce(max(value), 0) FROM counter WHERE name = 'expired'), " +
      std::string(kIdentityStamp));
  query.bind(kind);
  TRY(query.step());
  return Standing{.rev = query.integer(0),
                  .epoch = query.integer(1),
                  .expired = query.integer(4),
                  .top_set = query.integer(2),
                  .odd = query.integer(3),
                  .identity = query.integer(5)};
}

Memory::~Memory() {
  for (std::jthread& loader : loaders_) loader.request_stop();
}

Memory::Slot& Memory::slot_of(const Table& table) {
  const std::scoped_lock lock(mutex_);
  auto& slot = slots_[&table];
  if (!slot) slot = std::make_unique<Slot>();
  return *slot;
}

void Memory::warm_up(const std::vector<Table>& tables) {
  for (const Table& table : tables) {
    Slot& slot = slot_of(table);
    const std::unique_lock lock(slot.mutex);
    if (slot.loading || slot.version >= 0) continue;
    slot.loading = true;
    load(table, slot);
  }
}

bool Memory::settled() {
  const std::scoped_lock lock(mutex_);
  return std::none_of(slots_.begin(), slots_.end(), [](const auto& each) {
    const std::shared_lock reading(each.second->mutex);
    return each.second->loading;
  });
}

namespace {

/// Both only grow, so their sum tells any two states apart.
std::int64_t epoch_of(const Standing& now, const Table& table) {
  return now.epoch + (table.entity->kept_days > 0 ? now.expired : 0);
}

}  // namespace

Result<void> Memory::catch_up(Session& session, const Standing& now, const std::vector<Table>& tables) {
  std::int64_t least = now.rev;
  for (const Table& table : tables) {
    Slot& slot = slot_of(table);
    const std::shared_lock lock(slot.mutex);
    if (slot.epoch == epoch_of(now, table) && slot.version >= 0) least = std::min(least, slot.version);
  }
  if (least == now.rev) return {};
  std::set<std::int64_t> changed;
  {
    Query kinds =
        session.query("SELECT k.id FROM kind k WHERE EXISTS (SELECT 1 FROM doc d WHERE d.kind = k.id AND d.rev > ?)");
    kinds.bind(least);
    for (;;) {
      TRY_ASSIGN(const bool row, kinds.step());
      if (!row) break;
      changed.insert(kinds.integer(0));
    }
  }
  for (const Table& table : tables) {
    if (changed.contains(table.kind)) continue;
    Slot& slot = slot_of(table);
    const std::unique_lock lock(slot.mutex);
    if (slot.epoch == epoch_of(now, table) && slot.version >= least && slot.version < now.rev) slot.version = now.rev;
  }
  return {};
}

Result<Memory::View> Memory::view(Session& session, const Standing& now, const Table& table) {
  const std::int64_t rev = now.rev;
  Slot& slot = slot_of(table);
  View view;
  for (;;) {
    {
      std::shared_lock lock(slot.mutex);
      const bool same = slot.epoch == epoch_of(now, table);
      if (same && slot.version == rev) {
        view.table_ = slot.table.get();
        view.lock_ = std::move(lock);
        return view;
      }
      if (same && slot.version > rev) {
        view.outdated = true;
        return view;
      }
    }
    std::unique_lock lock(slot.mutex);
    if (slot.epoch > epoch_of(now, table)) {
      view.outdated = true;
      return view;
    }
    if (slot.epoch < epoch_of(now, table)) {
      slot.table.reset();
      slot.version = -1;
      slot.epoch = epoch_of(now, table);
    }
    if (slot.version >= rev) continue;
    if (slot.version < 0) {
      if (slot.loading) return view;
      Query rows = session.query("SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM cnt WHERE kind = ?");
      rows.bind(table.kind);
      TRY(rows.step());
      if (rows.integer(0) > kInline) {
        slot.loading = true;
        load(table, slot);
        return view;
      }
      slot.table = std::make_unique<MemoryTable>(table);
    }
    if (auto pulled = slot.table->pull(session, slot.version); !pulled.ok()) {
      // Half of a change would be neither state.
      slot.table.reset();
      slot.version = -1;
      return std::move(pulled).error();
    }
    slot.version = rev;
  }
}

void Memory::load(const Table& table, Slot& slot) {
  const std::scoped_lock lock(mutex_);
  loaders_.emplace_back([this, &table, &slot](const std::stop_token& stop) {
    Context context;
    context.stop = stop;
    const auto begun = std::chrono::steady_clock::now();
    auto fresh = std::make_unique<MemoryTable>(table);
    Standing then;
    const auto read = [&]() -> Result<void> {
      TRY_ASSIGN(auto session, engine_.read(context, true));
      TRY_ASSIGN(then, standing(*session, 0));
      return fresh->pull(*session, -1);
    };
    const auto done = read();
    const std::unique_lock exclusive(slot.mutex);
    slot.loading = false;
    if (!done.ok()) {
      if (!stop.stop_requested()) log::warn("columns stay out of memory", {{"reason", done.error().message}});
      return;
    }
    const std::size_t rows = fresh->size();
    slot.table = std::move(fresh);
    slot.version = then.rev;
    slot.epoch = epoch_of(then, table);
    const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun).count();
    log::info("columns are in memory", {{"entity", table.entity->name}, {"rows", rows}, {"milliseconds", took}});
  });
}

}  // namespace maestro::store_sql
