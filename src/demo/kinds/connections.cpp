#include "auth/token.h"
#include "demo/kinds/rows.h"

namespace maestro::demo {
namespace {

// Without credentials in the vault and without schedules: such a connection calls nobody, whatever is asked of it.
void describe(const Item& item, int, json::Object& fields) {
  const Place& place = *item.place;
  Random random = item.random(0);
  json::Object claims;
  if (place.aws) {
    claims = {{"access", "AKIADEMODATA" + random.hex(8)}, {"secret", "********"}};
    fields["service"] = "iam_aws";
  } else {
    claims = {{"username", "maestro"}, {"password", "********"}};
    fields["service"] = "OpenStack";
    fields["url"] = fmt::format("https://{}.example.com:5000/v3", place.name);
    fields["project"] = place.account;
    fields["user_domain_id"] = "default";
    fields["api_version"] = "3";
  }
  claims["ref"] = item.id.hex();
  claims["use"] = "conn";
  fields["conn"] = auth::sign_token("an envelope of demo data, which opens nothing", claims);
  fields["name"] = place.connection_name();
  fields["provider"] = place.provider;
  fields["dc"] = place.name;
  fields["dc_id"] = place.datacenter.hex();
  fields["status"] = random.chance(0.95) ? "enabled" : "disabled";
  fields["tab"] = 0;
  json::Array regions;
  for (const std::string& region : place.regions) regions.emplace_back(region);
  fields["regions"] = std::move(regions);
  const Holder& owner = place.owner;
  fields["owner_user"] = json::Object{{"name", owner.name},
                                      {"email", owner.email},
                                      {"_id", owner.principal.id.hex()},
                                      {"refs", "teams"},
                                      {"role", store::kAdmin}};
  fields["process"] = json::Object{};
}

void edit(const Item&, int, const json::Object& body, json::Object& fields) {
  fields["status"] = json::text_or(body, "status") == "enabled" ? "disabled" : "enabled";
}

}  // namespace

const Kind kConnections = {.entity = "connections",
                           .spread = Kind::Spread::kOncePerPlace,
                           .changed = 0.06,
                           .deleted = 0,
                           .describe = describe,
                           .edit = edit};

}  // namespace maestro::demo
