// Estate: which machines of one cloud exist, and what has changed about them since the start.
//
// A machine is a slot number in a region; everything else about it is a function of seed, region and slot. The
// estate keeps one bit a slot and a row for each machine that was changed, so 200,000 machines cost 25 kB.
#pragma once

#include <cstdint>
#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace maestro::cloudsim {

using Slot = std::uint32_t;

enum class Trait { kStatus, kTags, kType, kName, kIp };

/// How often each trait of a machine has changed, and when one last did (seconds since 1970).
struct Changes {
  std::uint32_t status = 0, tags = 0, type = 0, name = 0, ip = 0;
  std::int64_t last_s = 0;
};

class Region {
 public:
  Region(std::string region_name, unsigned region_index, std::uint64_t seed);

  const std::string name;
  const unsigned index;     ///< place in the list of regions
  const std::uint64_t key;  ///< of the machines' attributes: seed and name

  Slot slots() const { return slots_; }
  Slot live_count() const { return live_count_; }
  bool is_live(Slot slot) const { return slot < slots_ && (bits_[slot / 64] >> (slot % 64) & 1) != 0; }
  /// Live slots, ascending.
  std::vector<Slot> live() const;
  const Changes& changes(Slot slot) const;

  void resize(Slot slots);  ///< everything below `slots` lives
  void set_live(Slot slot, bool live);
  void append(Slot count);
  void change(Slot slot, Trait trait, std::int64_t now_s);

 private:
  std::vector<std::uint64_t> bits_;
  Slot slots_ = 0;
  Slot live_count_ = 0;
  std::unordered_map<Slot, Changes> changes_;
};

/// Readers hold `mutex` shared while they use a region; the operations below lock it themselves.
class Estate {
 public:
  Estate(const std::vector<std::string>& regions, std::uint64_t seed, Slot machines);

  mutable std::shared_mutex mutex;

  const std::vector<Region>& regions() const { return regions_; }
  const Region* find(std::string_view region) const;
  std::uint64_t revision() const { return revision_; }

  /// Which machines an operation means: the named ones, or a share or number of the live ones of one or all regions,
  /// chosen by seed and revision.
  struct Choice {
    std::string region;                                 ///< empty = all
    std::vector<std::pair<unsigned, Slot>> named = {};  ///< region index and slot
    double percent = -1;
    std::int64_t count = -1;
  };
  using Allowed = std::function<bool(const Region&, Slot)>;

  void resize(Slot machines);
  std::vector<std::pair<unsigned, Slot>> change(const Choice& choice, Trait trait, std::int64_t now_s,
                                                const Allowed& allowed);
  std::vector<std::pair<unsigned, Slot>> vanish(const Choice& choice);
  /// Named ones come back; a count brings new machines.
  std::vector<std::pair<unsigned, Slot>> appear(const Choice& choice);

 private:
  std::vector<std::pair<unsigned, Slot>> choose(const Choice& choice, const Allowed& allowed) const;
  void spread(Slot machines);

  const std::uint64_t seed_;
  std::vector<Region> regions_;
  std::uint64_t revision_ = 0;
};

}  // namespace maestro::cloudsim
