// The adapter's ports; each is a thin layer of statements over Core.
#pragma once

#include "store_sql/core.h"

namespace maestro::store_sql {

class SqlDocuments final : public store::Documents {
 public:
  explicit SqlDocuments(Core& core) : core_(core) {}
  Result<std::optional<store::Document>> find(const Context&, const model::Entity&, const ObjectId&) override;
  Result<std::optional<store::Document>> find(store::Transaction&, const model::Entity&, const ObjectId&) override;
  Result<std::optional<store::Document>> find_row(store::Transaction&, store::RowId) override;
  void expect_rows(store::Transaction&, const model::Entity&, std::vector<store::RowId>) override;
  Result<store::ListPage> list(const Context&, const store::ListSpec&) override;
  Result<std::int64_t> count(const Context&, const store::ListSpec&) override;
  Result<std::vector<store::Facet>> facets(const Context&, const store::FacetSpec&) override;
  Result<store::SearchPage> search(const Context&, const store::SearchSpec&) override;
  Result<std::optional<store::Document>> find_key(store::Transaction&, const model::Entity&, const Principal& owner,
                                                  std::string_view key) override;
  Result<std::vector<store::Document>> find_value(store::Transaction&, const model::Entity&,
                                                  const std::optional<Principal>& owner, std::string_view path,
                                                  std::string_view value, bool any_case, std::size_t limit) override;
  Result<std::vector<store::Document>> unseen(store::Transaction&, const model::Entity&, const Principal& owner,
                                              std::string_view key_prefix, std::size_t limit) override;
  Result<void> insert(store::Transaction&, store::Document&, const store::Change&) override;
  Result<void> update(store::Transaction&, const store::Document& before, store::Document& after,
                      const store::Change&) override;
  Result<void> note(store::Transaction&, const store::Document&, const store::Change&) override;
  Result<std::int64_t> expire(store::Transaction&, const model::Entity&, Time until, std::size_t limit) override;
  Result<void> erase(store::Transaction&, const store::Document&) override;
  Result<void> record(store::Transaction&, const store::HistoryRow&) override;
  Result<store::SetId> intern(store::Transaction&, const std::vector<store::RoleEntry>&) override;
  std::shared_ptr<const store::AccessSet> access(store::SetId) override;
  std::shared_ptr<const store::AccessSet> access(store::Transaction&, store::SetId) override;
  Result<std::vector<store::HistoryRow>> history(const Context&, const HistorySpec&) override;
  Result<store::TrailPage> trail(const Context&, const store::TrailSpec&) override;

 private:
  Core& core_;
};

class SqlVault final : public store::Vault {
 public:
  explicit SqlVault(Core& core) : core_(core) {}
  Result<std::optional<Credential>> credential(const Context&, const ObjectId& user) override;
  Result<void> set_credential(store::Transaction&, const ObjectId& user, std::string_view hash,
                              bool end_sessions) override;
  Result<std::optional<Sealed>> secret(const Context&, const ObjectId& document) override;
  Result<std::optional<Sealed>> secret(store::Transaction&, const ObjectId& document) override;
  Result<void> set_secret(store::Transaction&, const ObjectId& document, const Sealed&) override;
  Result<std::optional<std::string>> value(const Context&, std::string_view name) override;
  Result<void> set_value(store::Transaction&, std::string_view name, std::string_view value) override;

 private:
  Core& core_;
};

class SqlLedger final : public store::Ledger {
 public:
  explicit SqlLedger(Core& core) : core_(core) {}
  Result<void> insert_run(store::Transaction&, store::Run&) override;
  Result<void> update_run(store::Transaction&, store::Run&) override;
  Result<void> insert_scope(store::Transaction&, const ObjectId& connection, store::RunScope&) override;
  Result<std::int64_t> intern_scope(store::Transaction&, const ObjectId& connection, std::string_view resource,
                                    std::string_view region) override;
  Result<void> update_scope(store::Transaction&, store::RunScope&) override;
  Result<std::optional<store::Run>> find_run(const Context&, const ObjectId&) override;
  Result<std::optional<store::Run>> find_run(store::Transaction&, const ObjectId&) override;
  Result<std::optional<store::RunScope>> find_scope(store::Transaction&, std::int64_t id) override;
  Result<std::vector<store::RunScope>> scopes(const Context&, const ObjectId& run) override;
  Result<std::vector<store::RunScope>> scopes(store::Transaction&, const ObjectId& run) override;
  Result<RunPage> runs(const Context&, const ObjectId& connection, std::size_t limit, std::string_view cursor) override;
  Result<std::vector<store::Run>> latest_runs(const Context&, std::span<const ObjectId> connections) override;
  Result<std::vector<store::Run>> open_runs(store::Transaction&, const ObjectId& connection,
                                            std::string_view task) override;
  Result<std::vector<store::Run>> changed_runs(const Context&, std::int64_t after, std::size_t limit) override;
  Result<std::int64_t> last_seq(const Context&) override;
  Result<void> prune_runs(store::Transaction&, const ObjectId& connection, std::string_view task,
                          std::size_t keep) override;

