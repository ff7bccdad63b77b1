// maestro: the command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <set>

#include "app/catalogs.h"
#include "app/demo_data.h"
#include "app/serve.h"

namespace {

using maestro::app::Config;

const char* environment(const char* name) {
  return std::getenv(name);
}  // NOLINT(concurrency-mt-unsafe): before any thread

int report(const maestro::Error& error) {
  std::cerr << "maestro: " << error.message << "\n";
  return error.code == maestro::Code::kInvalid ? 2 : 1;
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
  std::string what;
  std::string packs;
  CLI::App* list = app.add_subcommand("list", "Print a catalog: routes, entities, packs, jobs, settings, roles.");
  list->add_option("catalog", what, "Which one.")->required();
  list->add_option("--packs", packs, "Folder of packs that override or add to the built-in ones.");
  CLI11_PARSE(app, argc, argv);

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
  if (const auto served = maestro::app::serve(std::move(*loaded), MAESTRO_VERSION); !served.ok())
    return report(served.error());
  return 0;
}
