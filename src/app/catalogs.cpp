#include "app/catalogs.h"

#include "api/routes/tables.h"
#include "app/roles.h"
#include "base/text.h"
#include "discovery/engine.h"
#include "inventory/renames.h"
#include "model/entity.h"
#include "provider/clouds.h"
#include "provider/provider.h"
#include "siblings/audit_teller.h"

namespace maestro::app {
namespace {

std::string routes() {
  std::string out;
  const auto print = [&](const char* listener, const std::vector<api::Route>& table) {
    for (const api::Route& route : table) {
      const char* auth = route.auth == api::Auth::kPublic ? "public"
                         : route.auth == api::Auth::kUser ? "user"
                                                          : "service";
      out += fmt::format("{:<10} {:<7} {:<45} {:<8} {}\n", listener, http::method_name(route.method), route.pattern,
                         auth, route.doc);
    }
  };
  print("server", api::server_routes());
  print("discovery", api::discovery_routes());
  print("data", api::data_routes());
  print("audit", api::audit_service_routes());
  return out;
}

std::string entities() {
  std::string out;
  for (const model::Entity* entity : model::entities()) {
    out += fmt::format("{:<14} {:>3} fields  {}\n", entity->name, model::flatten(*entity).size(), entity->doc);
  }
  return out;
}

Result<std::string> packs(const std::string& folder) {
  TRY_ASSIGN(const auto all, provider::Packs::load(embedded_packs(), folder));
  std::string out;
  for (const auto& resource : all.all()) {
    out += fmt::format("{:<26} {:<12} -> {:<10} every {} {}  needs {}\n", resource.id, resource.task, resource.entity,
                       resource.every.count, resource.every.period, text::join(resource.permissions, ", "));
  }
  return out;
}

std::string jobs() {
  return fmt::format(
      "{:<18} {:<9} Works out the scopes of a run.\n{:<18} {:<9} Reads one scope and reconciles it.\n"
      "{:<18} {:<9} Takes a deleted connection off what it saw.\n"
      "{:<18} {:<9} Brings copies of a name after it.\n"
      "{:<18} {:<9} Tells an audit service that runs elsewhere of a write.\n",
      discovery::kPlanJob, discovery::kProviderLane, discovery::kScopeJob, discovery::kProviderLane,
      discovery::kForgetJob, discovery::kBulkLane, inventory::kRenameJob, inventory::kRenameLane, siblings::kTellJob,
      "audit.*");
}

std::string setting_rows() {
  std::string out;
  for (const Setting& setting : settings()) {
    std::string aliases;
    for (const VariableAlias& alias : variable_aliases())
      if (std::string_view(alias.setting) == setting.name) aliases += fmt::format(" Also read from {}.", alias.name);
    out += fmt::format("{:<20} {:<16} {:<28} {:<22} {}{}\n", setting.name, setting.flag[0] == '\0' ? "-" : setting.flag,
                       setting.env,
                       setting.kind == SettingKind::kSecret ? "(generated)"
                       : setting.fallback[0] == '\0'        ? "-"
                                                            : setting.fallback,
                       setting.doc, aliases);
  }
  return out;
}

std::string role_rows() {
  std::string out;
  for (const Role& role : roles()) out += fmt::format("{:<10} {:<60} needs {}\n", role.name, role.doc, role.needs);
  return out;
}

}  // namespace

Result<std::string> list_catalog(const std::string& what, const std::string& packs_folder) {
  if (what == "routes") return routes();
  if (what == "entities") return entities();
  if (what == "packs") return packs(packs_folder);
  if (what == "jobs") return jobs();
  if (what == "settings") return setting_rows();
  if (what == "roles") return role_rows();
  return invalid("There is no catalog \"" + what + "\"; known are routes, entities, packs, jobs, settings, roles");
}

std::string show_config(const Config& config, const Config::Environment& environment) {
  std::string out;
  for (const Setting& setting : settings()) {
    std::string value = config.text(setting.name);
    if (setting.kind == SettingKind::kSecret && value.empty()) {
      value = "(generated at first start)";
    } else if (is_masked(setting.kind) && !value.empty()) {
      value = "********";
    }
    out += fmt::format("{:<20} = {:<40} # {}\n", setting.name, value, config.origin(setting.name));
  }
  for (const OldVariable& old : old_variables()) {
    if (const char* value = environment(old.name); value != nullptr && *value != '\0')
      out += fmt::format("# {}: {}\n", old.name, old.note);
  }
  return out;
}

}  // namespace maestro::app
