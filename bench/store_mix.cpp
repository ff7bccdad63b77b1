// Many writers and readers at once on a store that `maestro demo-data` has filled, then an account of what happened:
// every counter holds what was acknowledged, no call was refused, counts and the whole store are right. Exits 1 when
// anything is not. It changes the store for good: give it a copy.
//
//   store_mix sqlite:PATH|postgresql://URL [--seconds 60] [--writers 64] [--readers 64] [--json FILE]
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "measure.h"
#include "store_sql/store.h"
#include "stores.h"

namespace maestro::bench {
namespace {

using store::Condition;
using store::Document;
using store::ListSpec;
using store::Store;

constexpr int kCacheMib = 256;
constexpr std::size_t kCounters = 2000;
constexpr std::size_t kHot = 20;  // of them, which every third write goes to: writers meet there
constexpr auto kPatience = std::chrono::seconds(30);

struct Options {
  std::string address;
  int seconds = 60, writers = 64, readers = 64;
  std::string json_file;
};

/// Milliseconds by what was done.
using Times = std::map<std::string, std::vector<double>>;

struct Counter {
  ObjectId id;
  std::int64_t start = 0;
  std::atomic<std::int64_t> added = 0;  ///< acknowledged
};

const model::Entity& servers() { return *model::find_entity("servers"); }

store::Filter leaf(std::string path, Condition::Op op, json::Value value) {
  store::Filter out;
  out.kind = store::Filter::Kind::kLeaf;
  out.leaf = {std::move(path), op, {std::move(value)}};
  return out;
}

class Mix {
 public:
  Mix(Store& store, const Options& options) : store_(store), options_(options) {
    for (const char* email : {"demo-all@example.com", "demo-mid@example.com", "demo-tiny@example.com"})
      people_.push_back(person(email));
    choose_counters();
    servers_before_ = count_servers();
  }

  void run() {
    std::vector<std::jthread> threads;
    const double begun = wall_seconds(), cpu = process_seconds();
    const auto start = [&](int count, void (Mix::*step)(std::mt19937&, Times&, Store::Priority), int group) {
      for (int i = 0; i < count; ++i) {
        threads.emplace_back([this, step, group, i] {
          std::mt19937 random(static_cast<unsigned>(group * 1000 + i));
          Times times;
          // Every eighth writes as a discovery does: it lets people go first.
          const auto priority = i % 8 == 7 ? Store::Priority::kBulk : Store::Priority::kInteractive;
          while (!stop_) (this->*step)(random, times, priority);
          const std::scoped_lock lock(mutex_);
          for (auto& [name, list] : times) times_[name].insert(times_[name].end(), list.begin(), list.end());
        });
      }
    };
    start(options_.writers, &Mix::write_something, 1);
    start(options_.readers, &Mix::read_something, 2);
    std::this_thread::sleep_for(std::chrono::seconds(options_.seconds));
    stop_ = true;
    threads.clear();  // joined
    seconds_ = wall_seconds() - begun;
    cpu_ = process_seconds() - cpu;
  }

  /// What is wrong. Empty = nothing.
  std::vector<std::string> account() {
    std::vector<std::string> wrong;
    for (const auto& [message, times] : errors_) wrong.push_back(fmt::format("{} x {}", times, message));
    std::int64_t lost = 0, added = 0;
    for (const Counter& counter : counters_) {
      const auto document = must(store_.documents().find({}, servers(), counter.id));
      const std::int64_t expected = counter.start + counter.added;
      added += counter.added;
      if (!document || json::int_or(document->body, "cpu") != expected) ++lost;
    }
    if (lost != 0) wrong.push_back(fmt::format("counters that differ from the acknowledged updates: {}", lost));
    if (const std::int64_t now = count_servers(); now != servers_before_ + created_)
      wrong.push_back(fmt::format("{} servers, not {}", now, servers_before_ + created_));
    for (const std::string& damage : must(store_sql::check(store_, {}))) wrong.push_back("check: " + damage);
    fmt::print("{} updates of {} counters, {} servers created, {} grants acknowledged\n", added, counters_.size(),
               created_.load(), granted_.load());
    return wrong;
  }

  json::Object report() {
    json::Object rows;
    fmt::print("{:<28} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "operation", "number", "a second", "p50 ms", "p99 ms",
               "max ms");
    for (auto& [name, list] : times_) {
      std::sort(list.begin(), list.end());
      const double p50 = list[list.size() / 2], p99 = list[std::min(list.size() - 1, list.size() * 99 / 100)];
      const double rate = static_cast<double>(list.size()) / seconds_;
      fmt::print("{:<28} {:>10} {:>10.1f} {:>10.2f} {:>10.2f} {:>10.2f}\n", name, list.size(), rate, p50, p99,
                 list.back());
      rows[name] = json::Object{
          {"number", list.size()}, {"per_second", rate}, {"p50_ms", p50}, {"p99_ms", p99}, {"max_ms", list.back()}};
    }
    fmt::print("{:.1f} s, {:.1f} CPU s of this process\n", seconds_, cpu_);
    return {{"seconds", seconds_},
            {"client_cpu_s", cpu_},
            {"writers", options_.writers},
            {"readers", options_.readers},
            {"operations", std::move(rows)}};
  }

