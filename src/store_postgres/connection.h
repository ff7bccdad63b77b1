// Connection: libpq as a Session. Every call can be cut off by the watched context; results travel in binary form.
#pragma once

#include <libpq-fe.h>

#include <unordered_map>

#include "store_sql/session.h"

namespace maestro::store_postgres {

class Connection final : public store_sql::Session {
 public:
  /// `url` in libpq's form. Errors name host and database, never the password.
  static Result<std::unique_ptr<Connection>> open(const std::string& url, const Context& context);
  ~Connection() override;

  Result<void> execute(const std::string& sql) override;
  int changes() const override { return changes_; }
  bool in_transaction() const override;
  const store_sql::Dialect& dialect() const override;
  void watch(const Context* context) override { watched_ = context; }
  store_sql::Query stream(const store_sql::Sql& sql) override;
  /// COPY ... FROM STDIN. `next` appends the next piece to an empty text; false = it was the last one. Its error takes
  /// the statement back.
  Result<void> copy_in(const std::string& sql, const std::function<Result<bool>(std::string&)>& next);
  /// A statement has failed: what is committed now would be rolled back without a word.
  bool broken_transaction() const;
  /// Waits for what was sent and not waited for; its first error.
  Result<void> settle();
  /// Begins or ends a transaction that only reads, without waiting: goes with its first statement, or is looked at by
  /// settle() when the connection is used again.
  Result<void> begin_later(std::string_view sql);
  Result<void> end_later();
  /// False after the server has gone: the connection is of no more use.
  bool alive() const;

 protected:
  std::unique_ptr<store_sql::Statement> prepare(std::string_view sql, bool keep) override;

 private:
  class Prepared;
  using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;
  struct Known {
    std::string name;  ///< on the server; empty = not prepared there
    std::string sql;   ///< with $1, $2 ...
    int marks = 0;
  };

  explicit Connection(PGconn* connection) : connection_(connection) {}
  /// Sends what is queued and waits for the next result; null at the end of the command.
  Result<Answer> next_answer();
  /// All results of the running command; the last one, or the first error.
  Result<Answer> finish_command();
  /// Waits for the statements of the pipeline and ends it. The answer of the one behind the pending ones, when there is
  /// one.
  Result<Answer> finish_pipeline();
  Error error(const PGresult* result) const;
  Error lost() const;
  void drain();

  PGconn* connection_;
  const Context* watched_ = nullptr;
  int changes_ = 0;
  std::unordered_map<std::string, Known> known_;  ///< by the text with question marks
  std::size_t prepared_ = 0;
  std::optional<Error> late_;  ///< of what was not waited for, still to be told
  int pending_ = 0;     ///< statements sent without waiting; the connection is in pipeline mode while there are any
  bool ended_ = false;  ///< the last one of them has ended the transaction, and the server knows that no more come
};

/// PostgreSQL's spelling; lives as long as the program.
const store_sql::Dialect& postgres_dialect();

}  // namespace maestro::store_postgres
