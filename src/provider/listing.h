// Listings: pages of one resource, translated, with everything that makes them unproven said out loud.
#pragma once

#include <memory>
#include <string>

#include "provider/lookups.h"

namespace maestro::provider {

/// One region. What it is given must outlive it.
class RegionListing final : public Listing {
 public:
  RegionListing(Courier& courier, LookupCache& cache, const Resource& resource, Facts facts, Params extra = {});
  Result<std::optional<Page>> next(const Context& context) override;

 private:
  Result<std::optional<Page>> read(const Context& context);
  void fill(const Context& context, const Fetched& fetched, Page& page);

  const Resource& resource_;
  std::shared_ptr<const Pack> pack_;
  Facts facts_;
  PageWalk walk_;
  Lookups lookups_;
  std::optional<Error> failure_;
  int number_ = 0;
  bool was_full_ = false;
  std::unordered_set<std::string> keys_;
};

}  // namespace maestro::provider