 private:
  Context context() const {
    Context out;
    out.actor = {.principal = people_[0], .name = "demo-all", .email = {}, .user = people_[0].id, .run = {}};
    out.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + kPatience;
    return out;
  }

  static ListSpec spec_for(const Principal& viewer) {
    ListSpec spec;
    spec.entity = &servers();
    spec.viewer = {false, {viewer}, store::kRead};
    spec.limit = 50;
    return spec;
  }

  Principal person(const char* email) {
    ListSpec spec;
    spec.entity = model::find_entity("users");
    spec.viewer.everything = true;
    spec.filter = leaf("email", Condition::Op::kEq, email);
    const auto page = must(store_.documents().list({}, spec));
    if (page.items.empty()) give_up("store_mix: the store was not filled by maestro demo-data");
    return {Principal::Kind::kUser, page.items[0].id};
  }

  /// From all over the store, in an order of their own.
  void choose_counters() {
    std::vector<ObjectId> ids;
    ListSpec spec = spec_for(people_[0]);
    spec.sort = "_id";
    spec.count = store::Count::kNone;
    spec.limit = 1000;
    do {
      const auto page = must(store_.documents().list({}, spec));
      for (const auto& item : page.items) ids.push_back(item.id);
      spec.cursor = page.next;
    } while (!spec.cursor.empty() && ids.size() < 20 * kCounters);
    std::shuffle(ids.begin(), ids.end(), std::mt19937(1));
    ids.resize(std::min(ids.size(), kCounters));
    for (const ObjectId& id : ids) {
      const auto document = must(store_.documents().find({}, servers(), id));
      if (!document) give_up("store_mix: a listed document is not there");
      Counter& counter = counters_.emplace_back();
      counter.id = id;
      counter.start = json::int_or(document->body, "cpu");
    }
  }

  std::int64_t count_servers() {
    ListSpec spec;
    spec.entity = &servers();
    spec.viewer.everything = true;
    spec.active = std::nullopt;
    return must(store_.documents().count({}, spec));
  }

  /// Runs and times one call; an error is a violation.
  template <typename Call>
  bool timed(Times& times, const char* name, const Call& call) {
    const double begun = wall_seconds();
    const auto result = call();
    times[name].push_back((wall_seconds() - begun) * 1000);
    if (result.ok()) return true;
    const std::string message =
        fmt::format("{}: {} ({})", name, result.error().message, code_name(result.error().code));
    const std::scoped_lock lock(mutex_);
    ++errors_[message];
    return false;
  }

  void write_something(std::mt19937& random, Times& times, Store::Priority priority) {
    const auto dice = random() % 20;
    const std::size_t among = random() % 3 == 0 ? std::min(kHot, counters_.size()) : counters_.size();
    Counter& counter = counters_[random() % among];
    const auto number = static_cast<unsigned>(random());
    const bool bulk = priority == Store::Priority::kBulk;
    const Context acting = context();
    const auto write = [&](const char* name, const Store::Work& work) {
      return timed(times, name, [&] { return store_.write(acting, priority, work); });
    };
    if (dice < 14) {
      if (write(bulk ? "bulk write: count up" : "write: count up",
                [&](store::Transaction& tx) { return count_up(tx, counter); }))
        ++counter.added;
    } else if (dice < 17) {
      if (write(bulk ? "bulk write: create" : "write: create",
                [&](store::Transaction& tx) { return create(tx, counter.id, number); }))
        ++created_;
    } else {
      if (write(bulk ? "bulk write: grant" : "write: grant",
                [&](store::Transaction& tx) { return grant(tx, counter.id, number); }))
        ++granted_;
    }
  }

  Result<Document> get(store::Transaction& tx, const ObjectId& id) {
    TRY_ASSIGN(auto found, store_.documents().find(tx, servers(), id));
    if (!found) return internal("a document is gone");
    return std::move(*found);
  }

  Result<void> count_up(store::Transaction& tx, const Counter& counter) {
    TRY_ASSIGN(const Document before, get(tx, counter.id));
    Document after = before;
    const std::int64_t value = json::int_or(before.body, "cpu");
    after.body["cpu"] = value + 1;
    after.updated = tx.now();
    return store_.documents().update(
        tx, before, after,
        {.verb = "update", .changes = {json::Object{{"path", "cpu"}, {"old", value}, {"new", value + 1}}}});
  }

  Result<void> create(store::Transaction& tx, const ObjectId& like, unsigned number) {
    TRY_ASSIGN(Document document, get(tx, like));
    document.row = 0;
    document.id = ObjectId::generate();
    document.key.clear();
    document.created = document.updated = tx.now();
    document.body["name"] = fmt::format("mix-{:08x}", number);
    return store_.documents().insert(tx, document, {.verb = "create", .changes = {}});
  }

