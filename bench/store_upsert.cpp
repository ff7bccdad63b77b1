// Writes N servers through the store's ports as a discovery does (all new, none changed, 5 % changed, the rest
// changed), and beside each batch the very same rows with a plain program on the driver alone, into a database of its
// own with the same tables, indexes and durability. Prints what both cost; --json FILE keeps it.
//
//   store_upsert sqlite:FOLDER|postgresql://URL [--servers 100000] [--batch 2000] [--seed 1] [--json FILE]
//
// SQLite: FOLDER must not exist; it is removed at the end. PostgreSQL: databases of its own on that server, dropped at
// the end.
#include <cstring>
#include <filesystem>
#include <functional>
#include <unordered_map>

#include "base/crypto.h"
#include "demo/estate.h"
#include "inventory/provenance.h"
#include "measure.h"
#include "mirror.h"
#include "stores.h"

namespace maestro::bench {
namespace {

constexpr int kCacheMib = 256;
const std::string kNames[] = {"maestro_upsert", "maestro_upsert_bare", "maestro_upsert_copy"};

struct Options {
  std::string address;
  std::int64_t servers = 100'000;
  std::size_t batch = 2000;
  std::uint64_t seed = 1;
  std::string json_file;
};

/// A server as a connection finds it, in its n-th state.
struct Found {
  demo::Item item;
  json::Object fields;
  std::string key, hash;
};

/// The servers of an invented estate, in the order of its slices.
class Servers {
 public:
  explicit Servers(const Options& options) {
    demo::Options wanted{.documents = options.servers + options.servers / 4 + 1000, .seed = options.seed};
    while (kind_ < demo::kinds().size() && std::strcmp(demo::kinds()[kind_]->entity, "servers") != 0) ++kind_;
    do {
      estate_ = must(demo::Estate::make(wanted));
      wanted.documents += wanted.documents / 4;
    } while (estate_->count(kind_) < options.servers);
    for (const demo::Slice& slice : estate_->slices()) {
      if (slice.kind != kind_) continue;
      for (auto i = slice.first; i < slice.last && static_cast<std::int64_t>(places_.size()) < options.servers; ++i)
        places_.push_back({&slice, i});
    }
  }

  std::size_t size() const { return places_.size(); }
  const demo::Estate& estate() const { return *estate_; }

  Found found(std::size_t at, int round) const {
    const auto& [slice, index] = places_[at];
    Found out{.item = estate_->item(*slice, index), .fields = {}, .key = {}, .hash = {}};
    out.item.by_hand = false;
    const demo::Kind& kind = *demo::kinds()[kind_];
    kind.describe(out.item, round, out.fields);
    out.key = kind.key(out.item);
    json::Value value(std::move(out.fields));
    out.hash = crypto::sha256(json::canonical(value));
    out.fields = std::move(value.get_object());
    return out;
  }

  store::Document document(const Found& found) const {
    const demo::Item& item = found.item;
    store::Document out;
    out.id = item.id;
    out.entity = model::find_entity("servers");
    out.created = demo::kinds()[kind_]->created(item);
    out.updated = item.made;
    out.owner = item.place->owner.principal;
    out.key = std::string(demo::kinds()[kind_]->resource(*item.place)) + "|" + found.key;
    inventory::merge_reading(out, found.fields, {}, item.place->connection);
    out.body["accountant"] = json::Array{item.place->connection.hex()};
    return out;
  }

  std::int64_t set_of(const Found& found) const {
    return estate_->access_set(kind_, found.item.place, found.item.index);
  }

 private:
  std::size_t kind_ = 0;
  std::unique_ptr<const demo::Estate> estate_;
  std::vector<std::pair<const demo::Slice*, std::int64_t>> places_;
};

/// CPU of the backends that the product has open; what they had used at the first look is not counted.
class Backends {
 public:
  Backends(BareStore* look, std::string database) : look_(look), database_(std::move(database)) {}
  double seconds() {
    if (look_ == nullptr) return 0;
    double sum = 0;
    for (const Row& row : look_
                              ->read("SELECT pid::bigint FROM pg_stat_activity WHERE application_name = 'maestro' AND "
                                     "datname = '" +
                                     database_ + "'")
                              .rows)
      sum += seconds_of(static_cast<int>(std::get<std::int64_t>(row.at(0))));
    return sum;
  }

