// Store: the ports through which everything durable passes. Behind them store_sql/ holds the statements, written once,
// and store_sqlite/ and store_postgres/ the engines.
//
// All ports are thread-safe. Reads see the last committed state. Writes happen inside Store::write(): one transaction
// over all ports, which may be run again (no I/O inside, no effects outside).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "store/accounts.h"
#include "store/types.h"

namespace maestro::store {

/// A running write transaction; made by Store::write() only. Carries actor, run and one point in time for all its rows.
class Transaction {
 public:
  virtual ~Transaction() = default;
  const Context& context() const { return context_; }
  Time now() const { return now_; }

 protected:
  Transaction(const Context& context, Time now) : context_(context), now_(now) {}

 private:
  const Context& context_;
  Time now_;
};

/// Documents of every declared kind, their access sets and their history.
class Documents {
 public:
  virtual ~Documents() = default;

  /// Also soft-deleted ones; no access check (callers hold the rules).
  virtual Result<std::optional<Document>> find(const Context&, const model::Entity&, const ObjectId&) = 0;
  virtual Result<std::optional<Document>> find(Transaction&, const model::Entity&, const ObjectId&) = 0;
  virtual Result<std::optional<Document>> find_row(Transaction&, RowId) = 0;
  /// A hint: these rows of an entity will be asked for in this transaction, in about this order. What find_row() and
  /// Ledger::seers() then say of them may have been read ahead, many with one statement; it is as true as without.
  virtual void expect_rows(Transaction&, const model::Entity&, std::vector<RowId>) = 0;
  virtual Result<ListPage> list(const Context&, const ListSpec&) = 0;
  virtual Result<std::int64_t> count(const Context&, const ListSpec&) = 0;
  virtual Result<std::vector<Facet>> facets(const Context&, const FacetSpec&) = 0;
  virtual Result<SearchPage> search(const Context&, const SearchSpec&) = 0;

  /// The row of an owner with this provider identity, soft-deleted ones included.
  virtual Result<std::optional<Document>> find_key(Transaction&, const model::Entity&, const Principal& owner,
                                                   std::string_view key) = 0;
  /// Active rows whose indexed text at `path` equals `value` (`any_case`: ASCII case ignored), of one owner or of all
  /// (nullopt). At most `limit`.
  virtual Result<std::vector<Document>> find_value(Transaction&, const model::Entity&,
                                                   const std::optional<Principal>& owner, std::string_view path,
                                                   std::string_view value, bool any_case, std::size_t limit) = 0;
  /// Active rows of an owner whose key starts with `prefix` and that no scope sees any more.
  virtual Result<std::vector<Document>> unseen(Transaction&, const model::Entity&, const Principal& owner,
                                               std::string_view key_prefix, std::size_t limit) = 0;

  /// Sets document.row and rev. Writes narrow row, body, list text, counts and one history row.
  virtual Result<void> insert(Transaction&, Document&, const Change&) = 0;
  /// `before` as read in this transaction; kConflict when the row moved on. Sets after.rev. An empty verb writes no
  /// history (server-kept fields only).
  virtual Result<void> update(Transaction&, const Document& before, Document& after, const Change&) = 0;

  /// History alone, for what is kept beside the document.
  virtual Result<void> note(Transaction&, const Document&, const Change&) = 0;
  /// Removes for good what was created before `until`, its history too: for kinds that are kept for a time only. At
  /// most `limit`; how many those were. The newest document of the store always stays.
  virtual Result<std::int64_t> expire(Transaction&, const model::Entity&, Time until, std::size_t limit) = 0;
  /// Removes a document as read in this transaction for good, its history too, as if it had never been: for what no
  /// person made and nothing refers to. kInternal for the newest document of the store, which always stays.
  virtual Result<void> erase(Transaction&, const Document&) = 0;
  /// Adds one row to the history of a document that is stored: what happened elsewhere, at its own time and by its own
  /// actor. `row`, `document` and `entity` say of which document. Times of one document must not go back.
  virtual Result<void> record(Transaction&, const HistoryRow&) = 0;

  /// The interned set of these entries (order kept).
  virtual Result<SetId> intern(Transaction&, const std::vector<RoleEntry>&) = 0;
  /// Never null for an id that a document carries; the empty set for 0. Cached.
  virtual std::shared_ptr<const AccessSet> access(SetId) = 0;
  /// As access(), inside the transaction that interned the set.
  virtual std::shared_ptr<const AccessSet> access(Transaction&, SetId) = 0;

