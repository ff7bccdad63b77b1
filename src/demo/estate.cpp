#include "demo/estate.h"

#include <cmath>
#include <numeric>

namespace maestro::demo {
namespace {

constexpr Millis kSpan = std::chrono::hours(24 * 730);
constexpr std::int64_t kPlacesShare = 500, kLeastPlaces = 6, kMostPlaces = 2000;
/// Documents of a slice: below what one transaction may hold, and enough to be worth one.
constexpr std::int64_t kSlice = 1500;

constexpr std::uint64_t kPlace = 10, kFate = 20, kTime = 30;

constexpr const char* kAwsRegions[] = {"us-east-1 (N. Virginia)",    "us-west-2 (Oregon)",
                                       "eu-west-1 (Ireland)",        "eu-central-1 (Frankfurt)",
                                       "ap-southeast-1 (Singapore)", "sa-east-1 (Sao Paulo)"};
constexpr const char* kOpenstackRegions[] = {"RegionOne", "eu-north", "lab"};
constexpr const char* kPurposes[] = {"shop", "core", "data", "media", "edge", "office", "lab", "bank", "maps", "play"};

std::int64_t clamp(std::int64_t value, std::int64_t least, std::int64_t most) {
  return std::max(least, std::min(value, most));
}

}  // namespace

Result<std::unique_ptr<const Estate>> Estate::make(const Options& options) {
  if (options.documents < kLeast || options.documents > kMost)
    return invalid(fmt::format("The number of documents must be from {} to {}", kLeast, kMost));
  std::unique_ptr<Estate> estate(new Estate(options));
  if (estate->options_.access_sets == 0)
    estate->options_.access_sets = std::llround(1.6 * std::sqrt(static_cast<double>(options.documents)));
  estate->from_ = options.until - kSpan;
  if (to_ms(estate->from_) < 0 || to_ms(options.until) > 4'000'000'000'000)
    return invalid("The time at which the demo data ends must be from 1972 to 2096");
  TRY(estate->count_kinds());
  estate->open_places();
  estate->cut_slices();
  return std::unique_ptr<const Estate>(std::move(estate));
}

Result<void> Estate::count_kinds() {
  const std::int64_t n = options_.documents;
  const std::int64_t places = clamp(n / kPlacesShare, kLeastPlaces, kMostPlaces);
  std::int64_t left = n, people = 0;
  counts_.assign(kinds().size(), 0);
  for (std::size_t i = 0; i < kinds().size(); ++i) {
    const Kind& kind = *kinds()[i];
    if (kind.spread == Kind::Spread::kOncePerPlace)
      counts_[i] = places;
    else if (kind.share > 0)
      counts_[i] = clamp(static_cast<std::int64_t>(static_cast<double>(n) * kind.share), kind.least, kind.most);
    else
      largest_ = i;
    if (kind.spread == Kind::Spread::kCompany) people = counts_[i];
    left -= counts_[i];
  }
  counts_[largest_] = left;
  const std::int64_t sets = options_.access_sets;
  if (sets < 3 || sets > kMostSets || sets > left) {
    return invalid(
        fmt::format("The number of access sets must be from 3 to {} for so many documents", std::min(left, kMostSets)));
  }
  company_ = std::make_unique<Company>(seed(), people, Access::teams_for(sets), from_);
  access_ = std::make_unique<Access>(seed(), sets, left, *company_);
  return {};
}

void Estate::open_places() {
  const std::int64_t count = clamp(options_.documents / kPlacesShare, kLeastPlaces, kMostPlaces);
  const std::int64_t span = kSpan.count();
  for (std::int64_t i = 0; i < count; ++i) {
    Random random(seed(), kPlace, static_cast<std::uint64_t>(i), 0);
    Place place;
    place.index = i;
    place.aws = i % 3 != 2;
    place.provider = place.aws ? "AWS" : "OpenStack";
    const auto known =
        place.aws ? std::span<const char* const>(kAwsRegions) : std::span<const char* const>(kOpenstackRegions);
    const auto first = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(known.size())));
    const std::int64_t several = 1 + random.below(place.aws ? 3 : 2);
    for (std::int64_t k = 0; k < several; ++k)
      place.regions.emplace_back(known[(first + static_cast<std::size_t>(k)) % known.size()]);
    place.name = fmt::format("{}-{}-{:04}", place.aws ? "aws" : "ostack", random.pick(kPurposes), i + 1);
    place.account = place.aws ? fmt::format("{:012}", 100'000'000'000 + random.below(899'999'999'999)) : random.hex(32);
    place.access = access_->of(kPlace, i, -1);
    place.team = access_->team_of(place.access);
    place.owner = company_->team(place.team);
    // One after the other until shortly before the end; nobody connects clouds before there are people.
    const std::int64_t step = span * 9 / 10 / count;
    place.opened = from_ + Millis(span / 50 + step * i + random.below(step));
    place.datacenter = make_id(seed(), "datacenters", i, place.opened);
    place.connection = make_id(seed(), "connections", i, place.opened);
    places_.push_back(std::move(place));
  }
}

