// Identities: how what the original's discovery wrote is tied to what discovery here will find.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "model/entity.h"
#include "moving/census.h"
#include "provider/provider.h"
#include "store/types.h"

namespace maestro::moving {

/// That a connection has seen a document: discovery here then knows that it may be gone.
struct Sight {
  ObjectId connection;
  std::string resource, region, key;
};

/// Immutable.
class Identities {
 public:
  Identities(const provider::Packs& packs, const Census& census) : packs_(packs), census_(census) {}

  /// The first connection of `accountant` that is in the dump; nil when nothing has discovered it.
  ObjectId discoverer(const json::Object& body) const;
  /// Sets key and provenance of a document whose other parts are complete. nullopt when no listing of a living
  /// connection could have shown it.
  std::optional<Sight> settle(store::Document& document) const;

 private:
  const provider::Resource* resource_of(const store::Document& document, const Source& source) const;
  void tell_sources(store::Document& document, const ObjectId& connection, const Source& source) const;
  std::set<std::string> stated(const store::Document& document, const Source& source) const;

  const provider::Packs& packs_;
  const Census& census_;
};

}  // namespace maestro::moving