 private:
  BareStore* look_;
  std::string database_;
};

struct Phase {
  std::string name;
  std::int64_t documents = 0, written = 0;
  Cost product = {}, bare = {}, copy = {};
};

/// The databases of a run, and what is open on them.
class Bed {
 public:
  explicit Bed(const Options& options) : options_(options) {
    sqlite_ = is_sqlite(options.address);
    folder_ = sqlite_ ? options.address.substr(7) : "";
    if (sqlite_ && !std::filesystem::create_directory(folder_)) give_up("The folder must not exist: " + folder_);
    if (!sqlite_) {
      admin_ = open_bare_postgres(options.address);
      drop();
      for (const std::string& name : kNames) admin_->read("CREATE DATABASE " + name);
    }
    // Made and closed again: the same tables and indexes for all.
    for (const std::string& name : kNames)
      if (!sqlite_ || name != kNames[2]) (void)open_store(address(name), kCacheMib);
    store = open_store(address(kNames[0]), kCacheMib);
    reader = open(kNames[0]);
    bare = open(kNames[1]);
    if (!sqlite_) copy = open(kNames[2]);
    backends = std::make_unique<Backends>(admin_.get(), kNames[0]);
  }
  Bed(const Bed&) = delete;
  Bed& operator=(const Bed&) = delete;
  ~Bed() {
    store.reset();
    reader.reset();
    bare.reset();
    copy.reset();
    if (sqlite_) std::filesystem::remove_all(folder_);
    if (admin_) drop();
  }

  std::unique_ptr<store::Store> store;
  std::unique_ptr<BareStore> reader, bare, copy;
  std::unique_ptr<Backends> backends;

 private:
  std::string address(const std::string& name) const {
    return sqlite_ ? "sqlite:" + folder_ + "/" + name + ".db" : with_database(options_.address, name);
  }
  std::unique_ptr<BareStore> open(const std::string& name) const {
    // Half of a store's memory for pages is its writer's.
    return sqlite_ ? open_bare_sqlite(address(name).substr(7), kCacheMib * 1024 / 2)
                   : open_bare_postgres(address(name));
  }
  void drop() {
    for (const std::string& name : kNames) admin_->read("DROP DATABASE IF EXISTS " + name);
  }

  const Options& options_;
  bool sqlite_ = false;
  std::string folder_;
  std::unique_ptr<BareStore> admin_;
};

class Battery {
 public:
  explicit Battery(const Options& options)
      : options_(options), servers_(options), bed_(options), mirror_(*bed_.reader), rounds_(servers_.size(), 0) {
    const demo::Place& place = servers_.estate().places().front();
    context_.actor = {.principal = {Principal::Kind::kConnection, place.connection},
                      .name = place.connection_name(),
                      .email = {},
                      .user = {},
                      .run = ObjectId::generate()};
    store::Run run;
    run.id = context_.actor.run;
    run.connection = place.connection;
    run.task = "server-list";
    store::RunScope scope;
    scope.run = run.id;
    scope.resource = "aws/ec2_instances";
    scope.region = "all";
    must(write([&](store::Transaction& tx) -> Result<void> {
      TRY(bed_.store->ledger().insert_run(tx, run));
      return bed_.store->ledger().insert_scope(tx, place.connection, scope);
    }));
    scope_ = scope.scope;
  }

  void insert() {
    std::unordered_map<std::int64_t, store::SetId> sets;
    measure("all new", [&](Phase& phase) {
      for (std::size_t first = 0; first < servers_.size(); first += options_.batch) {
        const std::size_t last = std::min(first + options_.batch, servers_.size());
        std::vector<Found> found;
        std::vector<store::Document> documents;
        std::vector<store::Change> changes;
        std::vector<std::pair<std::int64_t, std::vector<store::RoleEntry>>> fresh;
        for (std::size_t i = first; i < last; ++i) {
          found.push_back(servers_.found(i, 0));
          documents.push_back(servers_.document(found.back()));
          changes.push_back({.verb = "create", .changes = inventory::describe_creation(documents.back())});
          const std::int64_t set = servers_.set_of(found.back());
          if (sets.emplace(set, 0).second) fresh.emplace_back(set, servers_.estate().access().entries(set));
        }
        product_.start();
        must(write([&](store::Transaction& tx) -> Result<void> {
          for (const auto& [set, entries] : fresh) {
            TRY_ASSIGN(sets[set], bed_.store->documents().intern(tx, entries));
          }
          for (std::size_t i = 0; i < documents.size(); ++i) {
            documents[i].access = sets[servers_.set_of(found[i])];
            TRY(bed_.store->documents().insert(tx, documents[i], changes[i]));
            TRY(bed_.store->ledger().see(tx, scope_,
                                         {.key = found[i].key, .row = documents[i].row, .hash = found[i].hash}));
          }
          return {};
        }));
        product_.stop();
        phase.written += static_cast<std::int64_t>(documents.size());
        const std::vector<Write> rows = mirror_.inserted(last == servers_.size());
        alone(rows);
        if (bed_.copy) {
          copy_.start();
          bed_.copy->copy(rows);
          copy_.stop();
        }
      }
    });
  }

