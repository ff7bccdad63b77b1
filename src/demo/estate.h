// Estate: how many documents of each kind there are, which place each stands in, when it is made and what befalls it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "demo/access.h"
#include "demo/company.h"
#include "demo/demo.h"
#include "demo/kind.h"

namespace maestro::demo {

/// A cloud account or datacenter: one datacenter document, one connection, and what stands in it.
struct Place {
  std::int64_t index = 0;
  bool aws = true;
  std::string name;
  std::string provider;  ///< as connections and machines name it
  std::vector<std::string> regions;
  std::string account;  ///< the provider's number of it
  std::int64_t access = 0;
  std::int64_t team = 0;
  Holder owner;  ///< the team that connected it: whose documents these are
  Time opened{};
  ObjectId datacenter, connection;

  std::string connection_name() const { return name + " discovery"; }
  /// "us-east-1 (N. Virginia)" -> "us-east-1"
  std::string region_code(const std::string& region) const { return region.substr(0, region.find(' ')); }
};

/// What befalls a document after it was made.
struct Fate {
  bool by_hand = true;
  int rounds = 0;          ///< later changes
  bool by_person[3] = {};  ///< who makes the n-th of them
  bool deleted = false;    ///< by a person, or retired by its connection
};

/// Documents `first` .. `last`-1 of a kind that are made together.
struct Slice {
  std::size_t kind = 0;
  std::int64_t place = -1;
  std::int64_t first = 0, last = 0;
  Time made{};
};

/// Immutable after make(); a few megabytes at ten million documents.
class Estate {
 public:
  /// kInvalid for options that cannot be met.
  static Result<std::unique_ptr<const Estate>> make(const Options& options);

  std::uint64_t seed() const { return options_.seed; }
  const Options& options() const { return options_; }
  const Company& company() const { return *company_; }
  const Access& access() const { return *access_; }
  Time from() const { return from_; }
  Time until() const { return options_.until; }

  std::int64_t count(std::size_t kind) const { return counts_[kind]; }
  /// The same by name; 0 for what is no kind of the estate.
  std::int64_t count_of(std::string_view entity) const;
  const std::vector<Place>& places() const { return places_; }
  const std::vector<Slice>& slices() const { return slices_; }

  /// Everything about a document of a slice.
  Item item(const Slice& slice, std::int64_t index) const;
  ObjectId id(const Slice& slice, std::int64_t index) const;
  /// Of a document that another one names; `index` below count_of(entity).
  ObjectId id_of(std::string_view entity, std::int64_t index) const;
  Fate fate(std::size_t kind, const Place* place, std::int64_t index) const;
  std::int64_t access_set(std::size_t kind, const Place* place, std::int64_t index) const;

 private:
  explicit Estate(const Options& options) : options_(options) {}
  Result<void> count_kinds();
  void open_places();
  void cut_slices();
  void cut(std::size_t kind, std::int64_t place, std::int64_t first, std::int64_t last);

  Options options_;
  Time from_{};
  std::vector<std::int64_t> counts_;
  std::size_t largest_ = 0;
  std::unique_ptr<Company> company_;
  std::unique_ptr<Access> access_;
  std::vector<Place> places_;
  std::vector<Slice> slices_;
};

}  // namespace maestro::demo
