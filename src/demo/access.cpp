#include "demo/access.h"

#include "demo/random.h"

namespace maestro::demo {
namespace {

constexpr std::int64_t kSomeEvery = 10, kSomeAt = 3;
constexpr std::int64_t kLittleEvery = 1000, kLittleAt = 5;
constexpr std::uint64_t kWhat = 77;

/// How many of the indexes below `n` are of a circle.
std::int64_t size_of(Circle circle, std::int64_t n) {
  const auto hits = [n](std::int64_t every, std::int64_t at) { return n / every + (n % every > at ? 1 : 0); };
  switch (circle) {
    case Circle::kLittle:
      return hits(kLittleEvery, kLittleAt);
    case Circle::kSome:
      return hits(kSomeEvery, kSomeAt);
    default:
      return n - hits(kLittleEvery, kLittleAt) - hits(kSomeEvery, kSomeAt);
  }
}

store::RoleEntry entry(const Holder& holder, int role, bool first = false) {
  json::Object wire;
  const char* refs = principal_refs(holder.principal.kind);
  // The one who makes a document is written in another order than the ones who are given a role later.
  if (first) {
    wire["refs"] = refs;
    wire["_id"] = holder.principal.id.hex();
  } else {
    wire["_id"] = holder.principal.id.hex();
    wire["refs"] = refs;
    wire["role"] = role;
  }
  if (!first || holder.principal.kind == Principal::Kind::kTeam) wire["name"] = holder.name;
  if (!holder.email.empty()) wire["email"] = holder.email;
  if (first) wire["role"] = role;
  return {.principal = holder.principal, .role = role, .wire = std::move(wire)};
}

}  // namespace

Circle circle_of(std::int64_t index) {
  if (index % kLittleEvery == kLittleAt) return Circle::kLittle;
  return index % kSomeEvery == kSomeAt ? Circle::kSome : Circle::kRest;
}

Access::Access(std::uint64_t seed, std::int64_t sets, std::int64_t largest, const Company& company)
    : seed_(seed), sets_(sets), company_(company) {
  std::int64_t little = std::min(size_of(Circle::kLittle, largest), std::max<std::int64_t>(1, sets / kLittleEvery));
  std::int64_t some = std::min(size_of(Circle::kSome, largest), std::max<std::int64_t>(1, sets / kSomeEvery));
  const std::int64_t rest = std::min(size_of(Circle::kRest, largest), sets - little - some);
  // As many sets as documents: then each circle has as many as it has documents.
  some = std::min(size_of(Circle::kSome, largest), sets - rest - little);
  little = sets - rest - some;
  ranges_[static_cast<int>(Circle::kLittle)] = {0, little};
  ranges_[static_cast<int>(Circle::kSome)] = {little, some};
  ranges_[static_cast<int>(Circle::kRest)] = {little + some, rest};
}

std::int64_t Access::teams_for(std::int64_t sets) {
  std::int64_t teams = 4;
  while (teams < 400 && teams * teams < sets * 2) ++teams;
  return teams;
}

Circle Access::circle_of_set(std::int64_t set) const {
  for (const Circle circle : {Circle::kLittle, Circle::kSome})
    if (set >= range(circle).first && set < range(circle).first + range(circle).count) return circle;
  return Circle::kRest;
}

std::int64_t Access::some_set(std::uint64_t group, std::int64_t index, std::int64_t of_place) const {
  const Circle circle = circle_of(index);
  Random random(seed_, group, static_cast<std::uint64_t>(index), kWhat);
  if (of_place >= 0 && circle_of_set(of_place) == circle && random.chance(0.8)) return of_place;
  // Few sets have many documents, many have few.
  const double x = random.unit();
  const Range& from = range(circle);
  return from.first + std::min(from.count - 1, static_cast<std::int64_t>(static_cast<double>(from.count) * x * x));
}

std::int64_t Access::of(std::uint64_t group, std::int64_t index, std::int64_t of_place) const {
  return some_set(group, index, of_place);
}

std::int64_t Access::of_largest(std::int64_t index, std::int64_t of_place) const {
  const Circle circle = circle_of(index);
  const std::int64_t rank = size_of(circle, index);
  const Range& from = range(circle);
  if (rank < from.count) return from.first + rank;
  return some_set(0, index, of_place);
}

std::vector<store::RoleEntry> Access::entries(std::int64_t set) const {
  const std::int64_t teams = company_.teams(), first = team_of(set);
  const std::int64_t people = std::max<std::int64_t>(1, company_.people() - Company::kDemoPeople + 1);
  // One team, then nobody or a person, then none or another team: the digits of the number, so no two are equal.
  const std::int64_t person = set / teams % people, second = set / teams / people % teams;
  Random random(seed_, 3, static_cast<std::uint64_t>(set), 0);
  constexpr int kRoles[] = {store::kRead, store::kRead, store::kWrite, store::kAdmin};
  std::vector<store::RoleEntry> out;
  out.push_back(entry(company_.team(first), store::kAdmin, true));
  out.push_back(entry(company_.person(0), store::kAdmin));
  const Circle circle = circle_of_set(set);
  if (circle == Circle::kSome) out.push_back(entry(company_.person(1), store::kWrite));
  if (circle == Circle::kLittle) out.push_back(entry(company_.person(2), store::kRead));
  if (person > 0) out.push_back(entry(company_.person(Company::kDemoPeople + person - 1), random.pick(kRoles)));
  if (second > 0) out.push_back(entry(company_.team((first + second) % teams), random.pick(kRoles)));
  return out;
}

}  // namespace maestro::demo