void Estate::cut(std::size_t kind, std::int64_t place, std::int64_t first, std::int64_t last) {
  const std::int64_t n = last - first;
  if (n <= 0) return;
  const std::int64_t parts = kinds()[kind]->spread == Kind::Spread::kOncePerPlace ? 1 : n / kSlice + 1;
  const Time opened = place < 0 ? from_ : places_[static_cast<std::size_t>(place)].opened;
  // People come within the first days; what stands in a place is found when it is connected, then bit by bit.
  const Millis room = place < 0 ? kSpan / 60 : options_.until - opened - std::chrono::hours(24 * 30);
  Time made = opened + (place < 0 ? Millis(0) : Millis(60'000) * static_cast<std::int64_t>(kind));
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t from = first + n * part / parts, to = first + n * (part + 1) / parts;
    slices_.push_back({.kind = kind, .place = place, .first = from, .last = to, .made = made});
    Random random(seed(), kTime, static_cast<std::uint64_t>(from), kind);
    made += Millis(room.count() / parts / 2 + random.below(room.count() / parts / 2));
  }
}

void Estate::cut_slices() {
  const auto places = static_cast<std::int64_t>(places_.size());
  // The n-th largest place has 1/sqrt(n) of what the largest has. Roots are exact everywhere, other powers are not.
  std::vector<double> until(places_.size() + 1, 0);
  for (std::int64_t i = 0; i < places; ++i) {
    // Which place is how large has nothing to do with its age: a step that shares no factor with the count mixes them.
    std::int64_t step = places / 2 + 1;
    while (std::gcd(step, places) != 1) ++step;
    until[static_cast<std::size_t>(i) + 1] =
        until[static_cast<std::size_t>(i)] + 1 / std::sqrt(static_cast<double>(i * step % places + 1));
  }
  for (std::size_t kind = 0; kind < kinds().size(); ++kind) {
    const std::int64_t n = counts_[kind];
    if (kinds()[kind]->spread == Kind::Spread::kCompany) {
      cut(kind, -1, 0, n);
      continue;
    }
    std::int64_t first = 0;
    for (std::int64_t i = 0; i < places; ++i) {
      const double share = until[static_cast<std::size_t>(i) + 1] / until.back();
      const std::int64_t last = kinds()[kind]->spread == Kind::Spread::kOncePerPlace
                                    ? i + 1
                                    : (i + 1 == places ? n : static_cast<std::int64_t>(static_cast<double>(n) * share));
      cut(kind, i, first, last);
      first = last;
    }
  }
}

Fate Estate::fate(std::size_t kind, const Place* place, std::int64_t index) const {
  const Kind& row = *kinds()[kind];
  Random random(seed(), kFate + kind, static_cast<std::uint64_t>(index), 0);
  Fate out;
  const bool found = row.resource != nullptr && place != nullptr && row.resource(*place)[0] != '\0';
  out.by_hand = random.chance(row.by_hand) || !found;
  if (random.chance(row.changed)) {
    const auto more = random.below(10);
    out.rounds = more < 6 ? 1 : more < 9 ? 2 : 3;
  }
  for (bool& person : out.by_person) person = random.chance(0.25) || out.by_hand;
  out.deleted = random.chance(row.deleted);
  // The end comes in the last round: nobody changes what is gone.
  if (out.deleted) out.rounds = std::min(out.rounds, 2);
  // Those who sign in stay as they are.
  if (place == nullptr && index < Company::kDemoPeople) out = Fate{};
  return out;
}

std::int64_t Estate::access_set(std::size_t kind, const Place* place, std::int64_t index) const {
  if (kinds()[kind]->spread == Kind::Spread::kOncePerPlace) return place->access;
  const std::int64_t of_place = place == nullptr ? -1 : place->access;
  return kind == largest_ ? access_->of_largest(index, of_place) : access_->of(100 + kind, index, of_place);
}

ObjectId Estate::id(const Slice& slice, std::int64_t index) const {
  // What others point at has the same id as they say.
  const std::string_view entity = kinds()[slice.kind]->entity;
  const Time born = slice.place < 0 ? from_
                    : kinds()[slice.kind]->spread == Kind::Spread::kOncePerPlace
                        ? places_[static_cast<std::size_t>(slice.place)].opened
                        : slice.made;
  return make_id(seed(), entity, index, born);
}

std::int64_t Estate::count_of(std::string_view entity) const {
  for (std::size_t kind = 0; kind < kinds().size(); ++kind)
    if (entity == kinds()[kind]->entity) return counts_[kind];
  return 0;
}

ObjectId Estate::id_of(std::string_view entity, std::int64_t index) const {
  // Slices stand kind by kind, each in the order of indexes.
  const auto is_before = [&](const Slice& slice) {
    for (std::size_t kind = 0; kind < slice.kind; ++kind)
      if (entity == kinds()[kind]->entity) return false;
    return entity != kinds()[slice.kind]->entity || slice.last <= index;
  };
  const auto slice = std::partition_point(slices_.begin(), slices_.end(), is_before);
  return slice == slices_.end() ? ObjectId() : id(*slice, index);
}

Item Estate::item(const Slice& slice, std::int64_t index) const {
  const Place* place = slice.place < 0 ? nullptr : &places_[static_cast<std::size_t>(slice.place)];
  return {.estate = *this,
          .kind = slice.kind,
          .index = index,
          .place = place,
          .by_hand = fate(slice.kind, place, index).by_hand,
          .made = slice.made,
          .id = id(slice, index)};
}

}  // namespace maestro::demo