  /// One more person may read it; beyond some, the newest goes again.
  Result<void> grant(store::Transaction& tx, const ObjectId& id, unsigned number) {
    TRY_ASSIGN(const Document before, get(tx, id));
    std::vector<store::RoleEntry> entries = store_.documents().access(tx, before.access)->entries;
    if (entries.size() > 8) entries.pop_back();
    const Principal who{Principal::Kind::kUser, counters_[number % counters_.size()].id};  // an id like any other
    entries.push_back(
        {who, store::kRead, {{"refs", "users"}, {"_id", who.id.hex()}, {"name", "guest"}, {"role", store::kRead}}});
    Document after = before;
    TRY_ASSIGN(after.access, store_.documents().intern(tx, entries));
    after.updated = tx.now();
    return store_.documents().update(tx, before, after, {.verb = "grant", .changes = {}});
  }

  void read_something(std::mt19937& random, Times& times, Store::Priority /*of writes alone*/) {
    const Principal& viewer = people_[random() % people_.size()];
    const Context acting = context();
    ListSpec spec = spec_for(viewer);
    store::Documents& documents = store_.documents();
    const auto list = [&](const char* name) {
      (void)timed(times, name, [&]() -> Result<void> {
        TRY_ASSIGN(const auto page, documents.list(acting, spec));
        if (page.total < static_cast<std::int64_t>(page.items.size())) return internal("more items than counted");
        return {};
      });
    };
    switch (random() % 6) {
      case 0:
        return list("read: list by updated");
      case 1:
        spec.sort = "name";
        spec.descending = false;
        spec.filter = leaf("status", Condition::Op::kEq, "Active");
        return list("read: list filtered by name");
      case 2:
        spec.filter = leaf("name", Condition::Op::kContains, "web-prod");
        return list("read: substring");
      case 3: {
        store::SearchSpec search;
        search.text = random() % 2 == 0 ? "web-prod" : "10.0.1.1";
        search.kinds.assign(model::entities().begin(), model::entities().end());
        search.readers = {viewer};
        (void)timed(times, "read: search", [&] { return documents.search(acting, search); });
        return;
      }
      case 4: {
        const store::FacetSpec facets{.list = spec, .fields = {"status", "environment", "role"}, .limit = 20};
        (void)timed(times, "read: facets", [&]() -> Result<void> {
          TRY_ASSIGN(const auto found, documents.facets(acting, facets));
          std::set<std::int64_t> sums;
          for (const store::Facet& facet : found) {
            std::int64_t sum = facet.others + facet.missing;
            for (const auto& [value, n] : facet.values) sum += n;
            sums.insert(sum);
          }
          return sums.size() == 1 ? Result<void>() : internal("facets of one moment count differently");
        });
        return;
      }
      default:
        (void)timed(times, "read: one", [&]() -> Result<void> {
          TRY_ASSIGN(const auto one, documents.find(acting, servers(), counters_[random() % counters_.size()].id));
          return one ? Result<void>() : internal("a document is gone");
        });
    }
  }

  Store& store_;
  const Options& options_;
  std::vector<Principal> people_;
  std::deque<Counter> counters_;
  std::int64_t servers_before_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<std::int64_t> created_ = 0, granted_ = 0;
  double seconds_ = 0, cpu_ = 0;
  std::mutex mutex_;
  Times times_;
  std::map<std::string, std::int64_t> errors_;
};

int run(int argc, char** argv) {
  Options options;
  if (argc > 1) options.address = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--seconds") options.seconds = std::max(1, std::atoi(argv[i + 1]));
    if (name == "--writers") options.writers = std::max(0, std::atoi(argv[i + 1]));
    if (name == "--readers") options.readers = std::max(0, std::atoi(argv[i + 1]));
    if (name == "--json") options.json_file = argv[i + 1];
  }
  if (options.address.empty()) {
    fmt::print(stderr,
               "store_mix sqlite:PATH|postgresql://URL [--seconds N] [--writers N] [--readers N] [--json FILE]\n");
    return 2;
  }
  const auto store = open_store(options.address, kCacheMib);
  store_sql::warm_up(*store);
  while (!store_sql::is_warm(*store)) std::this_thread::sleep_for(Millis(50));
  Mix mix(*store, options);
  mix.run();
  json::Object report = mix.report();
  const auto wrong = mix.account();
  for (const std::string& each : wrong) fmt::print("WRONG: {}\n", each);
  if (wrong.empty()) fmt::print("nothing lost, nothing refused, counts exact, check clean\n");
  std::fflush(stdout);
  if (!options.json_file.empty()) {
    json::Array list;
    for (const std::string& each : wrong) list.emplace_back(each);
    report["violations"] = std::move(list);
    std::FILE* out = std::fopen(options.json_file.c_str(), "w");
    if (out == nullptr) give_up("Cannot write " + options.json_file);
    fmt::print(out, "{}\n", json::write(json::Value(std::move(report))));
    std::fclose(out);
  }
  return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace maestro::bench

int main(int argc, char** argv) { return maestro::bench::run(argc, argv); }
