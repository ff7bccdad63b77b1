#include "app/import_dump.h"

#include <fstream>
#include <sstream>

#include "app/progress_line.h"
#include "app/secrets.h"
#include "app/stores.h"
#include "base/log.h"
#include "base/text.h"
#include "moving/move.h"
#include "provider/clouds.h"

namespace maestro::app {
namespace {

using moving::Findings;
using moving::Tally;

/// Of each kind of finding; a dry run is there to be read.
constexpr std::size_t kExamples = 3;

Result<std::optional<std::string>> read_secret(const ImportDump& wanted) {
  if (wanted.secret_file.empty())
    return wanted.secret.empty() ? std::optional<std::string>() : std::optional(wanted.secret);
  std::ifstream file(wanted.secret_file);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) return unavailable("The file of the secret cannot be read");
  const std::string secret(text::trim(content.str()));
  if (secret.empty()) return invalid("The file of the secret is empty");
  return std::optional(secret);
}

void print_line(std::ostream& out, const std::string& name, const Tally& tally) {
  out << fmt::format("{:<44}{:>10}{:>10}{:>10}{:>10}\n", name, tally.read, tally.moved, tally.refused, tally.left);
}

void print_tallies(std::ostream& out, const moving::Survey& survey, const std::vector<Tally>& tallies, bool dry_run) {
  out << fmt::format("{:<44}{:>10}{:>10}{:>10}{:>10}\n", "collection", "read", dry_run ? "fits" : "imported", "refused",
                     "left");
  Tally all;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    print_line(out, survey.collections()[i].shown(), tallies[i]);
    all.read += tallies[i].read;
    all.moved += tallies[i].moved;
    all.refused += tallies[i].refused;
    all.left += tallies[i].left;
  }
  print_line(out, "all", all);
  out << "Of audit records, imported are those that became history.\n";
}

void print_findings(std::ostream& out, const Findings& findings, std::size_t examples) {
  if (findings.count() == 0) {
    out << "\nEverything fits.\n";
    return;
  }
  out << fmt::format("\nfindings: {}\n", findings.count());
  for (const auto& [what, group] : findings.groups()) {
    const auto& [collection, rule, done] = what;
    out << fmt::format("{}: {} ({}): {}\n", collection, rule, group.count, done);
    for (std::size_t i = 0; i < std::min(examples, group.examples.size()); ++i)
      out << fmt::format("    {}  {}\n", group.examples[i].id, group.examples[i].field);
    if (static_cast<std::size_t>(group.count) > std::min(examples, group.examples.size())) out << "    ...\n";
  }
}

}  // namespace

Result<bool> import_dump(Config config, const ImportDump& wanted, std::ostream& out) {
  // The answer is for people: what servers log is of no interest here.
  log::set_level(config.origin("log-level") == "default" ? "warn" : config.text("log-level"));
  TRY_ASSIGN(const auto secret, read_secret(wanted));
  TRY_ASSIGN(const auto packs, provider::Packs::load(embedded_packs(), config.text("packs")));
  std::ofstream file;
  if (!wanted.findings.empty()) {
    file.open(wanted.findings, std::ios::trunc);
    if (!file) return unavailable(wanted.findings + " cannot be written");
  }
  Findings findings(file.is_open() ? &file : nullptr);
  ProgressLine line("import");
  const Context context;
  TRY_ASSIGN(const auto survey, moving::Survey::make(context,
                                                     {.folder = wanted.folder,
                                                      .databases = wanted.databases,
                                                      .secret = secret,
                                                      .without_credentials = wanted.without_credentials},
                                                     packs, findings, line.hear()));
  file.close();
  if (wanted.dry_run) {
    print_tallies(out, *survey, survey->tallies(), true);
    print_findings(out, findings, Findings::kKept);
    out << "\nNothing was written.\n";
    return true;
  }

  TRY(survey->check_secret());
  TRY(load_secrets(config));
  TRY(check_secrets(config));
  TRY_ASSIGN(const auto keyring, auth::Keyring::from_secret(config.text("secret-encryption")));
  TRY_ASSIGN(const StoreAddress address, store_address(config));
  const SystemClock clock;
  TRY_ASSIGN(const auto store, open_store(address, clock, 256));
  TRY(check_key(*store, keyring));
  TRY_ASSIGN(
      const moving::Outcome outcome,
      moving::move_in(
          context, {.store = *store, .keyring = keyring, .packs = packs, .envelope_secret = config.text("secret-jwt")},
          *survey, line.hear()));
  print_tallies(out, *survey, outcome.tallies, false);
  print_findings(out, findings, kExamples);
  out << fmt::format("\nschedules of discovery  {}\ntime                    {}\n", outcome.schedules, line.took());
  if (outcome.was_done)
    out << "This dump was moved in before: nothing was written now.\n";
  else if (outcome.carried_on > 0)
    out << fmt::format("carried on              after {}\n", outcome.carried_on);
  for (const std::string& mistake : outcome.mistakes) out << "does not add up: " << mistake << "\n";
  if (outcome.mistakes.empty()) out << "The counts add up.\n";
  return outcome.mistakes.empty();
}

}  // namespace maestro::app
