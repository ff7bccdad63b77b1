#include "demo/kinds/company_words.h"

namespace maestro::demo {
namespace {

void describe(const Item& item, int, json::Object& fields) {
  Random random = item.random(0);
  fields["name"] = system_name(item.estate, item.index);
  fields["description"] = fmt::format("Run by {}", item.place->owner.name);
  const std::int64_t clients = item.estate.count_of("clients");
  if (clients > 0) fields["clients"] = json::Array{link_to(item.estate, "clients", random.below(clients))};
  // The applications of a system come six by six; the first of them is where people enter.
  if (const std::int64_t first = item.index * 6; first < item.estate.count_of("applications")) {
    json::Object entry = link_to(item.estate, "applications", first);
    entry["endpoint"] = fmt::format("https://{}.example.com", application_name(item.estate, first));
    fields["entry"] = json::Array{std::move(entry)};
  }
  fields["tags"] = tags_of({{"criticality", random.chance(0.3) ? "high" : "normal"}});
}

void edit(const Item& item, int round, const json::Object&, json::Object& fields) {
  fields["description"] = fmt::format("Handed over to {}, round {}", item.place->owner.name, round);
}

}  // namespace

const Kind kSystem = {
    .entity = "system", .share = 0.005, .least = 2, .most = 8'000, .describe = describe, .edit = edit};

}  // namespace maestro::demo
