// Provenance: which connection or person wrote a field, and whose word counts when they differ.
//
// Granules are top-level fields, and the first-level members of objects that sources fill piece by piece
// ("datacenters.zone", "metas.vpc_id"). A person's change pins a granule: discovery leaves it alone until it is
// unpinned. A connection replaces the granules that it finds, and clears those of its own that the provider no longer
// states.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "store/types.h"

namespace maestro::inventory {

struct FieldSource {
  std::string path = {};
  enum class Kind { kDiscovery, kPerson } kind = Kind::kDiscovery;
  ObjectId by = {};       ///< connection or user
  std::string name = {};  ///< of the person at that time; empty for a connection
  Time at{};              ///< of the person's change; epoch for a connection
};
/// All granules with a known source, by path.
std::vector<FieldSource> sources(const store::Document& document);

/// Pins what `after.body` has changed against `before.body` as the actor's word. Server-kept fields are skipped.
void pin_changes(const store::Document& before, store::Document& after, const Actor& actor, Time now);
/// A replacement by a person that leaves out what a connection states is no edit of it: such granules stay as they
/// were.
void keep_discovered(const store::Document& before, store::Document& after);
/// Removes a pin; false when there was none at that path.
bool unpin(store::Document& document, std::string_view path);
bool is_pinned(const store::Document& document, std::string_view path);

/// Merges one reading of a connection into `document.body` (not `active`, not `created_at`: those are the caller's).
/// `keep` names granules (or whole top-level fields) that this reading could not fill: their stored values stay.
void merge_reading(store::Document& document, const json::Object& fields, std::span<const std::string> keep,
                   const ObjectId& connection);
/// Forgets a connection as a source (its values stay, unowned).
void forget_connection(store::Document& document, const ObjectId& connection);

/// History entries for what differs between two bodies, one per granule or deeper leaf: [{"path","old"?,"new"?}].
/// `active` is included when it differs; fields that the server keeps for itself (accountant) are not.
json::Array describe_changes(const store::Document& before, const store::Document& after);

/// The same for a new document: every field of its body that is not the server's own.
json::Array describe_creation(const store::Document& document);

}  // namespace maestro::inventory
