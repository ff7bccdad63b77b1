#include "provider/listing.h"

#include <fmt/format.h>

namespace maestro::provider {

namespace {

constexpr int kMaxPages = 20'000;

}  // namespace

RegionListing::RegionListing(Courier& courier, LookupCache& cache, const Resource& resource, Facts facts, Params extra)
    : resource_(resource),
      pack_(resource.pack),
      facts_(std::move(facts)),
      walk_(courier, *pack_->shape, pack_->list, pack_->page, pack_->items, std::move(extra), facts_.region_id,
            resource.permissions),
      lookups_(courier, cache, resource, facts_.region_id) {}

Result<std::optional<Page>> RegionListing::next(const Context& context) {
  // "No further page" after an error would read as a complete list, and a complete list may retire what it lacks.
  if (failure_) return *failure_;
  auto page = read(context);
  if (!page) failure_ = page.error();
  return page;
}

Result<std::optional<Page>> RegionListing::read(const Context& context) {
  if (walk_.over()) return std::optional<Page>();
  if (number_ >= kMaxPages) return unavailable(fmt::format("{} has more than {} pages", resource_.label, kMaxPages));
  TRY_ASSIGN(Fetched fetched, walk_.fetch(context));
  Page page;
  const bool last = !walk_.names_next(fetched);
  if (fetched.items.empty() && (number_ > 0 || !last)) {
    // A list whose length is a multiple of the page size ends with an empty page where pages go by marker.
    if (last && was_full_) return std::optional<Page>();
    TRY_ASSIGN(fetched, walk_.fetch(context));
    if (fetched.items.empty()) {
      page.doubts.push_back(fmt::format("page {} was empty, also when asked again{}", number_ + 1,
                                        walk_.names_next(fetched) ? ", yet names a next page" : ""));
    }
  }
  page.number = ++number_;
  fill(context, fetched, page);
  was_full_ = walk_.is_full(fetched);
  TRY(walk_.advance(fetched));
  return std::optional<Page>(std::move(page));
}

void RegionListing::fill(const Context& context, const Fetched& fetched, Page& page) {
  const std::vector<Enriched> found = lookups_.find(context, fetched.items, page.doubts);
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < fetched.items.size(); ++i) {
    const Scene scene{.raw = fetched.items[i], .found = found[i], .facts = &facts_};
    if (!holds(pack_->where, scene)) continue;
    auto item = translate(*pack_, scene);
    if (!item) {
      page.item_errors.push_back(std::move(item).error().message);
    } else if (!keys_.insert(item->key).second) {
      ++repeated;
    } else {
      page.items.push_back(std::move(*item));
    }
  }
  if (repeated > 0) {
    page.doubts.push_back(fmt::format("{} item{} of page {} had been listed before: the list moved while it was read",
                                      repeated, repeated == 1 ? "" : "s", page.number));
  }
}

}  // namespace maestro::provider