  struct HistorySpec {
    std::optional<RowId> row = {};     ///< of one document
    std::optional<ObjectId> run = {};  ///< of one run
    std::optional<Principal> actor = {};
    std::int64_t before = 0;  ///< rows older than this history id; 0 = from the newest
    std::int64_t after = 0;   ///< rows newer than this id, oldest first (the feed); excludes `before`
    std::size_t limit = 50;
  };
  virtual Result<std::vector<HistoryRow>> history(const Context&, const HistorySpec&) = 0;
  /// Rows of documents that the reader may see now: access is judged by today's roles.
  virtual Result<TrailPage> trail(const Context&, const TrailSpec&) = 0;
};

/// Passwords and sealed secrets: apart from documents, so that no projection can show them.
class Vault {
 public:
  virtual ~Vault() = default;
  struct Credential {
    std::string hash;          ///< argon2id or bcrypt text
    std::int64_t version = 1;  ///< sessions of an older one are over
  };
  virtual Result<std::optional<Credential>> credential(const Context&, const ObjectId& user) = 0;
  /// Replaces the hash; `end_sessions` raises the version.
  virtual Result<void> set_credential(Transaction&, const ObjectId& user, std::string_view hash, bool end_sessions) = 0;

  struct Sealed {
    std::string key_id;
    std::string bytes;
  };
  virtual Result<std::optional<Sealed>> secret(const Context&, const ObjectId& document) = 0;
  virtual Result<std::optional<Sealed>> secret(Transaction&, const ObjectId& document) = 0;
  virtual Result<void> set_secret(Transaction&, const ObjectId& document, const Sealed&) = 0;

  /// Small values of the installation itself (key fingerprint, schema of the declarations).
  virtual Result<std::optional<std::string>> value(const Context&, std::string_view name) = 0;
  virtual Result<void> set_value(Transaction&, std::string_view name, std::string_view value) = 0;
};

/// Runs, scopes, sightings, schedules and jobs.
class Ledger {
 public:
  virtual ~Ledger() = default;

  // Runs. Every write of a run or scope raises the run's seq.
  virtual Result<void> insert_run(Transaction&, Run&) = 0;
  virtual Result<void> update_run(Transaction&, Run&) = 0;
  /// Interns (connection, resource, region) and sets id and scope.
  virtual Result<void> insert_scope(Transaction&, const ObjectId& connection, RunScope&) = 0;
  virtual Result<void> update_scope(Transaction&, RunScope&) = 0;
  virtual Result<std::optional<Run>> find_run(const Context&, const ObjectId&) = 0;
  virtual Result<std::optional<Run>> find_run(Transaction&, const ObjectId&) = 0;
  virtual Result<std::optional<RunScope>> find_scope(Transaction&, std::int64_t id) = 0;
  virtual Result<std::vector<RunScope>> scopes(const Context&, const ObjectId& run) = 0;
  virtual Result<std::vector<RunScope>> scopes(Transaction&, const ObjectId& run) = 0;
  /// Newest first; `before_seq_id` pages (a Run::created in ms and id, opaque; empty = newest).
  struct RunPage {
    std::vector<Run> runs;
    std::string next;
  };
  virtual Result<RunPage> runs(const Context&, const ObjectId& connection, std::size_t limit,
                               std::string_view cursor) = 0;
  /// The newest run of each task of each connection.
  virtual Result<std::vector<Run>> latest_runs(const Context&, std::span<const ObjectId> connections) = 0;
  /// Not yet final runs of a connection's task (all tasks when empty).
  virtual Result<std::vector<Run>> open_runs(Transaction&, const ObjectId& connection, std::string_view task) = 0;
  /// Runs with seq > `after`, oldest change first, at most `limit`.
  virtual Result<std::vector<Run>> changed_runs(const Context&, std::int64_t after, std::size_t limit) = 0;
  virtual Result<std::int64_t> last_seq(const Context&) = 0;
  /// Deletes finished runs beyond the newest `keep` of each connection and task; their scopes go with them.
  virtual Result<void> prune_runs(Transaction&, const ObjectId& connection, std::string_view task,
                                  std::size_t keep) = 0;

  /// The interned (connection, resource, region), as insert_scope() uses it.
  virtual Result<std::int64_t> intern_scope(Transaction&, const ObjectId& connection, std::string_view resource,
                                            std::string_view region) = 0;