  Result<std::vector<store::Sighting>> sightings(const Context&, std::int64_t scope) override;
  Result<void> see(store::Transaction&, std::int64_t scope, const store::Sighting&) override;
  Result<void> unsee(store::Transaction&, std::int64_t scope, std::string_view key) override;
  Result<std::vector<store::Seer>> seers(store::Transaction&, store::RowId) override;
  Result<std::vector<store::Seer>> seers(const Context&, store::RowId) override;
  Result<void> forget_hash(store::Transaction&, store::RowId) override;
  Result<std::vector<store::RowId>> unsee_connection(store::Transaction&, const ObjectId& connection,
                                                     std::size_t limit) override;
  Result<std::vector<std::int64_t>> seen_counts(const Context&, std::span<const ObjectId> connections) override;

  Result<void> insert_schedule(store::Transaction&, store::Schedule&) override;
  Result<void> update_schedule(store::Transaction&, const store::Schedule&) override;
  Result<void> delete_schedules(store::Transaction&, const ObjectId& connection) override;
  Result<std::vector<store::Schedule>> schedules(const Context&, const ObjectId& connection) override;
  Result<std::vector<store::Schedule>> due(const Context&, Time now, std::size_t limit) override;
  Result<bool> claim(store::Transaction&, const store::Schedule& as_read, Time next_at) override;

  Result<void> enqueue(store::Transaction&, store::Job&) override;
  Result<std::optional<store::Job>> claim_job(const Context&, std::string_view lane, std::string_view worker,
                                              Millis lease) override;
  Result<std::optional<store::Job>> claim_next(const Context&, std::string_view lane, std::string_view worker,
                                               Millis lease) override;
  Result<bool> extend_job(const Context&, const store::Job&, Millis lease) override;
  Result<void> check_lease(store::Transaction&, const store::Job&) override;
  Result<void> finish_job(store::Transaction&, const store::Job&) override;
  Result<void> release_job(store::Transaction&, const store::Job&, Time run_at) override;
  Result<std::int64_t> waiting_jobs(const Context&, std::string_view lane) override;

 private:
  Core& core_;
};

class SqlRequests final : public store::Requests {
 public:
  explicit SqlRequests(Core& core) : core_(core) {}
  Result<std::optional<Kept>> find(const Context&, const Principal&, std::string_view key) override;
  Result<void> remember(store::Transaction&, const Principal&, std::string_view key, const Kept&) override;
  Result<void> forget_expired(store::Transaction&, std::size_t limit) override;

 private:
  Core& core_;
};

class SqlAccounts final : public store::Accounts {
 public:
  explicit SqlAccounts(Core& core);
  Result<std::optional<Known>> by_login(const Context&, const ObjectId& user, const ObjectId& login) override;
  Result<std::optional<Known>> by_token(const Context&, std::string_view hash) override;
  Result<std::optional<store::Document>> with_email(const Context&, std::string_view email) override;
  Result<bool> any(const Context&) override;
  Result<bool> any(store::Transaction&) override;
  Result<void> add_login(store::Transaction&, const Login&) override;
  Result<std::vector<Login>> logins(const Context&, const ObjectId& user, Time now) override;
  Result<void> touch_login(store::Transaction&, const ObjectId& login, Time seen) override;
  Result<bool> end_login(store::Transaction&, const ObjectId& user, const ObjectId& login) override;
  Result<void> end_other_logins(store::Transaction&, const ObjectId& user, const ObjectId& keep) override;
  Result<void> forget_ended_logins(store::Transaction&, std::size_t limit) override;
  Result<void> add_token(store::Transaction&, const Token&, std::string_view hash) override;
  Result<std::vector<Token>> tokens(const Context&, const ObjectId& user) override;
  Result<std::vector<Token>> tokens(store::Transaction&, const ObjectId& user) override;
  Result<void> touch_token(store::Transaction&, const ObjectId& token, Time used) override;
  Result<bool> remove_token(store::Transaction&, const ObjectId& user, const ObjectId& token) override;
  Result<std::vector<Administrator>> administrators(const Context&) override;
  Result<std::vector<Administrator>> administrators(store::Transaction&) override;
  Result<bool> add_administrator(store::Transaction&, const ObjectId& user) override;
  Result<bool> remove_administrator(store::Transaction&, const ObjectId& user) override;
  Result<void> forget(store::Transaction&, const ObjectId& user) override;

 private:
  Core& core_;
  const Table& users_;
  std::string by_login_sql_, by_token_sql_;
};

/// The ports over one engine; what the adapters' open() returns.
class SqlStore final : public store::Store {
 public:
  SqlStore(std::unique_ptr<Engine> engine, const Clock& clock, std::vector<Table> tables)
      : engine_(std::move(engine)), core_{clock, std::move(tables), {}, *engine_, Memory(*engine_), nullptr} {}
  void observe(store::Observer& observer) override { core_.observer = &observer; }
  store::Documents& documents() override { return documents_; }
  store::Vault& vault() override { return vault_; }
  store::Ledger& ledger() override { return ledger_; }
  store::Requests& requests() override { return requests_; }
  store::Accounts& accounts() override { return accounts_; }
  Result<void> write(const Context& context, Priority priority, const Work& work) override;
  Result<void> tend(const Context& context) override;
  Core& core() { return core_; }
  static SqlStore& of(store::Store& store) { return static_cast<SqlStore&>(store); }

 private:
  std::unique_ptr<Engine> engine_;
  Core core_;
  SqlDocuments documents_{core_};
  SqlVault vault_{core_};
  SqlLedger ledger_{core_};
  SqlRequests requests_{core_};
  SqlAccounts accounts_{core_};
};

}  // namespace maestro::store_sql
