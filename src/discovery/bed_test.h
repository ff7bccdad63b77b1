// Bed: a store on disk, fake clouds, an engine and a clock that stands still, for tests of discovery, schedules and
// jobs.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "auth/keyring.h"
#include "discovery/engine.h"
#include "discovery/fake_clouds_test.h"
#include "discovery/progress.h"
#include "inventory/inventory.h"
#include "inventory/provenance.h"

namespace maestro::discovery {

inline constexpr std::string_view kShapeYaml = "doc: test\nwire: xml\nservice: ec2\nversion: \"1\"\n";
inline constexpr std::string_view kMachinesYaml = R"(task: server-list
entity: servers
label: Machines
doc: Machines that can be asked for by id.
every: 5 minutes
shape: test
source: recorded
needs: [ec2:DescribeInstances]
list: {action: List}
items: Machines
confirm: {request: {action: List}, param: "Id.{n}"}
key: Id
map: {name: Name}
)";
inline constexpr std::string_view kBoxesYaml = R"(task: box-list
entity: servers
label: Boxes
doc: Machines that cannot be asked for by id.
every: 1 hours
shape: test
source: recorded
needs: [ec2:DescribeInstances]
list: {action: List}
items: Boxes
key: Id
map: {name: Name}
)";
inline constexpr std::string_view kSizesYaml = R"(task: flavor-list
entity: flavors
label: Sizes
doc: Sizes of machines.
every: 14 days
shape: test
source: recorded
needs: [ec2:DescribeInstances]
list: {action: List}
items: Sizes
key: Id
map: {name: Name}
)";

inline provider::Packs test_packs() {
  const EmbeddedFile files[] = {{"aws/shapes/test.yaml", kShapeYaml},
                                {"aws/machines.yaml", kMachinesYaml},
                                {"aws/boxes.yaml", kBoxesYaml},
                                {"aws/sizes.yaml", kSizesYaml}};
  auto packs = provider::Packs::load(files, "");
  if (!packs.ok()) ADD_FAILURE() << packs.error().message;
  return packs.ok() ? std::move(*packs) : provider::Packs();
}

/// What a kill -9 looks like from inside: nothing below the worker runs any further.
struct Crash {};

/// The store behind a switch that kills the worker right before or right after a transaction commits.
class CrashingStore final : public store::Store {
 public:
  explicit CrashingStore(std::unique_ptr<store::Store> real) : real_(std::move(real)) {}
  void observe(store::Observer& observer) override { real_->observe(observer); }
  store::Documents& documents() override { return real_->documents(); }
  store::Vault& vault() override { return real_->vault(); }
  store::Ledger& ledger() override { return real_->ledger(); }
  store::Requests& requests() override { return real_->requests(); }
  store::Accounts& accounts() override { return real_->accounts(); }
  Result<void> write(const Context& context, Priority priority, const Work& work) override {
    const bool here = armed && writes++ == crash_at;
    if (here && !after_commit) throw Crash();
    auto done = real_->write(context, priority, work);
    if (here) throw Crash();
    return done;
  }
  Result<void> tend(const Context& context) override { return real_->tend(context); }

  bool armed = false;
  int crash_at = 0;
  bool after_commit = false;
  int writes = 0;

 private:
  std::unique_ptr<store::Store> real_;
};

struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("maestro-" + ObjectId::generate().hex())) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

class Bed {
 public:
  template <typename Open>
  explicit Bed(Open open, Options options = {})
      : folder(),  // said for clang, which in a template takes it for uninitialized
        packs(test_packs()),
        keyring(*auth::Keyring::from_secret("a secret of at least thirty-two bytes")),
        store(std::make_unique<CrashingStore>(*open((folder.path / "m.db").string(), clock))),
        runs(*store, packs, keyring),
        engine(*store, clouds, packs, runs, clock, options),
        inventory(*store) {}

  static Context user(const ObjectId& id, const std::string& name = "ann") {
    return {.actor = {.principal = {Principal::Kind::kUser, id}, .name = name, .email = name + "@x.org", .user = id}};
  }
  Context ann() const { return user(ann_id); }