  // Sightings.
  virtual Result<std::vector<Sighting>> sightings(const Context&, std::int64_t scope) = 0;
  virtual Result<void> see(Transaction&, std::int64_t scope, const Sighting&) = 0;
  virtual Result<void> unsee(Transaction&, std::int64_t scope, std::string_view key) = 0;
  virtual Result<std::vector<Seer>> seers(Transaction&, RowId) = 0;
  virtual Result<std::vector<Seer>> seers(const Context&, RowId) = 0;
  /// Empties the hashes of a row's sightings: the next reading reconciles it again.
  virtual Result<void> forget_hash(Transaction&, RowId) = 0;
  /// Removes up to `limit` sightings of a connection and returns their rows; empty = none left.
  virtual Result<std::vector<RowId>> unsee_connection(Transaction&, const ObjectId& connection, std::size_t limit) = 0;
  /// How many documents each connection sees now, in the order asked.
  virtual Result<std::vector<std::int64_t>> seen_counts(const Context&, std::span<const ObjectId> connections) = 0;

  // Schedules.
  virtual Result<void> insert_schedule(Transaction&, Schedule&) = 0;
  virtual Result<void> update_schedule(Transaction&, const Schedule&) = 0;
  virtual Result<void> delete_schedules(Transaction&, const ObjectId& connection) = 0;
  virtual Result<std::vector<Schedule>> schedules(const Context&, const ObjectId& connection) = 0;
  virtual Result<std::vector<Schedule>> due(const Context&, Time now, std::size_t limit) = 0;
  /// Compare-and-set on next_at: true for exactly one of any number of claimers.
  virtual Result<bool> claim(Transaction&, const Schedule& as_read, Time next_at) = 0;

  // Jobs.
  virtual Result<void> enqueue(Transaction&, Job&) = 0;
  /// Leases the oldest due job of a lane to `worker`; nullopt when there is none. An expired lease is due again.
  virtual Result<std::optional<Job>> claim_job(const Context&, std::string_view lane, std::string_view worker,
                                               Millis lease) = 0;
  /// The same in a lane whose jobs are done one after the other, over all processes: nullopt while its oldest job is
  /// leased or waits for another try.
  virtual Result<std::optional<Job>> claim_next(const Context&, std::string_view lane, std::string_view worker,
                                                Millis lease) = 0;
  /// False when the lease is no longer this worker's: its work must be dropped.
  virtual Result<bool> extend_job(const Context&, const Job&, Millis lease) = 0;
  /// Fence: kConflict inside a transaction of a worker that lost its lease.
  virtual Result<void> check_lease(Transaction&, const Job&) = 0;
  virtual Result<void> finish_job(Transaction&, const Job&) = 0;
  /// Gives the job back, due at `run_at`.
  virtual Result<void> release_job(Transaction&, const Job&, Time run_at) = 0;
  virtual Result<std::int64_t> waiting_jobs(const Context&, std::string_view lane) = 0;
};

/// First answers to requests that carry a key of their client, so that a repetition gets the same one.
class Requests {
 public:
  virtual ~Requests() = default;
  struct Kept {
    std::string hash;  ///< of the request, any bytes
    int status = 0;
    std::string body;
    Time expires{};
  };
  /// nullopt also for one that has expired.
  virtual Result<std::optional<Kept>> find(const Context&, const Principal&, std::string_view key) = 0;
  /// kConflict when one is kept already that has not expired: the first answer stays.
  virtual Result<void> remember(Transaction&, const Principal&, std::string_view key, const Kept&) = 0;
  /// Removes up to `limit` of those that have expired.
  virtual Result<void> forget_expired(Transaction&, std::size_t limit) = 0;
};

/// Learns of every write of a document inside its transaction, so that what has to follow is durable with it or not
/// there at all. Thread-safe; no I/O.
class Observer {
 public:
  virtual ~Observer() = default;
  /// `before` is nullptr for a new document. An error undoes the write.
  virtual Result<void> written(Transaction&, const Document* before, const Document& after, const Change&) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  /// Before the first write; `observer` outlives the last one.
  virtual void observe(Observer& observer) = 0;
  virtual Documents& documents() = 0;
  virtual Vault& vault() = 0;
  virtual Ledger& ledger() = 0;
  virtual Requests& requests() = 0;
  virtual Accounts& accounts() = 0;

  enum class Priority { kInteractive, kBulk };  ///< an interactive writer goes before waiting bulk ones
  using Work = std::function<Result<void>(Transaction&)>;
  /// Commits when `work` succeeds (the write then survives the death of any process), rolls back when it fails and
  /// returns its error. kUnavailable when the deadline passes while waiting for the writer or the disk refuses.
  virtual Result<void> write(const Context&, Priority, const Work& work) = 0;

  /// What a database wants after much was written and does not do by itself at once. Cheap when there is nothing to do:
  /// to be called after a load, and now and then while the store is served.
  virtual Result<void> tend(const Context&) = 0;
};

}  // namespace maestro::store
