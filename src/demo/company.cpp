#include "demo/company.h"

#include "base/crypto.h"
#include "base/text.h"
#include "demo/demo.h"
#include "demo/random.h"

namespace maestro::demo {
namespace {

constexpr std::uint64_t kPeople = 1;
constexpr const char* kFirst[] = {"Ada",  "Alan",   "Amina", "Bruno", "Carla",  "Chen",  "Dana",  "Elif",
                                  "Emil", "Fatima", "Gita",  "Hana",  "Igor",   "Ines",  "Jonas", "Kofi",
                                  "Lena", "Luis",   "Maya",  "Nils",  "Olga",   "Paulo", "Priya", "Quentin",
                                  "Rosa", "Samir",  "Tanja", "Usha",  "Viktor", "Yuki"};
constexpr const char* kLast[] = {"Almeida", "Berg",   "Costa", "Dietrich", "Eriksen", "Ferrari",  "Garcia", "Haas",
                                 "Ibrahim", "Jansen", "Kim",   "Lindholm", "Moreau",  "Nakamura", "Okafor", "Petrov",
                                 "Quispe",  "Rossi",  "Silva", "Tanaka",   "Ueda",    "Vargas",   "Wolf",   "Zhang"};
constexpr const char* kTeams[] = {"Platform", "Payments", "Search",    "Checkout", "Data",     "Identity",
                                  "Network",  "Security", "Logistics", "Billing",  "Insights", "Mobile",
                                  "Catalog",  "Storage",  "Delivery",  "Research", "Support",  "Media"};

template <std::size_t N>
std::int64_t length(const char* const (&)[N]) {
  return static_cast<std::int64_t>(N);
}

}  // namespace

ObjectId make_id(std::uint64_t seed, std::string_view entity, std::int64_t index, Time born) {
  std::uint64_t part = seed;
  for (const char c : entity) part = mix(part + static_cast<unsigned char>(c));
  const auto seconds = static_cast<std::uint64_t>(to_ms(born) / 1000);
  unsigned char bytes[12];
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<unsigned char>(seconds >> (24 - 8 * i));
  for (int i = 0; i < 5; ++i) bytes[4 + i] = static_cast<unsigned char>(part >> (8 * i));
  for (int i = 0; i < 3; ++i) bytes[9 + i] = static_cast<unsigned char>(index >> (16 - 8 * i));
  return ObjectId::from_bytes(bytes);
}

std::string Company::full_name(std::int64_t index) const {
  if (index == 0) return "Demo All";
  if (index == 1) return "Demo Mid";
  if (index == 2) return "Demo Tiny";
  Random random(seed_, kPeople, static_cast<std::uint64_t>(index), 0);
  return fmt::format("{} {}", random.pick(kFirst), random.pick(kLast));
}

Holder Company::person(std::int64_t index) const {
  Holder out;
  out.principal = {Principal::Kind::kUser, make_id(seed_, "users", index, founded_)};
  out.name = full_name(index);
  if (index < kDemoPeople) {
    out.email = index == 0 ? kSeesAll : index == 1 ? kSeesSome : kSeesLittle;
  } else {
    out.email = text::lower(out.name) + fmt::format("{}@example.com", index);
    std::replace(out.email.begin(), out.email.end(), ' ', '.');
  }
  return out;
}

Holder Company::team(std::int64_t index) const {
  const auto round = index / length(kTeams);
  const std::string word = kTeams[index % length(kTeams)];
  Holder out;
  out.principal = {Principal::Kind::kTeam, make_id(seed_, "teams", index, founded_)};
  out.name = round == 0 ? word : fmt::format("{} {}", word, round + 1);
  out.email = text::lower(word) + (round == 0 ? std::string() : std::to_string(round + 1)) + "@example.com";
  return out;
}

Actor Company::member(std::int64_t team_index, std::uint64_t which) const {
  const Holder acting = team(team_index);
  // A team is a handful of people; the ones who can sign in belong to none.
  const auto room = std::max<std::int64_t>(people_ - kDemoPeople, 1);
  const auto slot = static_cast<std::int64_t>(mix(which) % 5);
  const std::int64_t person_index = people_ > kDemoPeople ? kDemoPeople + (team_index * 5 + slot) % room : 0;
  const Holder one = person(person_index);
  return {.principal = acting.principal,
          .name = one.name,
          .email = one.email,
          .user = one.principal.id,
          .team_name = acting.name,
          .team_email = acting.email};
}

}  // namespace maestro::demo
