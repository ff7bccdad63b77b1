// The values that pass through the store's ports.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/id.h"
#include "base/time.h"
#include "json/json.h"
#include "model/entity.h"

namespace maestro::store {

using RowId = std::int64_t;  ///< internal id of a document, unique over all kinds; never on the wire
using SetId = std::int64_t;  ///< interned access set; 0 = none (entities without access)

inline constexpr int kRead = 1;
inline constexpr int kWrite = 3;
inline constexpr int kAdmin = 7;

/// One holder of a role, as stored and shown.
struct RoleEntry {
  Principal principal;  ///< kind by `refs`; projects and organization are kNobody: shown, but grant nothing
  int role = 0;
  json::Object wire;  ///< the element as clients see it: {refs, _id, name?, email?, role}
};

/// A distinct set of roles. Never edited: a grant moves rows to another set.
struct AccessSet {
  SetId id = 0;
  std::vector<RoleEntry> entries;
  std::string wire;  ///< JSON array text of the elements, in order
  /// Highest role that the principal holds; 0 = none.
  int role_of(const Principal& principal) const;
  /// Highest role that any of them holds.
  int role_of(const Readers& readers) const;
};

/// A document: the narrow row and its body.
struct Document {
  RowId row = 0;  ///< 0 until inserted
  ObjectId id;
  const model::Entity* entity = nullptr;
  bool active = true;
  Time created{};
  Time updated{};
  std::int64_t rev = 0;  ///< store-wide counter of the last write; set by the store
  Principal owner;       ///< scope of `key`: two connections of one owner onto one account share rows
  std::string key;       ///< "<resource id>|<provider's id>"; empty for what a person made
  SetId access = 0;
  /// Every stored field except _id, created_at, updated_at, active and the access field.
  json::Object body;
  /// Who wrote which field, see inventory/provenance.h: {"c":{"<connection>":[paths]},"u":{"<path>":{"id","n","at"}}}.
  json::Object provenance;
};

/// What happened to a document, for its history. Actor, run and time come from the transaction.
struct Change {
  std::string verb = {};     ///< create update delete retire revive restore adopt grant told
  json::Array changes = {};  ///< [{"path","old"?,"new"?}]
  /// How much of it an observer should take for written; kept nowhere.
  enum class Extent { kUntold, kWhole, kPart, kGone } extent = Extent::kUntold;
  std::vector<std::string> fields = {};  ///< of kPart: the top-level fields that the writer named
};

struct HistoryRow {
  std::int64_t id = 0;  ///< grows with time over the whole store: the cursor of the feed
  RowId row = 0;
  ObjectId document = {};
  std::string entity = {};
  Time at{};
  std::string verb = {};
  Principal actor = {};
  std::string actor_name = {};
  ObjectId run = {};         ///< nil unless a discovery run did it
  std::string changes = {};  ///< JSON array text
};

/// History over many documents, as somebody may read it.
struct TrailSpec {
  Readers readers = {};  ///< read what one of them holds a role on now
  ObjectId self = {};    ///< of kinds without access, this document alone
  bool everything = false;
  const model::Entity* entity = nullptr;  ///< nullptr = every kind
  std::optional<ObjectId> run = {};
  std::optional<Principal> actor = {};
  std::int64_t before = 0;  ///< rows older than this history id; 0 = from the newest
  std::size_t limit = 50;
  std::size_t look = 5000;  ///< rows that are looked at for them at most
};
struct TrailRow {
  HistoryRow change = {};
  std::string name = {};  ///< of the document, as it is called now
  bool active = true;     ///< the document is
};
struct TrailPage {
  std::vector<TrailRow> rows = {};  ///< newest first; fewer than wanted when enough was looked at
  std::int64_t next = 0;            ///< `before` of the page after; 0 = there is nothing older
};

// ---- lists --------------------------------------------------------------------------------------------------------

/// One test on a dotted path. Arrays on the way: any element may satisfy it.
struct Condition {
  enum class Op {
    kEq,         ///< equal to one of `values` (text compares with text only)
    kRegex,      ///< case-insensitive RE2, un-anchored, on the text of a scalar; values[0] is the pattern
    kContains,   ///< case-insensitive substring; values[0]
    kStarts,     ///< case-insensitive prefix; values[0]
    kLess,       ///< numbers with a number, texts with a text (by bytes), ids and times in canonical form; values[0]
    kLessEq,     ///< same
    kGreater,    ///< same
    kGreaterEq,  ///< same
    kWithin,     ///< an address inside the network values[0] ("10.1.0.0/16", v6 too), or a network that lies in it
    kPair,       ///< an object whose `key` is values[0] and whose `value`, as text, is one of the rest (none: any)
    kAbsent,     ///< the path does not exist
    kNever,      ///< matches nothing
  };
  std::string path = {};  ///< declared path; "_id", "created_at", "updated_at", "active" included
  Op op = Op::kEq;
  std::vector<json::Value> values = {};
};
bool is_comparison(Condition::Op op);  ///< kLess to kGreaterEq

/// A filter tree: a leaf, or all, any or none of its children. kElement: one and the same element of the array at
/// `leaf.path` satisfies all children, whose paths count from the element.
struct Filter {
  enum class Kind { kAll, kAny, kLeaf, kNot, kElement } kind = Kind::kAll;
  Condition leaf = {};
  std::vector<Filter> children = {};
};

/// Whose eyes a list has: principals, of whom one must hold the role, or everything (entities without access, the
/// system).
struct Viewer {
  bool everything = false;
  Readers readers = {};
  int role = kRead;
};

/// How much a list may spend on its total.
enum class Count {
  kExact,
  kEstimate,  ///< exact where that is known at once, else a guess; ListPage::exact tells
  kNone,      ///< total stays -1 unless it is known at once
};

struct ListSpec {
  const model::Entity* entity = nullptr;
  Viewer viewer = {};
  Filter filter = {};
  std::optional<bool> active = true;  ///< nullopt = both
  std::string sort = "updated_at";    ///< any path; fast when its field declares an index
  bool descending = true;
  std::size_t limit = 20;
  std::size_t offset = 0;   ///< ignored with a cursor
  std::string cursor = {};  ///< from an earlier page with the same filter and sort; kInvalid when it is not
  Count count = Count::kExact;
};

struct ListItem {
  ObjectId id = {};
  SetId access = 0;
  bool active = true;
  /// The list projection as JSON object text with `_links`, see store/projection.h; access field not in it.
  std::string text = {};
};

struct ListPage {
  std::vector<ListItem> items = {};
  std::int64_t total = 0;     ///< -1 = not counted
  bool exact = true;          ///< false: `total` is a guess
  std::string next = {};      ///< cursor of the page after; empty at the end
  std::string previous = {};  ///< cursor of the page before; empty at the start
};

/// Values of indexed fields and how many documents of a list have each.
struct FacetSpec {
  ListSpec list = {};                    ///< filter, viewer and activity; sort, limit and cursor are ignored
  std::vector<std::string> fields = {};  ///< declared paths with a column; kInvalid for another
  std::size_t limit = 50;                ///< values a field, the most frequent first
};
struct Facet {
  std::string field = {};
  std::vector<std::pair<std::string, std::int64_t>> values = {};
  std::int64_t others = 0;   ///< documents with further values
  std::int64_t missing = 0;  ///< documents without a value that the column holds
};

/// A search as people type: names, ids, tags, addresses, over several kinds.
struct SearchSpec {
  std::string text = {};  ///< words that must all occur, a network ("10.1.0.0/16"), an address, or an id
  std::vector<const model::Entity*> kinds = {};
  Readers readers = {};  ///< see what one of them holds a role on, and everything of kinds without access
  bool everything = false;
  std::size_t limit = 10;   ///< hits a kind
  std::int64_t few = 2000;  ///< so few visible documents are looked through one by one; never changes what is found
};
struct SearchHit {
  ListItem item = {};
  std::string match = {};  ///< the text that matched, in lower case
};
struct SearchGroup {
  const model::Entity* entity = nullptr;
  std::vector<SearchHit> hits = {};  ///< best first
  std::int64_t found = 0;            ///< of those looked at
};
struct SearchPage {
  std::vector<SearchGroup> groups = {};  ///< best hit first
  bool capped = false;                   ///< there may be more: a longer text finds them
};

// ---- discovery's ledger -------------------------------------------------------------------------------------------

enum class RunState { kQueued, kRunning, kRetrying, kSuccess, kPartial, kFailed, kHeld, kCanceled };
const char* run_state_name(RunState state);
std::optional<RunState> run_state_from_name(std::string_view name);
/// True for success, partial, failed, canceled; a held scope still waits for a person.
bool is_final(RunState state);

struct Counts {
  std::int64_t seen = 0, created = 0, updated = 0, unchanged = 0, retired = 0, revived = 0, adopted = 0, errors = 0;
  Counts& operator+=(const Counts& other);
  json::Object to_json() const;
  static Counts from_json(const json::Object& object);
};

/// One execution of one task of one connection.
struct Run {
  ObjectId id = {};
  ObjectId connection = {};
  std::string task = {};
  std::string trigger = {};  ///< schedule, user, create
  ObjectId by = {};          ///< the person who asked; nil for a schedule
  std::string by_name = {};
  RunState state = RunState::kQueued;
  std::string message = {};
  bool cancel_requested = false;
  Time created{};
  std::optional<Time> started, finished;
  Counts counts;
  std::int64_t seq = 0;  ///< store-wide change counter: grows at each write of the run or of one of its scopes
};

/// One listing of a run: resource x region.
struct RunScope {
  std::int64_t id = 0;
  ObjectId run = {};
  std::int64_t scope = 0;  ///< interned (connection, resource, region): sightings hang on it
  std::string resource, region;
  RunState state = RunState::kQueued;
  int attempt = 0;
  int pages = 0;
  Counts counts;
  std::string message = {};
  std::string error_code = {};  ///< code_name(); empty = none
  std::string hint = {};
  json::Object held = {};  ///< {"vanished":n,"of":n,"names":[..],"keys":[..]} while held
  std::optional<Time> started, finished, next_attempt;
  bool approved = false;  ///< a person said yes to the drop
};

/// That a scope's last readings contained this item, and what it looked like.
struct Sighting {
  std::string key = {};
  RowId row = 0;
  std::string hash = {};  ///< of the item, any bytes; empty = reconcile it again at the next reading
};

/// Who sees a document now.
struct Seer {
  ObjectId connection = {};
  std::string resource, region;
};

struct Schedule {
  std::int64_t id = 0;
  ObjectId connection = {};
  std::string task = {};
  bool enabled = true;
  int every = 5;
  std::string period = "minutes";
  Time next_at{};
};

/// A unit of background work. Enqueued only inside the transaction of the change that wants it (the outbox).
struct Job {
  std::int64_t id = 0;
  std::string type = {};      ///< see jobs/: "discovery.plan", "discovery.scope" ...
  std::string lane = {};      ///< pool that runs it: "provider", "bulk"
  json::Object payload = {};  ///< never a secret
  Time run_at{};
  int attempt = 0;          ///< times claimed
  std::string worker = {};  ///< who holds the lease
  Time lease_until{};
};

}  // namespace maestro::store
