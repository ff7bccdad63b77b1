// Company: the invented people and teams who own and change the estate.
#pragma once

#include <cstdint>
#include <string>

#include "base/context.h"
#include "base/time.h"

namespace maestro::demo {

/// A document id as the product makes them (seconds, a part of the process, a counter), but from the seed.
/// `index` below 2^24.
ObjectId make_id(std::uint64_t seed, std::string_view entity, std::int64_t index, Time born);

/// A holder of roles, and the person who acts.
struct Holder {
  Principal principal = {};
  std::string name = {};
  std::string email = {};
};

/// Immutable. People 0, 1 and 2 are those who can sign in: demo-all, demo-mid, demo-tiny.
class Company {
 public:
  static constexpr std::int64_t kDemoPeople = 3;

  Company(std::uint64_t seed, std::int64_t people, std::int64_t teams, Time founded)
      : seed_(seed), people_(people), teams_(teams), founded_(founded) {}

  std::int64_t people() const { return people_; }
  std::int64_t teams() const { return teams_; }
  Time founded() const { return founded_; }

  Holder person(std::int64_t index) const;
  std::string full_name(std::int64_t index) const;
  Holder team(std::int64_t index) const;
  /// Some member of a team, acting for it.
  Actor member(std::int64_t team, std::uint64_t which) const;

 private:
  std::uint64_t seed_;
  std::int64_t people_, teams_;
  Time founded_;
};

}  // namespace maestro::demo
