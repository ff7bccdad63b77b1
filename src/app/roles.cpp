#include "app/roles.h"

#include "base/text.h"

namespace maestro::app {
namespace {
constexpr Role kRoles[] = {
    {"api", "Serves the web UI and the API.", "store"},
    {"worker", "Does the jobs: plans runs, reads clouds, reconciles.", "store, packs, encryption secret"},
    {"discovery", "Serves peers that speak to the original's discovery service (5000).", "store, packs"},
    {"data", "Serves peers that speak to the original's data service (5010).", "store"},
    {"audit", "Serves peers that speak to the original's audit service (10900).", "store"},
    {"scheduler", "Starts what is due, ends what got stuck.", "store"},
};
}  // namespace

std::span<const Role> roles() { return kRoles; }

Result<std::set<std::string, std::less<>>> parse_roles(std::string_view list) {
  std::set<std::string, std::less<>> out;
  for (const auto part : text::split(list, ',')) {
    const std::string word(text::trim(part));
    if (word.empty()) continue;
    if (std::none_of(std::begin(kRoles), std::end(kRoles), [&](const Role& role) { return word == role.name; }))
      return invalid("Setting roles: there is no role \"" + word + "\"; see maestro list roles");
    out.insert(word);
  }
  if (out.empty()) return invalid("Setting roles: name at least one role");
  return out;
}

}  // namespace maestro::app
