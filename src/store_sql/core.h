// Core: what the ports of one open database share, and the running transaction.
#pragma once

#include <map>
#include <mutex>
#include <unordered_map>

#include "store_sql/memory.h"
#include "store_sql/schema.h"
#include "store_sql/tables.h"

namespace maestro::store_sql {

using SetPtr = std::shared_ptr<const store::AccessSet>;
/// The role that a principal holds in each set, by set id.
using Roles = std::vector<unsigned char>;

/// Access sets in memory. Sets are immutable, so what is here never goes stale; it can only be short of new ones.
class AccessSets {
 public:
  Result<SetPtr> find(Session& connection, store::SetId id);
  /// Null when it is not in memory.
  SetPtr cached(store::SetId id);
  void put(SetPtr set);
  /// The set with this hash of its entries, when it has been asked for before.
  std::optional<store::SetId> known(const std::string& hash);
  void remember(const std::string& hash, store::SetId id);
  /// Complete for the connection's snapshot: reads the sets that came since the last time. The highest set id is the
  /// version that tells.
  Result<std::shared_ptr<const Roles>> roles(Session& connection, const Principal& principal);

 private:
  std::mutex mutex_;
  std::unordered_map<store::SetId, SetPtr> sets_;
  std::unordered_map<std::string, store::SetId> by_hash_;
  std::unordered_map<std::string, std::shared_ptr<const Roles>> roles_;
};

struct Core {
  const Clock& clock;
  std::vector<Table> tables;
  AccessSets sets;
  Engine& engine;
  Memory memory;
  store::Observer* observer = nullptr;

  const Table* table(const model::Entity& entity) const;
  const Table* table(std::int64_t kind) const;
};

/// The only kind of Transaction that this adapter's ports accept.
class Work final : public store::Transaction {
 public:
  Work(const Context& context, Time now, Session& session) : Transaction(context, now), db(session) {}

  Session& db;
  /// Row counts and sets of this transaction; they reach the tables and the cache at its end.
  std::map<std::tuple<std::int64_t, store::SetId, bool>, std::int64_t> counts;
  std::unordered_map<store::SetId, SetPtr> interned;
  std::unordered_map<std::string, store::SetId> interned_by_hash;
  /// Rows by value of a counted column.
  std::map<std::tuple<const Table*, std::size_t, bool, std::string>, std::int64_t> facets;

  /// The number of a new document: one writer at a time, so the next one is free.
  Result<store::RowId> next_row();
  Result<std::int64_t> next_rev();
  Result<std::int64_t> next_seq();
  /// Before COMMIT.
  Result<void> flush();

  static Work& of(store::Transaction& transaction) { return static_cast<Work&>(transaction); }

 private:
  std::int64_t rev_ = 0;
  store::RowId row_ = 0;
};

}  // namespace maestro::store_sql