  /// Every n-th server has changed once more; 0 = none.
  void update(const std::string& name, std::size_t nth) {
    measure(name, [&](Phase& phase) {
      product_.start();
      std::unordered_map<std::string, store::Sighting> known;
      for (store::Sighting& each : must(bed_.store->ledger().sightings(context_, scope_))) {
        std::string key = each.key;
        known.emplace(std::move(key), std::move(each));
      }
      product_.stop();
      for (std::size_t first = 0; first < servers_.size(); first += options_.batch) {
        const std::size_t last = std::min(first + options_.batch, servers_.size());
        std::vector<Found> found;
        for (std::size_t i = first; i < last; ++i) {
          if (nth != 0 && i % nth == 0) ++rounds_[i];
          found.push_back(servers_.found(i, rounds_[i]));
        }
        store::RowId low = 0, high = 0;
        std::int64_t written = 0;
        product_.start();
        std::vector<const Found*> differing;
        for (const Found& each : found)
          if (known.at(each.key).hash != each.hash) differing.push_back(&each);
        std::vector<store::RowId> rows;
        for (const Found* each : differing) rows.push_back(known.at(each->key).row);
        if (!differing.empty()) {
          must(write([&](store::Transaction& tx) -> Result<void> {
            written = 0;
            bed_.store->documents().expect_rows(tx, *model::find_entity("servers"), rows);
            for (const Found* each : differing) {
              const store::Sighting& seen = known.at(each->key);
              TRY_ASSIGN(const auto before, bed_.store->documents().find_row(tx, seen.row));
              if (!before) return internal("A row is gone");
              product_.stop();  // the merge is no work of the store
              store::Document after = *before;
              inventory::merge_reading(after, each->fields, {}, each->item.place->connection);
              store::Change change{.verb = "update", .changes = inventory::describe_changes(*before, after)};
              after.updated = tx.now();
              product_.start();
              TRY(bed_.store->documents().update(tx, *before, after, change));
              TRY(bed_.store->ledger().see(tx, scope_, {.key = each->key, .row = seen.row, .hash = each->hash}));
              low = low == 0 ? seen.row : std::min(low, seen.row);
              high = std::max(high, seen.row);
              ++written;
            }
            return {};
          }));
        }
        product_.stop();
        phase.written += written;
        if (written > 0) alone(mirror_.changed(*bed_.bare, low, high));
      }
      if (phase.written > 0) alone(mirror_.counted(*bed_.bare));
    });
  }

  /// The plain program must have written the same: else its figure says nothing.
  void compare() {
    for (const char* table :
         {"doc", "e_servers", "search", "address", "sighting", "history", "acl_set", "acl_entry", "cnt", "facet"}) {
      const std::string sql = fmt::format("SELECT count(*) FROM \"{}\"", table);
      const auto ours = bed_.reader->read(sql).rows, bare = bed_.bare->read(sql).rows;
      if (ours != bare)
        give_up(fmt::format("store_upsert: {} differs between the product and the plain program", table));
    }
    for (std::size_t first = 1; first <= servers_.size(); first += options_.batch)
      for (const Write& write : mirror_.changed(*bed_.bare, static_cast<std::int64_t>(first),
                                                static_cast<std::int64_t>(first + options_.batch - 1)))
        if (!write.rows.empty()) give_up("store_upsert: rows differ: " + write.sql);
    fmt::print("the plain program wrote the same rows\n");
  }

  const std::vector<Phase>& phases() const { return phases_; }

 private:
  Result<void> write(const store::Store::Work& work) {
    return bed_.store->write(context_, store::Store::Priority::kBulk, work);
  }

  void alone(const std::vector<Write>& rows) {
    bed_.bare->prepare(rows);
    bare_.start();
    bed_.bare->write(rows);
    bare_.stop();
  }

