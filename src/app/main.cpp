// maestro: the command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <set>

#include "app/administrators.h"
#include "app/catalogs.h"
#include "app/demo_data.h"
#include "app/import_dump.h"
#include "app/serve.h"
#include "app/store_commands.h"
#include "base/log.h"

/// jemalloc reads it at its start: what is free goes back to the system behind the requests, not inside them.
extern "C" const char* malloc_conf;
const char* malloc_conf = "background_thread:true";

namespace {

using maestro::app::Config;

const char* environment(const char* name) {
  return std::getenv(name);
}  // NOLINT(concurrency-mt-unsafe): before any thread

constexpr int kFailed = 1, kUsage = 2;

int report(const maestro::Error& error, int status) {
  std::cerr << "maestro: " << error.message << "\n";
  return status;
}

int report(const maestro::Error& error) {
  return report(error, error.code == maestro::Code::kInvalid ? kUsage : kFailed);
}

/// The words after a command that takes a store as a whole.
struct StoreWords {
  std::string file, from, to, backup;
  bool repair = false, force = false, replace = false;
};

void add_import(CLI::App* command, maestro::app::ImportDump& words) {
  command->add_option("folder", words.folder, "Of one database, or of several in folders of their own.")->required();
  command->add_option("--main", words.databases.main, "The inventory's database, should there be more than one.");
  command->add_option("--audit", words.databases.audit, "Likewise the audit's.");
  command->add_option("--reports", words.databases.reports, "Likewise that of report results.");
  command->add_option("--secret-file", words.secret_file,
                      "A file with the MAESTRO_SECRETJWT of the original, which opens the credentials of connections. "
                      "Or set MAESTRO_IMPORT_SECRETJWT.");
  command->add_flag("--without-credentials", words.without_credentials,
                    "Move connections whose credentials do not open; they are entered again later.");
  command->add_flag("--dry-run", words.dry_run, "Write nothing: tell what would not fit.");
  command->add_option("--findings", words.findings, "A file for every finding, one line each, tab-separated.");
}

int run_store_command(const std::string& command, const Config& config, const StoreWords& words) {
  using namespace maestro;
  // Their answer is for people: what servers log is of no interest here.
  log::set_level(config.origin("log-level") == "default" ? "warn" : config.text("log-level"));
  const auto from = command == "copy" ? app::parse_store(words.from, "") : app::store_address(config);
  if (!from.ok()) return report(from.error(), kUsage);
  if (command == "check") {
    const auto good = app::check_store(*from, words.repair, std::cout);
    if (!good.ok()) return report(good.error(), kFailed);
    return *good ? 0 : kFailed;
  }
  Result<void> done;
  if (command == "backup") done = app::backup_store(*from, words.file, words.force, std::cout);
  if (command == "restore") done = app::restore_store(config, *from, words.file, words.replace, std::cout);
  if (command == "migrate") done = app::migrate_store(config, *from, words.backup, std::cout);
  if (command == "copy") {
    const auto to = app::parse_store(words.to, "");
    if (!to.ok()) return report(to.error(), kUsage);
    done = app::copy_store(*from, *to, std::cout);
  }
  return done.ok() ? 0 : report(done.error(), kFailed);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Maestro: the cloud inventory that an operations team runs itself."};
  app.set_version_flag("--version", std::string("maestro ") + MAESTRO_VERSION);
  app.require_subcommand(1);
  app.footer("Settings also come from environment variables and from DATA/maestro.conf; see `maestro list settings`.");

  std::map<std::string, std::string> flags;
  std::string file;
  const auto add_flags = [&](CLI::App* command, const std::set<std::string_view>& only = {}) {
    for (const auto& setting : maestro::app::settings()) {
      if (setting.flag[0] == '\0' || (!only.empty() && !only.contains(setting.name))) continue;
      const std::string name = setting.name;
      const std::string doc =
          std::string(setting.doc) + (setting.fallback[0] == '\0' ? "" : std::string(" Default: ") + setting.fallback);
      if (setting.kind == maestro::app::SettingKind::kBoolean) {
        command->add_flag_callback(
            setting.flag, [&flags, name] { flags[name] = "true"; }, doc);
      } else {
        command->add_option_function<std::string>(
            setting.flag, [&flags, name](const std::string& value) { flags[name] = value; }, doc);
      }
    }
    command->add_option("--config", file, "Settings file instead of DATA/maestro.conf.");
  };

  CLI::App* serve = app.add_subcommand("serve", "Serve the web UI and the API, discover, keep schedules.");
  add_flags(serve);
  CLI::App* config = app.add_subcommand("config", "Print the effective settings with their origin.");
  add_flags(config);
  maestro::app::DemoData demo;
  CLI::App* demo_data = app.add_subcommand(
      "demo-data",
      "Fill an empty instance with an invented estate, the same for the same numbers; see docs/operations.md.");
  demo_data->add_option("documents", demo.documents, "How many documents of all kinds together, from 100.")->required();
  demo_data->add_option("--seed", demo.seed, "Another number makes another estate. Default: 1.");
  demo_data->add_option("--access-sets", demo.access_sets,
                        "Distinct sets of roles, at most 100000. Default: by size; 1600 for a million documents.");
  demo_data->add_option("--until", demo.until, "When its two years of history end. Default: 2026-01-01.");
  demo_data->add_option("--password", demo.password, "Of its three accounts, instead of the published one.");
  add_flags(demo_data, {"data", "store"});
  CLI::App* import = app.add_subcommand("import", "Move in from an existing installation; see docs/moving.md.");
  import->require_subcommand(1);
  maestro::app::ImportDump dump;
  CLI::App* mongodump =
      import->add_subcommand("mongodump", "From the folder that mongodump wrote of the original's databases.");
  add_import(mongodump, dump);
  add_flags(mongodump, {"data", "store", "packs"});
  std::string what;
  std::string packs;
  CLI::App* list = app.add_subcommand("list", "Print a catalog: routes, entities, packs, jobs, settings, roles.");
  list->add_option("catalog", what, "Which one.")->required();
  list->add_option("--packs", packs, "Folder of packs that override or add to the built-in ones.");
  StoreWords words;
  const auto add_store_command = [&](const char* name, const char* doc) {
    CLI::App* command = app.add_subcommand(name, doc);
    if (std::string_view(name) != "copy") add_flags(command, {"data", "store"});
    return command;
  };
  CLI::App* check = add_store_command("check", "Print what is wrong with the store; status 1 when something is.");
  check->add_flag("--repair", words.repair, "Make again what is derived: counts, columns, texts, access, indexes.");
  CLI::App* backup = add_store_command("backup", "Write one instant of the store to a file, beside a running server.");
  backup->add_option("file", words.file, "An SQLite database, whatever the store is.")->required();
  backup->add_flag("--force", words.force, "Overwrite the file.");
  CLI::App* restore = add_store_command("restore", "Make the store what a backup holds.");
  restore->add_option("file", words.file, "From `maestro backup`.")->required();
  restore->add_flag("--replace", words.replace, "Also when the store holds documents: they are lost.");
  CLI::App* copy = add_store_command("copy", "Copy a store into an empty one, of the same or another engine.");
  copy->add_option("--from", words.from, "sqlite:PATH or postgresql://USER:PASSWORD@HOST/DATABASE.")->required();
  copy->add_option("--to", words.to, "Likewise.")->required();
  CLI::App* migrate =
      add_store_command("migrate", "Bring the store's schema up to date, after a backup when documents are in it.");
  migrate->add_option("--backup", words.backup,
                      "The file of that backup. Default: DATA/backup-before-schema-N-TIME.db.");
  std::string action, email;
  CLI::App* administrators = app.add_subcommand(
      "administrators", "List who administers the instance, or change it, when nobody can sign in who may.");
  administrators->add_option("action", action, "list, add or remove.")
      ->required()
      ->check(CLI::IsMember({"list", "add", "remove"}));
  administrators->add_option("email", email, "Of the account to add or to remove.");
  add_flags(administrators, {"data", "store"});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }

