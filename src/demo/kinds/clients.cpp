#include "demo/kinds/company_words.h"

namespace maestro::demo {
namespace {

void describe(const Item& item, int, json::Object& fields) {
  Random random = item.random(0);
  fields["name"] = client_name(item.estate, item.index);
  fields["description"] = "Uses what we run for it";
  fields["contacts"] =
      json::Array{json::Object{{"channel", "Email"}, {"value", fmt::format("it-{}@example.com", item.index + 1)}},
                  json::Object{{"channel", "Phone"}, {"value", fmt::format("+1 555 01{:02}", random.below(100))}}};
  fields["tags"] = tags_of({{"contract", fmt::format("C-{:05}", item.index + 1)}});
}

void edit(const Item&, int round, const json::Object&, json::Object& fields) {
  fields["description"] = fmt::format("Contract renewed, round {}", round);
}

}  // namespace

const Kind kClients = {
    .entity = "clients", .share = 0.002, .least = 2, .most = 2'000, .describe = describe, .edit = edit};

}  // namespace maestro::demo