  void measure(const std::string& name, const std::function<void(Phase&)>& run) {
    Phase phase{.name = name, .documents = static_cast<std::int64_t>(servers_.size())};
    product_ = bare_ = copy_ = {};
    const auto server_of = [](const std::unique_ptr<BareStore>& store) {
      return store && store->backend() != 0 ? seconds_of(store->backend()) : 0.0;
    };
    const double others = process_seconds() - thread_seconds(), product = bed_.backends->seconds();
    const double bare = server_of(bed_.bare), copy = server_of(bed_.copy);
    run(phase);
    phase.product = product_.cost();
    phase.product.client += process_seconds() - thread_seconds() - others;  // threads of the store: checkpoints
    phase.product.server = bed_.backends->seconds() - product;
    phase.bare = bare_.cost();
    phase.bare.server = server_of(bed_.bare) - bare;
    phase.copy = copy_.cost();
    phase.copy.server = server_of(bed_.copy) - copy;
    print(phase);
    phases_.push_back(std::move(phase));
  }

  static void print(const Phase& phase) {
    const auto row = [&](const char* who, const Cost& cost) {
      if (cost.wall == 0) return;
      fmt::print("{:<14} {:<14} {:>8} {:>9.2f} {:>9.2f} {:>9.2f} {:>9.1f}", phase.name, who, phase.written, cost.wall,
                 cost.client, cost.server,
                 cost.cpu() / static_cast<double>(std::max<std::int64_t>(phase.documents, 1)) * 1e6);
      if (&cost != &phase.product)
        fmt::print("   product/this: CPU {:.2f}, wall {:.2f}", phase.product.cpu() / std::max(cost.cpu(), 1e-9),
                   phase.product.wall / cost.wall);
      fmt::print("\n");
    };
    row("product", phase.product);
    row("rows alone", phase.bare);
    row("rows by COPY", phase.copy);
    std::fflush(stdout);
  }

  const Options& options_;
  Servers servers_;
  Bed bed_;
  Mirror mirror_;
  std::vector<int> rounds_;
  Context context_;
  std::int64_t scope_ = 0;
  Meter product_, bare_, copy_;
  std::vector<Phase> phases_;
};

void save(const std::vector<Phase>& phases, const std::string& path) {
  const auto cost = [](const Cost& of) {
    return json::Object{{"wall_s", of.wall}, {"client_cpu_s", of.client}, {"server_cpu_s", of.server}};
  };
  json::Array rows;
  for (const Phase& phase : phases)
    rows.push_back(json::Object{{"phase", phase.name},
                                {"documents", phase.documents},
                                {"written", phase.written},
                                {"product", cost(phase.product)},
                                {"bare", cost(phase.bare)},
                                {"copy", cost(phase.copy)}});
  std::FILE* out = std::fopen(path.c_str(), "w");
  if (out == nullptr) give_up("Cannot write " + path);
  fmt::print(out, "{}\n", json::write(json::Value(std::move(rows))));
  std::fclose(out);
}

int run(int argc, char** argv) {
  Options options;
  if (argc > 1) options.address = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--servers") options.servers = std::max(100LL, std::atoll(value));
    if (name == "--batch") options.batch = static_cast<std::size_t>(std::max(1LL, std::atoll(value)));
    if (name == "--seed") options.seed = static_cast<std::uint64_t>(std::atoll(value));
    if (name == "--json") options.json_file = value;
  }
  if (options.address.empty()) {
    fmt::print(stderr,
               "store_upsert sqlite:FOLDER|postgresql://URL [--servers N] [--batch N] [--seed N] [--json FILE]\n");
    return 2;
  }
  Battery battery(options);
  fmt::print("{} servers, batches of {}, seed {}\n", options.servers, options.batch, options.seed);
  fmt::print("{:<14} {:<14} {:>8} {:>9} {:>9} {:>9} {:>9}\n", "phase", "who", "written", "wall s", "client s",
             "server s", "us/server");
  battery.insert();
  battery.update("none changed", 0);
  battery.update("5 % changed", 20);
  battery.update("100 % changed", 1);
  battery.compare();
  if (!options.json_file.empty()) save(battery.phases(), options.json_file);
  return 0;
}

}  // namespace
}  // namespace maestro::bench

int main(int argc, char** argv) { return maestro::bench::run(argc, argv); }
