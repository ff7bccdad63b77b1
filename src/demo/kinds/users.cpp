#include "demo/kinds/rows.h"

namespace maestro::demo {
namespace {

constexpr const char* kJobs[] = {"Operator", "Site reliability engineer", "Developer", "Team lead", "Architect",
                                 "Auditor"};
struct Town {
  const char* city;
  const char* country;
  const char* code;
};
constexpr Town kTowns[] = {{"Lisbon", "Portugal", "PT"}, {"Porto Alegre", "Brazil", "BR"}, {"Hamburg", "Germany", "DE"},
                           {"Dublin", "Ireland", "IE"},  {"Singapore", "Singapore", "SG"}, {"Oslo", "Norway", "NO"}};

void describe(const Item& item, int, json::Object& fields) {
  const Holder person = item.estate.company().person(item.index);
  Random random = item.random(0);
  const Town& town = random.pick(kTowns);
  fields["name"] = person.name;
  fields["email"] = person.email;
  fields["fullname"] = person.name;
  fields["company"] = "Example Ltd.";
  fields["job"] = random.pick(kJobs);
  fields["phone"] = fmt::format("+00 555 {:06}", random.below(1'000'000));
  fields["city"] = town.city;
  fields["country"] = json::Object{{"name", town.country}, {"code", town.code}};
}

void edit(const Item& item, int round, const json::Object& body, json::Object& fields) {
  Random random = item.random(10 + static_cast<std::uint64_t>(round));
  const char* job = random.pick(kJobs);
  fields["job"] = json::text_or(body, "job") == job ? std::string("Senior ") + job : std::string(job);
}

}  // namespace

const Kind kUsers = {.entity = "users",
                     .spread = Kind::Spread::kCompany,
                     .share = 0.01,
                     .least = 8,
                     .most = 5000,
                     .describe = describe,
                     .edit = edit};

}  // namespace maestro::demo
