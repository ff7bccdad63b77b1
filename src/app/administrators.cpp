#include "app/administrators.h"

#include <ostream>

#include "app/store_commands.h"
#include "app/stores.h"
#include "auth/administrators.h"

namespace maestro::app {

Context acting(const char* name) {
  Context context;
  context.actor.principal = {Principal::Kind::kSystem, {}};
  context.actor.name = name;
  return context;
}

Result<void> administer(const Config& config, std::string_view action, const std::string& email, std::ostream& out) {
  const bool lists = action == "list";
  if (lists != email.empty()) return invalid(lists ? "list takes no address" : "Give the mail address of the account");
  const SystemClock clock;
  TRY_ASSIGN(const StoreAddress address, store_address(config));
  // Nothing is made where there is nothing: a mistyped folder must not become a new instance.
  {
    const auto session = open_depot(address)->read();
    if (!session.ok() && session.error().code != Code::kNotFound) return session.error();
    TRY_ASSIGN(const auto state, session.ok() ? store_sql::state_of(**session) : Result(store_sql::State{}));
    if (state.empty) return not_found(fmt::format("There is no account in {}", address.shown));
  }
  TRY(backup_before_migration(config, address, ""));
  TRY_ASSIGN(const auto store, open_store(address, clock));
  const Context context = acting("command line");
  const auth::Administrators administrators(*store, {});
  if (lists) {
    TRY_ASSIGN(const auto all, administrators.list(context));
    for (const auto& one : all) out << fmt::format("{}  {}  since {}\n", one.email, one.name, to_iso(one.since));
    if (all.empty()) out << "nobody\n";
    return {};
  }
  TRY_ASSIGN(const auto user, store->accounts().with_email(context, email));
  if (!user) return not_found(fmt::format("There is no active account with the address {}", email));
  if (action == "add") {
    TRY_ASSIGN(const bool is_new, administrators.appoint(context, user->id));
    out << email << (is_new ? " is an administrator now\n" : " is an administrator already\n");
    return {};
  }
  TRY(administrators.dismiss(context, user->id));
  out << email << " is no administrator any more\n";
  return {};
}

}  // namespace maestro::app
