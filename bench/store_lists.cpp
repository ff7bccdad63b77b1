// Lists, counts, substrings, facets and searches at the ports of a store that `maestro demo-data` has filled: what one
// question costs in the store, by who asks. Prints a table, or JSON with --json.
//
//   store_lists sqlite:PATH|postgresql://URL [--rounds 40] [--only FAMILY] [--json FILE]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <thread>

#include "store/projection.h"
#include "store/store.h"
#include "store_postgres/store.h"
#include "store_sql/store.h"
#include "store_sqlite/store.h"

namespace {

using namespace maestro;
using store::Condition;
using store::Filter;

template <typename T>
T must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  fmt::print(stderr, "store_lists: {}\n", result.error().message);
  std::exit(1);
}

constexpr int kDeepPage = 10'000;

const model::Entity& servers() { return *model::find_entity("servers"); }

Filter leaf(std::string path, Condition::Op op, std::vector<json::Value> values) {
  Filter out;
  out.kind = Filter::Kind::kLeaf;
  out.leaf = {std::move(path), op, std::move(values)};
  return out;
}
Filter all(std::vector<Filter> children) {
  Filter out;
  out.children = std::move(children);
  return out;
}

struct Figure {
  std::string family, question, viewer;
  double p50 = 0, p99 = 0, total = 0;
};

class Battery {
 public:
  Battery(store::Store& store, int rounds, std::string only) : store_(store), rounds_(rounds), only_(std::move(only)) {}

  Principal person(const char* email) {
    store::ListSpec spec;
    spec.entity = model::find_entity("users");
    spec.viewer.everything = true;
    spec.filter = leaf("email", Condition::Op::kEq, {json::Value(email)});
    const auto page = must(store_.documents().list({}, spec));
    if (page.items.empty()) {
      fmt::print(stderr, "store_lists: the store was not filled by maestro demo-data\n");
      std::exit(1);
    }
    return {Principal::Kind::kUser, page.items[0].id};
  }

  void run(const std::string& family, const std::string& question, const std::string& viewer, int rounds,
           const std::function<std::int64_t()>& ask) {
    if (!only_.empty() && only_ != family) return;
    std::vector<double> times;
    Figure figure{family, question, viewer};
    (void)ask();  // once for the caches: a warm store is what people meet
    for (int i = 0; i < rounds; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      figure.total = static_cast<double>(ask());
      times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
    }
    std::sort(times.begin(), times.end());
    figure.p50 = times[times.size() / 2];
    figure.p99 = times[std::min(times.size() - 1, times.size() * 99 / 100)];
    figures.push_back(figure);
    fmt::print("{:<10} {:<44} {:<5} {:>9.2f} {:>9.2f} {:>10.0f}\n", family, question, viewer, figure.p50, figure.p99,
               figure.total);
    std::fflush(stdout);
  }

