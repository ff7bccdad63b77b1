// Engine: a pool of connections to one PostgreSQL database, and its transactions.
#pragma once

#include <condition_variable>
#include <mutex>

#include "store_postgres/connection.h"
#include "store_sql/write_queue.h"

namespace maestro::store_postgres {

/// No other process changes the schema until the connection closes or unlocks it. Waits for one that does.
Result<void> lock_schema(Connection& connection);

class PostgresEngine final : public store_sql::Engine {
 public:
  /// `first` is open on the same database.
  PostgresEngine(std::string url, std::size_t connections, std::unique_ptr<Connection> first);

  const store_sql::Dialect& dialect() const override { return postgres_dialect(); }
  Result<store_sql::Lease> read(const Context& context, bool snapshot) override;
  /// Never: the server itself reads with several processes.
  Result<std::optional<store_sql::Lease>> read_beside(const Context& /*context*/) override {
    return std::optional<store_sql::Lease>();
  }
  Result<void> write(const Context& context, store::Store::Priority priority, const Body& body) override;
  Result<void> write_aside(const Context& context, const Body& body) override;

 private:
  /// `writing`: from those kept back for writers, so that readers cannot starve them.
  Result<store_sql::Lease> lease(const Context& context, bool writing);
  void give_back(std::unique_ptr<store_sql::Session> session, bool writing);
  Result<store_sql::Lease> begun(const Context& context, bool writing, const std::string& begin);
  Result<void> transaction(const Context& context, const std::string& begin, const Body& body);

  const std::string url_;
  const std::size_t readers_, writers_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t reading_ = 0, writing_ = 0;  ///< connections in use

  /// One connection of this process waits for the lock of the writers at a time.
  store_sql::WriteQueue queue_;
};

}  // namespace maestro::store_postgres
