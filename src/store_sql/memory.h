// Memory: the narrow columns of a kind in memory, to count, filter and sort without touching the database.
//
// A cache that is never wrong: a list uses it only when it stands at exactly the revision that the list's snapshot
// sees. What has changed since the last use is fetched first, by the revision of documents, so any number of processes
// may write. Some 20 bytes a document and its texts.
#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

#include "store_sql/memory_table.h"

namespace maestro::store_sql {

/// What decides whether something in memory is what a snapshot sees.
struct Standing {
  std::int64_t rev = 0, epoch = 0;
  std::int64_t expired = 0;   ///< grows when documents of a kind that expires have gone for good
  std::int64_t top_set = 0;   ///< the highest access set
  std::int64_t odd = 0;       ///< the odd bits of the kind that was asked for
  std::int64_t identity = 0;  ///< see store::Accounts::Known::stamp
  bool operator==(const Standing&) const = default;
};
Result<Standing> standing(Session& session, std::int64_t kind);

/// All kinds. Thread-safe.
class Memory {
 public:
  explicit Memory(Engine& engine) : engine_(engine) {}
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// A table at the session's snapshot, for as long as this lives; writers of the cache wait that long.
  class View {
   public:
    View() = default;
    explicit operator bool() const { return table_ != nullptr; }
    const MemoryTable* operator->() const { return table_; }
    const MemoryTable& operator*() const { return *table_; }
    /// The snapshot is older than the cache: a newer one would do.
    bool outdated = false;

   private:
    friend class Memory;
    const MemoryTable* table_ = nullptr;
    std::shared_lock<std::shared_mutex> lock_;
  };
  /// Begins to read every kind in the background; returns at once.
  void warm_up(const std::vector<Table>& tables);
  /// Whether no kind is being read.
  bool settled();

  /// Empty while a large table is still being read in the background. `now` of this session.
  Result<View> view(Session& session, const Standing& now, const Table& table);
  /// Before views of many kinds: those without a change are at the snapshot after one question for all.
  Result<void> catch_up(Session& session, const Standing& now, const std::vector<Table>& tables);

 private:
  struct Slot {
    std::shared_mutex mutex;
    std::unique_ptr<MemoryTable> table;
    std::int64_t version = -1;
    std::int64_t epoch = 0;  ///< grows when derived columns were rebuilt without a change of documents
    bool loading = false;
  };
  Slot& slot_of(const Table& table);
  void load(const Table& table, Slot& slot);

  Engine& engine_;
  std::mutex mutex_;
  std::map<const Table*, std::unique_ptr<Slot>> slots_;
  std::vector<std::jthread> loaders_;
};

}  // namespace maestro::store_sql