  /// A connection document with sealed credentials that lead to `account`.
  ObjectId connect(const ObjectId& owner, const std::string& account, const std::vector<std::string>& regions = {"r1"},
                   const std::string& datacenter = "111111111111111111111111") {
    json::Array list;
    for (const std::string& region : regions) list.emplace_back(region);
    const std::string mail = "ann@x.org";
    store::Document document;
    document.id = ObjectId::generate();
    document.entity = &connections_entity();
    document.owner = {Principal::Kind::kUser, owner};
    document.body = {{"name", "to " + account},
                     {"provider", "AWS"},
                     {"service", "iam_aws"},
                     {"status", "enabled"},
                     {"dc", "DC"},
                     {"dc_id", datacenter},
                     {"regions", std::move(list)},
                     {"owner_user", {{"_id", owner.hex()}, {"email", mail}, {"refs", "users"}, {"role", 7}}}};
    const auto done =
        store->write(user(owner), store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
          document.created = document.updated = tx.now();
          TRY_ASSIGN(document.access,
                     store->documents().intern(
                         tx, {{.principal = document.owner,
                               .role = 7,
                               .wire = {{"refs", "users"}, {"_id", owner.hex()}, {"email", mail}, {"role", 7}}}}));
          TRY(store->vault().set_secret(
              tx, document.id,
              keyring.seal(json::write(json::Object{{"account", account}}), auth::connection_context(document.id))));
          return store->documents().insert(tx, document, {.verb = "create", .changes = {}});
        });
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message);
    return document.id;
  }

  store::Document connection(const ObjectId& id) {
    return **store->documents().find(Context(), connections_entity(), id);
  }
  void set_connection(const ObjectId& id, const std::function<void(store::Document&)>& edit) {
    const auto done =
        store->write(ann(), store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
          TRY_ASSIGN(const auto before, store->documents().find(tx, connections_entity(), id));
          store::Document after = *before;
          edit(after);
          return store->documents().update(tx, *before, after, {.verb = "update", .changes = {}});
        });
    EXPECT_TRUE(done.ok());
  }
  void forget(const ObjectId& id) {
    const auto done =
        store->write(ann(), store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
          TRY_ASSIGN(const auto before, store->documents().find(tx, connections_entity(), id));
          store::Document after = *before;
          after.active = false;
          TRY(runs.forget(tx, id));
          return store->documents().update(tx, *before, after, {.verb = "delete", .changes = {}});
        });
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message);
  }

  store::Run start(const ObjectId& id, const std::string& task = "server-list") {
    auto started = runs.start(ann(), connection(id), {task}, kByUser);
    EXPECT_TRUE(started.ok()) << (started.ok() ? "" : started.error().message);
    return started.ok() ? started->front() : store::Run();
  }
  std::optional<store::Job> claim(const std::string& worker = "w1") {
    for (const char* lane : {kProviderLane, kBulkLane}) {
      auto job = store->ledger().claim_job(Context(), lane, worker, Millis(30'000));
      EXPECT_TRUE(job.ok());
      if (job.ok() && *job) return std::move(**job);
    }
    return std::nullopt;
  }
  /// Does jobs until none is due.
  int work() {
    int count = 0;
    while (auto job = claim()) {
      const auto done = engine.handle(Context(), *job);
      EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message);
      if (++count > 1000) ADD_FAILURE() << "jobs without end";
      if (count > 1000) break;
    }
    return count;
  }
  /// Does jobs, and lets the time pass that retries and the leases of dead workers take, until the run has ended.
  store::Run work_through(const store::Run& run) {
    for (int i = 0; i < 40; ++i) {
      try {
        work();
      } catch (const Crash&) {
        store->armed = false;
      }
      store::Run now = get(run);
      if (is_final(now.state) || now.state == store::RunState::kHeld) return now;
      clock.advance(Millis(11 * 60'000));
    }
    ADD_FAILURE() << "the run never ends";
    return get(run);
  }
  /// Starts a task and works until nothing is due; the run as it is then.
  store::Run discover(const ObjectId& id, const std::string& task = "server-list") {
    const store::Run run = start(id, task);
    work();
    return get(run);
  }
  store::Run get(const store::Run& run) { return *runs.get(Context(), run.id); }
  store::RunScope scope(const store::Run& run, std::size_t index = 0) {
    auto scopes = *runs.scopes(Context(), run.id);
    EXPECT_LT(index, scopes.size());
    return index < scopes.size() ? scopes[index] : store::RunScope();
  }

  /// All documents of an entity, inactive ones included.
  std::vector<store::Document> rows(const char* entity = "servers") {
    std::vector<store::Document> out;
    store::ListSpec spec{.entity = model::find_entity(entity),
                         .viewer = {.everything = true},
                         .active = std::nullopt,
                         .sort = "created_at",
                         .limit = 1000};
    const auto page = store->documents().list(Context(), spec);
    EXPECT_TRUE(page.ok());
    for (const auto& item : page->items) out.push_back(**store->documents().find(Context(), *spec.entity, item.id));
    return out;
  }
  std::optional<store::Document> row(const std::string& id, const ObjectId& owner) {
    for (store::Document& document : rows())
      if (document.owner.id == owner && json::text_or(document.body, "unique_id") == id) return std::move(document);
    return std::nullopt;
  }
  std::optional<store::Document> row(const std::string& id) { return row(id, ann_id); }
  std::set<std::string> active(const ObjectId& owner) {
    std::set<std::string> out;
    for (const store::Document& document : rows())
      if (document.active && document.owner.id == owner)
        out.insert(std::string(json::text_or(document.body, "unique_id")));
    return out;
  }
  std::set<std::string> active() { return active(ann_id); }
  std::vector<store::HistoryRow> history(const store::Document& document) {
    return *store->documents().history(Context(), {.row = document.row, .run = {}, .limit = 200});
  }
  std::vector<std::string> verbs(const store::Document& document) {
    std::vector<std::string> out;
    for (const auto& entry : history(document)) out.insert(out.begin(), entry.verb);
    return out;
  }
  std::size_t history_size() {
    return store->documents().history(Context(), {.row = {}, .run = {}, .limit = 100'000})->size();
  }

  static FakeItem named(const std::string& name) {
    return {.fields = {{"name", name}}, .flavor = {}, .keep = {}, .key = {}};
  }
  void fill(FakeClouds::Estate& estate, int count, int from = 0) {
    for (int i = from; i < from + count; ++i) estate[fmt::format("i-{:03}", i)] = named(fmt::format("vm {}", i));
  }

  Folder folder;
  FakeClock clock{from_ms(1'800'000'000'000)};
  provider::Packs packs;
  auth::Keyring keyring;
  std::unique_ptr<CrashingStore> store;
  FakeClouds clouds;
  Runs runs;
  Engine engine;
  inventory::Inventory inventory;
  ObjectId ann_id = ObjectId::generate();
  ObjectId bob_id = ObjectId::generate();
};

}  // namespace maestro::discovery
