// Pool: the connections of one database file as an Engine. One writer with a queue, readers on demand, checkpoints in
// the background.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/store.h"
#include "store_sql/write_queue.h"
#include "store_sqlite/connection.h"

namespace maestro::store_sqlite {

class Pool final : public store_sql::Engine {
 public:
  struct Settings {
    std::string path;
    std::size_t readers = 4;
    int cache_mib = 64;  ///< of all connections together
  };
  /// `writer` has been opened on the same file. `lock` is closed after the last connection: the file is free then.
  Pool(Settings settings, int lock, std::unique_ptr<Connection> writer);
  ~Pool() override;

  const store_sql::Dialect& dialect() const override { return sqlite_dialect(); }
  Result<store_sql::Lease> read(const Context& context, bool snapshot) override;
  Result<std::optional<store_sql::Lease>> read_beside(const Context& context) override;
  Result<void> write(const Context& context, store::Store::Priority priority, const Body& body) override;
  Result<void> write_aside(const Context& context, const Body& body) override {
    return write(context, store::Store::Priority::kInteractive, body);
  }

 private:
  /// For a reader that `in_use_` counts already.
  Result<store_sql::Lease> lend(const Context& context, bool snapshot);
  void give_back(std::unique_ptr<store_sql::Session> session);
  void checkpoint_loop(const std::stop_token& stop);
  void restart_log(Connection& connection, const std::stop_token& stop);
  static int on_commit(void* self, sqlite3*, const char*, int frames);

  Settings settings_;
  int lock_;
  int reader_cache_kib_;

  std::mutex read_mutex_;
  std::condition_variable_any read_wake_;
  std::vector<std::unique_ptr<store_sql::Session>> idle_;
  std::size_t in_use_ = 0;
  bool paused_ = false;  ///< no new reads: the log is about to be cut

  store_sql::WriteQueue queue_;
  std::unique_ptr<Connection> writer_;

  std::mutex checkpoint_mutex_;
  std::condition_variable_any checkpoint_wake_;
  int frames_ = 0;  ///< pages in the log after the last commit
  std::jthread checkpointer_;
};

}  // namespace maestro::store_sqlite
