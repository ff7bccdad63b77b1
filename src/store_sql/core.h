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
  /// The highest role that any of them holds, in each set up to `top_set`: complete for the snapshot whose highest set
  /// that is. Reads the sets that came since the last time.
  Result<std::shared_ptr<const Roles>> roles(Session& connection, const Readers& readers, std::int64_t top_set);

 private:
  Result<std::shared_ptr<const Roles>> roles(Session& connection, const Principal& principal, std::int64_t top_set);

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

/// What these roles open of a kind, by the counts in the database: a row a set.
Result<std::shared_ptr<const Visible>> read_visible(Session& session, const Table& table, const Roles& roles, int role,
                                                    const std::optional<bool>& active);

/// Rows that a transaction will ask for, read some at a time.
class ReadAhead {
 public:
  void expect(const Table& table, std::vector<store::RowId> rows);
  /// nullopt: not expected, or changed since, or of another kind.
  Result<std::optional<store::Document>> document(Session& session, store::RowId row);
  Result<std::optional<std::vector<store::Seer>>> seers(Session& session, store::RowId row);
  void forget_document(store::RowId row) { documents_.erase(row); }
  /// The sighting of this scope and key goes, or is of `row` (0 = none) from now on.
  void forget_seers(std::int64_t scope, std::string_view key, store::RowId row);

 private:
  /// The rows from this one on that are to be read with it; empty when it is not expected.
  std::vector<store::RowId> next(store::RowId row) const;

  const Table* table_ = nullptr;
  std::vector<store::RowId> rows_;
  std::unordered_map<store::RowId, std::size_t> places_;
  std::unordered_map<store::RowId, store::Document> documents_;
  std::set<store::RowId> documents_read_;
  std::unordered_map<store::RowId, std::vector<store::Seer>> seers_;
  std::set<store::RowId> seers_read_;
  std::map<std::pair<std::int64_t, std::string>, store::RowId> sightings_;  ///< behind seers_
};

/// The only kind of Transaction that this adapter's ports accept.
class Work final : public store::Transaction {
 public:
  Work(const Context& context, Time now, Session& session) : Transaction(context, now), db(session) {}

  Session& db;
  /// Row counts and sets of this transaction; they reach the tables and the cache at its end.
  std::map<std::tuple<std::int64_t, store::SetId, bool>, std::int64_t> counts;
  /// What somebody may sign in with, or whom it stands for, changes; see store::Accounts::Known::stamp.
  bool identity = false;
  std::unordered_map<store::SetId, SetPtr> interned;
  std::unordered_map<std::string, store::SetId> interned_by_hash;
  /// Rows by value of a counted column.
  std::map<std::tuple<const Table*, std::size_t, bool, std::string>, std::int64_t> facets;

  /// Documents as this transaction has read or written them last: what nobody else can have changed since.
  void know(store::RowId row, std::int64_t rev) { revs_[row] = rev; }
  std::optional<std::int64_t> known_rev(store::RowId row) const;
  ReadAhead ahead;

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
  std::unordered_map<store::RowId, std::int64_t> revs_;
};

}  // namespace maestro::store_sql