  if (list->parsed()) {
    const auto text = maestro::app::list_catalog(what, packs);
    if (!text.ok()) return report(text.error());
    std::cout << *text;
    return 0;
  }
  auto loaded = Config::load(flags, environment, file);
  if (!loaded.ok()) return report(loaded.error());
  if (config->parsed()) {
    std::cout << maestro::app::show_config(*loaded, environment);
    return 0;
  }
  if (demo_data->parsed()) {
    const auto made = maestro::app::make_demo_data(std::move(*loaded), demo, std::cout, std::cerr);
    return made.ok() ? 0 : report(made.error());
  }
  if (administrators->parsed()) {
    maestro::log::set_level(loaded->origin("log-level") == "default" ? "warn" : loaded->text("log-level"));
    const auto done = maestro::app::administer(*loaded, action, email, std::cout);
    return done.ok() ? 0 : report(done.error());
  }
  if (mongodump->parsed()) {
    if (const char* secret = environment("MAESTRO_IMPORT_SECRETJWT")) dump.secret = secret;
    const auto good = maestro::app::import_dump(std::move(*loaded), dump, std::cout);
    if (!good.ok()) return report(good.error(), kFailed);
    return *good ? 0 : kFailed;
  }
  for (const CLI::App* command : {check, backup, restore, copy, migrate})
    if (command->parsed()) return run_store_command(command->get_name(), *loaded, words);
  if (const auto served = maestro::app::serve(std::move(*loaded), MAESTRO_VERSION); !served.ok())
    return report(served.error());
  return 0;
}
