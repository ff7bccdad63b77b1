// Lookups: the further calls of a pack (`enrich`, `join`) and what they found, kept per account and region.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "provider/page_walk.h"

namespace maestro::provider {

/// What enrichments found, shared by the listings of one account. Thread-safe.
class LookupCache {
 public:
  /// The value found for a key; a null value means "asked, nothing there"; nullopt = not asked lately.
  std::optional<json::Value> find(const std::string& scope, const std::string& key) const;
  void put(const std::string& scope, const std::string& key, json::Value value);

 private:
  struct Entry {
    json::Value value;
    std::chrono::steady_clock::time_point until;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Entry> entries_;
};

/// The lookups of one listing. Not thread-safe.
class Lookups {
 public:
  Lookups(Courier& courier, LookupCache& cache, const Resource& resource, std::string region)
      : courier_(courier), cache_(cache), resource_(resource), region_(std::move(region)) {}
  /// For every item what its "enrich.<name>" paths see, good until this object ends; failures become doubts, never
  /// errors.
  std::vector<Enriched> find(const Context& context, const std::vector<RawItem>& items,
                             std::vector<std::string>& doubts);

 private:
  using Found = std::map<std::string, json::Value, std::less<>>;  ///< null: asked, nothing there
  Result<void> fetch(const Context& context, const Lookup& lookup, Params extra, Found& found);
  Result<void> fill(const Context& context, const Lookup& lookup, const std::vector<RawItem>& items, Found& found);

  Courier& courier_;
  LookupCache& cache_;
  const Resource& resource_;
  std::string region_;
  std::map<std::string, Found> found_;         ///< by name of the lookup
  std::map<std::string, std::string> failed_;  ///< a refusal is not asked for again on every page
};

}  // namespace maestro::provider
