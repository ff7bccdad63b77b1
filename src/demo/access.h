// Access: the distinct sets of roles of an invented estate, and which document has which.
#pragma once

#include <cstdint>
#include <vector>

#include "demo/company.h"
#include "store/types.h"

namespace maestro::demo {

/// Who of those who sign in sees a document besides demo-all, decided by its index so that the shares are exact:
/// demo-mid every tenth, demo-tiny every thousandth, of each kind.
enum class Circle { kLittle, kSome, kRest };
Circle circle_of(std::int64_t index);

/// Immutable. Sets are numbered from 0; no two are equal.
class Access {
 public:
  /// `largest`: how many documents the largest kind has. Between them they have every set; at least `sets` many.
  Access(std::uint64_t seed, std::int64_t sets, std::int64_t largest, const Company& company);

  /// Enough teams for so many distinct sets.
  static std::int64_t teams_for(std::int64_t sets);

  std::int64_t count() const { return sets_; }
  /// The team that administers what has the set.
  std::int64_t team_of(std::int64_t set) const { return set % company_.teams(); }
  /// Of a document of the largest kind: most have that of their place, as discovery hands it down.
  std::int64_t of_largest(std::int64_t index, std::int64_t of_place) const;
  /// Of a document of another kind (`group` tells them apart), or of a place.
  std::int64_t of(std::uint64_t group, std::int64_t index, std::int64_t of_place) const;
  /// As stored and shown.
  std::vector<store::RoleEntry> entries(std::int64_t set) const;

 private:
  struct Range {
    std::int64_t first = 0, count = 0;
  };
  const Range& range(Circle circle) const { return ranges_[static_cast<int>(circle)]; }
  Circle circle_of_set(std::int64_t set) const;
  std::int64_t some_set(std::uint64_t group, std::int64_t index, std::int64_t of_place) const;

  std::uint64_t seed_;
  std::int64_t sets_;
  const Company& company_;
  Range ranges_[3];
};

}  // namespace maestro::demo
