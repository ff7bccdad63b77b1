#include "store_sqlite/pool.h"

#include <unistd.h>

#include "base/log.h"

namespace maestro::store_sqlite {
namespace {

constexpr int kCheckpointFrames = 16000;  // 64 MB: copied into the file beside running readers and writers
constexpr int kRestartFrames = 48000;     // 200 MB: readers and writers are held for a moment, the log starts over
constexpr auto kDrain = Millis(500);
constexpr std::size_t kLeft = 2;  // connections that a read on several leaves to others

}  // namespace

Pool::Pool(Settings settings, int lock, std::unique_ptr<Connection> writer)
    : settings_(std::move(settings)), lock_(lock), writer_(std::move(writer)) {
  settings_.readers = std::max<std::size_t>(settings_.readers, 1);
  reader_cache_kib_ = std::max(2048, settings_.cache_mib * 1024 / 2 / static_cast<int>(settings_.readers));
  sqlite3_wal_hook(writer_->raw(), on_commit, this);
  checkpointer_ = std::jthread([this](const std::stop_token& stop) { checkpoint_loop(stop); });
}

Pool::~Pool() {
  checkpointer_.request_stop();
  checkpointer_.join();
  idle_.clear();
  writer_.reset();  // the last connection to close empties the log
  ::close(lock_);
}

Result<store_sql::Lease> Pool::read(const Context& context, bool snapshot) {
  {
    std::unique_lock lock(read_mutex_);
    const auto ready = [&] { return !paused_ && in_use_ < settings_.readers; };
    if (context.stopped() || !store_sql::wait_for(read_wake_, lock, context, ready)) return store_sql::stopped_error();
    ++in_use_;
  }
  return lend(context, snapshot);
}

Result<std::optional<store_sql::Lease>> Pool::read_beside(const Context& context) {
  {
    const std::scoped_lock lock(read_mutex_);
    if (paused_ || in_use_ + kLeft >= settings_.readers) return std::optional<store_sql::Lease>();
    ++in_use_;
  }
  TRY_ASSIGN(store_sql::Lease lease, lend(context, true));
  return std::optional(std::move(lease));
}

Result<store_sql::Lease> Pool::lend(const Context& context, bool snapshot) {
  std::unique_ptr<store_sql::Session> session;
  {
    const std::scoped_lock lock(read_mutex_);
    if (!idle_.empty()) {
      session = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!session) {
    auto opened = Connection::open(settings_.path, Connection::Mode::kRead, reader_cache_kib_);
    if (!opened.ok()) {
      const std::scoped_lock lock(read_mutex_);
      --in_use_;
      read_wake_.notify_all();
      return std::move(opened).error();
    }
    session = std::move(opened).value();
  }
  store_sql::Lease lease(std::move(session),
                         [this](std::unique_ptr<store_sql::Session> back) { give_back(std::move(back)); });
  lease->watch(&context);
  if (snapshot) TRY(lease->query("BEGIN").run());
  return lease;
}

void Pool::give_back(std::unique_ptr<store_sql::Session> session) {
  session->watch(nullptr);
  bool clean = true;
  if (session->in_transaction()) clean = session->query("COMMIT").run().ok();
  if (!clean) (void)session->execute("ROLLBACK");
  session->scan() = {};
  const std::scoped_lock lock(read_mutex_);
  idle_.push_back(std::move(session));
  --in_use_;
  read_wake_.notify_all();
}

Result<void> Pool::write(const Context& context, store::Store::Priority priority, const Body& body) {
  TRY(store_sql::Writing::check(this));
  TRY_ASSIGN(const auto turn, queue_.take(context, priority));
  const store_sql::Writing writing(this);
  Connection& db = *writer_;
  struct Guard {
    Connection& db;
    ~Guard() {
      if (db.in_transaction()) (void)db.execute("ROLLBACK");
    }
  } guard{db};
  TRY(db.query("BEGIN IMMEDIATE").run());
  TRY(body(db));
  return db.query("COMMIT").run();
}

int Pool::on_commit(void* self, sqlite3*, const char*, int frames) {
  Pool& pool = *static_cast<Pool*>(self);
  const std::scoped_lock lock(pool.checkpoint_mutex_);
  pool.frames_ = frames;
  if (frames >= kCheckpointFrames) pool.checkpoint_wake_.notify_one();
  return SQLITE_OK;
}

void Pool::checkpoint_loop(const std::stop_token& stop) {
  std::unique_ptr<Connection> connection;
  int done = 0;  // frames in the log when it was copied last
  while (!stop.stop_requested()) {
    int frames = 0;
    {
      std::unique_lock lock(checkpoint_mutex_);
      if (frames_ < done) done = 0;  // the log has started over
      if (!checkpoint_wake_.wait(lock, stop, [&] {
            return frames_ >= kCheckpointFrames && (frames_ < done || frames_ - done >= kCheckpointFrames);
          }))
        return;
      frames = frames_;
    }
    if (!connection) {
      auto opened = Connection::open(settings_.path, Connection::Mode::kWrite, 2048);
      if (!opened.ok()) {
        log::warn("no connection for checkpoints", {{"reason", opened.error().message}});
        std::unique_lock lock(checkpoint_mutex_);
        (void)checkpoint_wake_.wait_until(lock, stop, std::chrono::system_clock::now() + std::chrono::seconds(5),
                                          [] { return false; });
        continue;
      }
      connection = std::move(opened).value();
      sqlite3_busy_timeout(connection->raw(), 0);
    }
    (void)sqlite3_wal_checkpoint_v2(connection->raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    done = frames;
    if (frames >= kRestartFrames) restart_log(*connection, stop);
  }
}

void Pool::restart_log(Connection& connection, const std::stop_token& stop) {
  // A log starts over only when nobody reads from it. Under constant readers that moment never comes by itself.
  Context context;
  context.stop = stop;
  context.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + std::chrono::seconds(10);
  const auto turn = queue_.take(context, store::Store::Priority::kInteractive);
  if (!turn.ok()) return;
  context.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + kDrain;
  {
    std::unique_lock lock(read_mutex_);
    paused_ = true;
    if (store_sql::wait_for(read_wake_, lock, context, [&] { return in_use_ == 0; })) {
      lock.unlock();
      (void)sqlite3_wal_checkpoint_v2(connection.raw(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
      lock.lock();
      const std::scoped_lock frames_lock(checkpoint_mutex_);
      frames_ = 0;
    }
    paused_ = false;
    read_wake_.notify_all();
  }
}

}  // namespace maestro::store_sqlite