  void all_of(const std::string& name, const Principal& viewer) {
    const auto spec_of = [&](Filter filter, std::string sort, bool descending) {
      store::ListSpec spec;
      spec.entity = &servers();
      spec.viewer = {false, {viewer}, store::kRead};
      spec.filter = std::move(filter);
      spec.sort = std::move(sort);
      spec.descending = descending;
      spec.limit = 50;
      return spec;
    };
    const auto list = [&](const std::string& family, const std::string& question, const store::ListSpec& spec,
                          int rounds) {
      run(family, question, name, rounds, [&] { return must(store_.documents().list({}, spec)).total; });
    };
    const auto eq = [](const char* path, const char* value) {
      return leaf(path, Condition::Op::kEq, {json::Value(value)});
    };
    const auto like = [](const char* path, const char* value) {
      return leaf(path, Condition::Op::kRegex, {json::Value(value)});
    };
    list("page", "by updated", spec_of({}, "updated_at", true), rounds_);
    list("page", "by name", spec_of({}, "name", false), rounds_);
    list("page", "status, by name", spec_of(eq("status", "Active"), "name", false), rounds_);
    list("page", "status + environment, by updated",
         spec_of(all({eq("status", "Active"), eq("environment", "Staging")}), "updated_at", true), rounds_);
    list("page", "rare status + environment, by name",
         spec_of(all({eq("status", "Error"), eq("environment", "Production")}), "name", false), rounds_);
    list("page", "role + status, by created",
         spec_of(all({eq("role", "Web"), eq("status", "Stopped")}), "created_at", true), rounds_);
    list("page", "cpu from 16 on, by name",
         spec_of(leaf("cpu", Condition::Op::kGreaterEq, {json::Value(16)}), "name", false), rounds_);
    list("page", "one address", spec_of(eq("ipv4_private", "10.0.27.18"), "updated_at", true), rounds_);
    list("substring", "name ~ web-prod", spec_of(like("name", "web-prod"), "updated_at", true), rounds_ / 4);
    list("substring", "name ~ 06927", spec_of(like("name", "06927"), "updated_at", true), rounds_ / 2);
    list("substring", "hostname ~ shop-0005", spec_of(like("hostname", "shop-0005"), "name", false), rounds_ / 2);
    list("substring", "ipv4_private ~ 10.0.27.1", spec_of(like("ipv4_private", "10.0.27.1"), "name", false),
         rounds_ / 2);
    list("scan", "metas.account_id (no index)", spec_of(eq("metas.account_id", "901256764421"), "updated_at", true), 3);
    if (only_.empty() || only_ == "cursor") {
      auto spec = spec_of({}, "name", false);
      for (int page = 1; page < kDeepPage; ++page) {  // the walk itself is not timed
        const auto next = must(store_.documents().list({}, spec)).next;
        if (next.empty()) break;
        spec.cursor = next;
      }
      list("cursor", "the 10,000th page by name, or the last", spec, rounds_);
    }
    {
      store::FacetSpec spec{.list = spec_of({}, "updated_at", true), .fields = {}, .limit = 20};
      for (const store::Column& column : store::columns(servers()))
        if (column.index == model::Index::kEq && column.kind == store::Column::Kind::kText && spec.fields.size() < 10)
          spec.fields.push_back(column.path);
      run("facets", fmt::format("{} fields", spec.fields.size()), name, rounds_ / 4,
          [&] { return static_cast<std::int64_t>(must(store_.documents().facets({}, spec)).size()); });
    }
    for (const char* text : {"web-prod", "06927", "10.0.27.18", "10.0.27.0/24", "env=prod", "i-0f5f4"}) {
      store::SearchSpec spec;
      spec.text = text;
      spec.kinds.assign(model::entities().begin(), model::entities().end());
      spec.readers = {viewer};
      run("search", text, name, rounds_, [&] {
        std::int64_t found = 0;
        for (const auto& group : must(store_.documents().search({}, spec)).groups) found += group.found;
        return found;
      });
    }
  }

  std::vector<Figure> figures;

 private:
  store::Store& store_;
  int rounds_;
  std::string only_;  ///< family; empty: all
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "store_lists sqlite:PATH|postgresql://URL [--rounds N] [--only FAMILY] [--json FILE]\n");
    return 2;
  }
  const std::string address = argv[1];
  int rounds = 40;
  std::string only, json_file;
  for (int i = 2; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rounds") == 0) rounds = std::max(4, std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--only") == 0) only = argv[i + 1];
    if (std::strcmp(argv[i], "--json") == 0) json_file = argv[i + 1];
  }
  const auto store = address.starts_with("sqlite:")
                         ? must(store_sqlite::open({.path = address.substr(7), .cache_mib = 256, .clock = nullptr}))
                         : must(store_postgres::open({.url = address, .clock = nullptr}));
  const auto begun = std::chrono::steady_clock::now();
  store_sql::warm_up(*store);
  while (!store_sql::is_warm(*store)) std::this_thread::sleep_for(Millis(50));
  fmt::print("columns in memory after {:.1f} s\n",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  Battery battery(*store, rounds, only);
  fmt::print("{:<10} {:<44} {:<5} {:>9} {:>9} {:>10}\n", "family", "question", "sees", "p50 ms", "p99 ms", "found");
  battery.all_of("all", battery.person("demo-all@example.com"));
  battery.all_of("10 %", battery.person("demo-mid@example.com"));
  battery.all_of("0.1 %", battery.person("demo-tiny@example.com"));
  if (json_file.empty()) return 0;
  json::Array rows;
  for (const Figure& figure : battery.figures)
    rows.push_back(json::Object{{"family", figure.family},
                                {"question", figure.question},
                                {"sees", figure.viewer},
                                {"p50_ms", figure.p50},
                                {"p99_ms", figure.p99},
                                {"found", figure.total}});
  std::FILE* out = std::fopen(json_file.c_str(), "w");
  if (out == nullptr) return 1;
  fmt::print(out, "{}\n", json::write(json::Value(std::move(rows))));
  std::fclose(out);
  return 0;
}
