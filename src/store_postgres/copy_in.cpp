// Rows in bulk: the COPY protocol of libpq.
#include "store_postgres/connection.h"

namespace maestro::store_postgres {

Result<void> Connection::copy_in(const std::string& sql, const std::function<Result<bool>(std::string&)>& next) {
  TRY(settle());
  if (PQsendQuery(connection_, sql.c_str()) == 0) return lost();
  TRY_ASSIGN(const Answer begun, next_answer());
  if (!begun || PQresultStatus(begun.get()) != PGRES_COPY_IN) {
    const Error wrong = begun ? error(begun.get()) : lost();
    (void)finish_command();
    return wrong;
  }
  // What the server cannot take yet is waited for here and not gathered in memory.
  struct Blocking {
    explicit Blocking(PGconn* c) : connection(c) { PQsetnonblocking(c, 0); }
    ~Blocking() { PQsetnonblocking(connection, 1); }
    PGconn* connection;
  } const blocking(connection_);
  std::string piece;
  for (bool more = true; more;) {
    piece.clear();
    auto made = next(piece);
    if (!made.ok()) {
      (void)PQputCopyEnd(connection_, "given up");
      (void)finish_command();
      return std::move(made).error();
    }
    more = *made;
    if (PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size())) != 1) break;
  }
  // An error of the server shows as the result of the command.
  if (PQputCopyEnd(connection_, nullptr) != 1) return lost();
  TRY(finish_command());
  return {};
}

}  // namespace maestro::store_postgres
