// Paging: which part of a listing one answer holds, and what a fault makes of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "cloudsim/faults.h"

namespace maestro::cloudsim {

struct PagePlan {
  std::size_t begin = 0, end = 0;  ///< the honest part of the listing
  std::size_t total = 0;
  std::size_t limit = 1;

  bool more() const { return end < total; }
  Place place() const {
    return {.page = (begin + limit - 1) / limit + 1,
            .pages = std::max<std::size_t>(1, (total + limit - 1) / limit),
            .listing = true};
  }
  /// What is shown instead under a fault; begin and end stay, because the next token is right.
  std::pair<std::size_t, std::size_t> shown(const std::optional<Fault>& fault) const {
    if (fault && fault->kind == FaultKind::kDuplicatePage) return {begin > limit ? begin - limit : 0, begin};
    if (fault && fault->kind == FaultKind::kEmptyPage) return {begin, begin};
    return {begin, end};
  }
};

inline PagePlan plan_page(std::size_t total, std::size_t begin, std::size_t limit) {
  begin = std::min(begin, total);
  return {.begin = begin,
          .end = begin + std::min(limit, total - begin),
          .total = total,
          .limit = std::max<std::size_t>(limit, 1)};
}

}  // namespace maestro::cloudsim
