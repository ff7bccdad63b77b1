#include "store_postgres/store.h"

#include <libpq-fe.h>

#include "store_postgres/engine.h"
#include "store_sql/ports.h"

namespace maestro::store_postgres {
namespace {

const SystemClock kSystemClock;

}  // namespace

Result<std::unique_ptr<store::Store>> open(const Options& options) {
  const Context context;
  TRY_ASSIGN(auto connection, Connection::open(options.url, context));
  TRY(lock_schema(*connection));
  TRY_ASSIGN(auto tables, store_sql::prepare_schema(*connection));
  TRY(connection->execute("SELECT pg_advisory_unlock(7809, 1)"));
  const Clock& clock = options.clock != nullptr ? *options.clock : kSystemClock;
  auto engine = std::make_unique<PostgresEngine>(options.url, options.connections, std::move(connection));
  return std::unique_ptr<store::Store>(
      std::make_unique<store_sql::SqlStore>(std::move(engine), clock, std::move(tables)));
}

std::string shown(const std::string& url) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &message);
  if (options == nullptr) {
    PQfreemem(message);
    return "postgresql";
  }
  std::map<std::string, std::string> parts;
  for (const PQconninfoOption* each = options; each->keyword != nullptr; ++each)
    if (each->val != nullptr) parts[each->keyword] = each->val;
  PQconninfoFree(options);
  return fmt::format("postgresql://{}{}{}/{}", parts["host"], parts["port"].empty() ? "" : ":", parts["port"],
                     parts["dbname"]);
}

}  // namespace maestro::store_postgres
