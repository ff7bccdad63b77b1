#include "base/text.h"
#include "demo/kinds/company_words.h"

namespace maestro::demo {
namespace {

enum What : std::uint64_t { kBasics, kDeps, kEdit = 100 };

constexpr std::uint64_t kAppNames = 31, kSystemNames = 32, kClientNames = 33;  // streams that other kinds ask as well

Random named(const Estate& estate, std::uint64_t stream, std::int64_t index) {
  return {estate.seed(), stream, static_cast<std::uint64_t>(index), 0};
}

/// Only earlier ones, so that no circle comes about: what is in front calls what is behind it.
json::Array deps(const Item& item) {
  Random random = item.random(kDeps);
  json::Array out;
  std::set<std::int64_t> seen;
  const std::int64_t wanted = item.index == 0 ? 0 : random.below(4);
  for (std::int64_t i = 0; i < wanted; ++i) {
    const std::int64_t other = random.below(item.index);
    if (seen.insert(other).second) out.emplace_back(link_to(item.estate, "applications", other));
  }
  return out;
}

json::Value role_of(const Family& family, const std::string& name, Random& random) {
  if (std::string_view(family.name) == "Database") return json::Value("Master");
  return json::Object{
      {"role", family.language[0] == '\0' ? "Standard" : "Application"},
      {"endpoint", fmt::format("https://{}.example.com", name)},
      {"path", fmt::format("/opt/{}", name)},
      {"command", fmt::format("systemctl restart {}{}", name, random.chance(0.3) ? " --no-block" : "")}};
}

void describe(const Item& item, int, json::Object& fields) {
  Random random = item.random(kBasics);
  const Family& family = family_of(item.index);
  const std::string name = application_name(item.estate, item.index);
  const std::string& region = random.pick(std::span<const std::string>(item.place->regions));
  fields["name"] = name;
  fields["description"] = fmt::format("{} of {}", family.name, item.place->owner.name);
  fields["family"] = family.name;
  fields["environment"] = random.weighted(kEnvironments).text;
  fields["status"] = random.chance(0.95) ? "Active" : "Stopped";
  constexpr const char* kSizes[] = {"small", "medium", "large"};
  fields["size"] = random.pick(kSizes);
  fields["own"] = std::string_view(family.provider).ends_with("(AWS)") ? 1 : 0;  // whether a third party runs it
  if (family.provider[0] != '\0') fields["provider"] = family.provider;
  if (family.engine[0] != '\0') fields["engine"] = family.engine;
  if (family.language[0] != '\0') {
    fields["language"] = family.language;
    fields["deploy"] = json::Array{json::Object{{"type", "Continuos Deployment (CD)"}, {"provider", "Jenkins"}}};
  }
  fields["role"] = role_of(family, name, random);
  const std::int64_t systems = item.estate.count_of("system");
  if (systems > 0) fields["system"] = json::Array{link_to(item.estate, "system", item.index / 6 % systems)};
  if (json::Array list = deps(item); !list.empty()) fields["deps"] = std::move(list);
  fields["datacenters"] = placement(*item.place, region);
  fields["tags"] = tags_of({{"team", item.place->owner.name}, {"tier", std::to_string(1 + item.index % 3)}});
}

void edit(const Item& item, int round, const json::Object&, json::Object& fields) {
  fields["description"] = fmt::format("Reviewed, round {}", round);
  fields["size"] = item.random(kEdit + static_cast<std::uint64_t>(round)).chance(0.5) ? "xlarge" : "2xlarge";
}

}  // namespace

const Family& family_of(std::int64_t application) { return kFamilies[application % kFamilyCount]; }

std::string application_name(const Estate& estate, std::int64_t index) {
  return fmt::format("{}-{}-{:04}", named(estate, kAppNames, index).pick(kBusiness), family_of(index).code, index + 1);
}

std::string system_name(const Estate& estate, std::int64_t index) {
  return fmt::format("{} {}", text::capitalize(named(estate, kSystemNames, index).pick(kBusiness)), index + 1);
}

std::string client_name(const Estate& estate, std::int64_t index) {
  Random random = named(estate, kClientNames, index);
  const char* firm = random.pick(kFirms);
  return fmt::format("{} {} {}", firm, random.pick(kTrades), index + 1);
}

json::Object link_to(const Estate& estate, const char* entity, std::int64_t index) {
  const std::string_view kind = entity;
  json::Object out{{"name", kind == "applications" ? application_name(estate, index)
                            : kind == "system"     ? system_name(estate, index)
                                                   : client_name(estate, index)},
                   {"_id", estate.id_of(kind, index).hex()}};
  if (kind == "applications") out["family"] = family_of(index).name;
  return out;
}

std::optional<std::int64_t> application_on(const Estate& estate, std::string_view server_role, Random& random) {
  const std::int64_t all = estate.count_of("applications");
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < std::min(kFamilyCount, all); ++i)
    if (server_role == kFamilies[i].server_role) slots.push_back(i);
  if (slots.empty()) return std::nullopt;
  const std::int64_t slot = random.pick(std::span<const std::int64_t>(slots));
  return slot + kFamilyCount * random.below((all - slot + kFamilyCount - 1) / kFamilyCount);
}

json::Array tags_of(std::initializer_list<std::pair<const char*, std::string>> pairs) {
  json::Array out;
  for (const auto& [key, value] : pairs) out.emplace_back(json::Object{{"key", key}, {"value", value}});
  return out;
}

const Kind kApplications = {.entity = "applications",
                            .share = 0.03,
                            .least = 4,
                            .most = 40'000,
                            .changed = 0.15,
                            .describe = describe,
                            .edit = edit};

}  // namespace maestro::demo
