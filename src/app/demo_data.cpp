#include "app/demo_data.h"

#include "app/secrets.h"
#include "app/stores.h"
#include "demo/demo.h"

namespace maestro::app {
namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point began) { return std::chrono::duration<double>(Steady::now() - began).count(); }

/// Pages that rows go to at random, one an index, should stay in memory: else each is read and written many times.
int cache_for(std::int64_t documents) { return static_cast<int>(std::min<std::int64_t>(128 + documents / 500, 2048)); }

}  // namespace

Result<void> make_demo_data(Config config, const DemoData& wanted, std::ostream& out, std::ostream& log) {
  demo::Options options{.documents = wanted.documents, .seed = wanted.seed, .access_sets = wanted.access_sets};
  if (!wanted.until.empty()) {
    const auto until = parse_iso(wanted.until);
    if (!until) return invalid("--until must be a date or a time like 2026-01-01T00:00:00Z");
    options.until = *until;
  }
  if (!wanted.password.empty()) options.password = wanted.password;
  if (options.password.size() < 4 || options.password.size() > 30)
    return invalid("--password must have from 4 to 30 characters");
  TRY(demo::check(options));
  TRY(load_secrets(config));
  TRY(check_secrets(config));
  FakeClock clock(from_ms(0));
  TRY_ASSIGN(const StoreAddress address, store_address(config));
  TRY_ASSIGN(const auto store, open_store(address, clock, cache_for(options.documents)));

  const auto began = Steady::now();
  auto told = began;
  std::int64_t at_start = -1;
  TRY_ASSIGN(const demo::Summary summary, demo::fill(*store, clock, {}, options, [&](const demo::Progress& progress) {
               if (at_start < 0) at_start = progress.done;
               if (Steady::now() - told < std::chrono::seconds(1)) return;
               told = Steady::now();
               log << fmt::format("{} of {} documents, {:.0f} a second\n", progress.done, progress.of,
                                  static_cast<double>(progress.done - at_start) / seconds_since(began))
                   << std::flush;
             }));
  const double took = seconds_since(began);

  out << fmt::format("{:<14}{:>10}{:>10}{:>10}\n", "kind", "documents", "deleted", "history");
  for (const auto& row : summary.kinds)
    out << fmt::format("{:<14}{:>10}{:>10}{:>10}\n", row.kind, row.documents, row.deleted, row.history);
  out << fmt::format("{:<14}{:>10}{:>10}{:>10}\n\n", "all", summary.documents, summary.deleted, summary.history);
  out << fmt::format("access sets   {}\nseed          {}\nhash          {}\n", summary.access_sets, options.seed,
                     summary.hash);
  if (summary.already > 0) out << fmt::format("carried on    after {} documents\n", summary.already);
  out << fmt::format("time          {:.1f} s, {:.0f} documents a second\n", took,
                     static_cast<double>(summary.documents - summary.already) / std::max(took, 0.001));
  out << fmt::format("sign in as    {}, {} or {}\n", demo::kSeesAll, demo::kSeesSome, demo::kSeesLittle);
  return {};
}

}  // namespace maestro::app
