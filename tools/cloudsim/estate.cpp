#include "cloudsim/estate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>

#include "cloudsim/mix.h"

namespace maestro::cloudsim {

Region::Region(std::string region_name, unsigned region_index, std::uint64_t seed)
    : name(std::move(region_name)), index(region_index), key(combine(seed, hash_text(name))) {}

std::vector<Slot> Region::live() const {
  std::vector<Slot> out;
  out.reserve(live_count_);
  for (std::size_t word = 0; word < bits_.size(); ++word) {
    for (std::uint64_t bits = bits_[word]; bits != 0; bits &= bits - 1) {
      out.push_back(static_cast<Slot>(word * 64 + static_cast<unsigned>(std::countr_zero(bits))));
    }
  }
  return out;
}

const Changes& Region::changes(Slot slot) const {
  static const Changes none;
  if (changes_.empty()) return none;
  const auto found = changes_.find(slot);
  return found == changes_.end() ? none : found->second;
}

void Region::resize(Slot slots) {
  slots_ = slots;
  live_count_ = slots;
  bits_.assign((slots + 63) / 64, ~std::uint64_t{0});
  if (slots % 64 != 0) bits_.back() = (std::uint64_t{1} << slots % 64) - 1;
}

void Region::set_live(Slot slot, bool live) {
  if (slot >= slots_ || is_live(slot) == live) return;
  bits_[slot / 64] ^= std::uint64_t{1} << slot % 64;
  live_count_ += live ? 1U : ~0U;
}

void Region::append(Slot count) {
  const Slot first = slots_;
  slots_ += count;
  bits_.resize((slots_ + 63) / 64, 0);
  for (Slot slot = first; slot < slots_; ++slot) set_live(slot, true);
}

void Region::change(Slot slot, Trait trait, std::int64_t now_s) {
  Changes& changes = changes_[slot];
  changes.last_s = now_s;
  switch (trait) {
    case Trait::kStatus:
      ++changes.status;
      break;
    case Trait::kTags:
      ++changes.tags;
      break;
    case Trait::kType:
      ++changes.type;
      break;
    case Trait::kName:
      ++changes.name;
      break;
    case Trait::kIp:
      ++changes.ip;
      break;
  }
}

Estate::Estate(const std::vector<std::string>& regions, std::uint64_t seed, Slot machines) : seed_(seed) {
  for (const std::string& name : regions) regions_.emplace_back(name, static_cast<unsigned>(regions_.size()), seed);
  spread(machines);
}

void Estate::spread(Slot machines) {
  const auto parts = static_cast<Slot>(regions_.size());
  for (Slot i = 0; i < parts; ++i) regions_[i].resize(machines / parts + (i < machines % parts ? 1 : 0));
}

const Region* Estate::find(std::string_view region) const {
  for (const Region& one : regions_) {
    if (one.name == region) return &one;
  }
  return nullptr;
}

void Estate::resize(Slot machines) {
  const std::unique_lock lock(mutex);
  ++revision_;
  spread(machines);
}

std::vector<std::pair<unsigned, Slot>> Estate::choose(const Choice& choice, const Allowed& allowed) const {
  std::vector<std::pair<unsigned, Slot>> chosen;
  const auto fits = [&](const Region& region, Slot slot) {
    return region.is_live(slot) && (!allowed || allowed(region, slot));
  };
  if (!choice.named.empty()) {
    for (const auto& one : choice.named) {
      if (fits(regions_[one.first], one.second)) chosen.push_back(one);
    }
    return chosen;
  }
  for (const Region& region : regions_) {
    if (!choice.region.empty() && region.name != choice.region) continue;
    for (const Slot slot : region.live()) {
      if (!allowed || allowed(region, slot)) chosen.emplace_back(region.index, slot);
    }
  }
  std::size_t wanted = chosen.size();
  if (choice.count >= 0) {
    wanted = std::min(wanted, static_cast<std::size_t>(choice.count));
  } else {
    const double share = std::clamp(choice.percent, 0.0, 100.0) / 100;
    wanted = std::min(wanted, static_cast<std::size_t>(std::llround(share * static_cast<double>(wanted))));
  }
  // The smallest hashes win: an exact number, scattered, and the same again for the same seed and revision.
  const std::uint64_t salt = combine(seed_, revision_);
  const auto rank = [&](const std::pair<unsigned, Slot>& one) {
    return combine(salt, combine(regions_[one.first].key, one.second));
  };
  const auto cut = chosen.begin() + static_cast<std::ptrdiff_t>(wanted);
  if (cut != chosen.end()) {
    std::nth_element(chosen.begin(), cut, chosen.end(),
                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  }
  chosen.erase(cut, chosen.end());
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<std::pair<unsigned, Slot>> Estate::change(const Choice& choice, Trait trait, std::int64_t now_s,
                                                      const Allowed& allowed) {
  const std::unique_lock lock(mutex);
  ++revision_;
  auto chosen = choose(choice, allowed);
  for (const auto& [region, slot] : chosen) regions_[region].change(slot, trait, now_s);
  return chosen;
}

std::vector<std::pair<unsigned, Slot>> Estate::vanish(const Choice& choice) {
  const std::unique_lock lock(mutex);
  ++revision_;
  auto chosen = choose(choice, {});
  for (const auto& [region, slot] : chosen) regions_[region].set_live(slot, false);
  return chosen;
}

std::vector<std::pair<unsigned, Slot>> Estate::appear(const Choice& choice) {
  const std::unique_lock lock(mutex);
  ++revision_;
  std::vector<std::pair<unsigned, Slot>> out;
  for (const auto& one : choice.named) {
    if (regions_[one.first].is_live(one.second)) continue;
    regions_[one.first].set_live(one.second, true);
    out.push_back(one);
  }
  for (std::int64_t i = 0; i < choice.count; ++i) {
    // To the smallest region, so that regions stay alike.
    Region* target = nullptr;
    for (Region& region : regions_) {
      if (!choice.region.empty() && region.name != choice.region) continue;
      if (target == nullptr || region.slots() < target->slots()) target = &region;
    }
    if (target == nullptr) break;
    target->append(1);
    out.emplace_back(target->index, target->slots() - 1);
  }
  return out;
}

}  // namespace maestro::cloudsim
