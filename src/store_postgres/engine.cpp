#include "store_postgres/engine.h"

#include <thread>

namespace maestro::store_postgres {

using store_sql::Lease;
using store_sql::Session;
using store_sql::stopped_error;

namespace {

constexpr std::size_t kWriters = 4;  // one in turn, the others for claims beside it
constexpr auto kSchemaWait = std::chrono::minutes(10);

}  // namespace

Result<void> lock_schema(Connection& connection) {
  // Asks again and again instead of waiting in the server: building an index beside running statements waits for those
  // that wait, too.
  const auto until = std::chrono::steady_clock::now() + kSchemaWait;
  for (;;) {
    store_sql::Query query = connection.query("SELECT pg_try_advisory_lock(7809, 1)");
    TRY(query.step());
    if (query.integer(0) != 0) return {};
    if (std::chrono::steady_clock::now() > until)
      return unavailable("Another process has been changing the database's schema for too long");
    std::this_thread::sleep_for(Millis(100));
  }
}

PostgresEngine::PostgresEngine(std::string url, std::size_t connections, std::unique_ptr<Connection> first)
    : url_(std::move(url)), readers_(std::max<std::size_t>(connections, kWriters + 1) - kWriters), writers_(kWriters) {
  idle_.push_back(std::move(first));
}

Result<Lease> PostgresEngine::lease(const Context& context, bool writing) {
  std::unique_ptr<Connection> connection;
  {
    std::unique_lock lock(mutex_);
    std::size_t& used = writing ? writing_ : reading_;
    const std::size_t most = writing ? writers_ : readers_;
    if (context.stopped() || !store_sql::wait_for(wake_, lock, context, [&] { return used < most; }))
      return stopped_error();
    ++used;
    while (!connection && !idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
      if (!connection->alive()) connection.reset();
    }
  }
  const auto back = [this, writing](std::unique_ptr<Session> session) { give_back(std::move(session), writing); };
  if (connection) {
    connection->watch(&context);
    // How the last transaction on it ended.
    if (!connection->settle().ok()) connection.reset();
  }
  if (!connection) {
    auto opened = Connection::open(url_, context);
    if (!opened.ok()) {
      give_back(nullptr, writing);
      return std::move(opened).error();
    }
    connection = std::move(opened).value();
  }
  connection->watch(&context);
  return Lease(std::move(connection), back);
}

void PostgresEngine::give_back(std::unique_ptr<Session> session, bool writing) {
  std::unique_ptr<Connection> connection(static_cast<Connection*>(session.release()));
  if (connection) {
    connection->watch(nullptr);
    // Of a read, or of a failed write.
    if (connection->in_transaction()) (void)(writing ? connection->execute("ROLLBACK") : connection->end_later());
    connection->scan() = {};
    if (!connection->alive() || connection->in_transaction()) connection.reset();
  }
  const std::scoped_lock lock(mutex_);
  if (connection) idle_.push_back(std::move(connection));
  --(writing ? writing_ : reading_);
  wake_.notify_all();
}

/// A connection in a transaction. One that the server has cut while it lay idle is replaced: nothing was done on it
/// yet.
Result<Lease> PostgresEngine::begun(const Context& context, bool writing, const std::string& begin) {
  for (std::size_t tries = readers_ + writers_;; --tries) {
    TRY_ASSIGN(Lease session, lease(context, writing));
    auto done = writing ? session->execute(begin) : static_cast<Connection&>(*session).begin_later(begin);
    if (done.ok()) return session;
    if (tries == 0 || static_cast<Connection&>(*session).alive()) return std::move(done).error();
  }
}

Result<Lease> PostgresEngine::read(const Context& context, bool snapshot) {
  if (!snapshot) return lease(context, false);
  // Not waited for: it goes with the first statement. Where the server has cut the connection meanwhile, that one
  // fails.
  return begun(context, false, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

Result<void> PostgresEngine::transaction(const Context& context, const std::string& begin, const Body& body) {
  TRY_ASSIGN(Lease lease, begun(context, true, begin));
  Session& session = *lease;
  const store_sql::Writing writing(this);
  struct Guard {
    Session& session;
    ~Guard() {
      // Also after the context has stopped: the lock of the writers hangs on it.
      session.watch(nullptr);
      if (session.in_transaction()) (void)session.execute("ROLLBACK");
    }
  } guard{session};
  TRY(body(session));
  TRY(static_cast<Connection&>(session).settle());
  if (static_cast<Connection&>(session).broken_transaction())
    return internal("A failed statement of a transaction was overlooked");
  session.watch(nullptr);  // a commit is waited for to the end: its outcome must be known
  return session.execute("COMMIT");
}

Result<void> PostgresEngine::write(const Context& context, store::Store::Priority priority, const Body& body) {
  TRY(store_sql::Writing::check(this));
  TRY_ASSIGN(const auto turn, queue_.take(context, priority));
  // One writer over all processes: revisions, history and counts follow the order of commits, and rules that look at
  // several rows see them all. Of bulk writers one at a time queues at that lock, so interactive ones pass them by.
  // What a page of discovery writes may be lost with the machine's power: it is read again.
  const bool bulk = priority == store::Store::Priority::kBulk;
  return transaction(context,
                     bulk ? "BEGIN; SET LOCAL synchronous_commit = off; SELECT pg_advisory_xact_lock(7809, 3); SELECT "
                            "pg_advisory_xact_lock(7809, 2)"
                          : "BEGIN; SELECT pg_advisory_xact_lock(7809, 2)",
                     body);
}

Result<void> PostgresEngine::write_aside(const Context& context, const Body& body) {
  TRY(store_sql::Writing::check(this));
  return transaction(context, "BEGIN; SET LOCAL synchronous_commit = off", body);
}

}  // namespace maestro::store_postgres
