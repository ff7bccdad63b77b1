// Dump: the folder that mongodump wrote, and what of it is what.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/entity.h"

namespace maestro::moving {

/// Which folder of the dump holds which database; empty = found by its collections.
struct Databases {
  std::string main, reports, audit;
};

struct Collection {
  enum class Part {
    kDocuments,   ///< of a declared entity
    kAudits,      ///< changes: they become history
    kLastStates,  ///< what the original's audit compares with: follows from the documents
    kResults,     ///< rows of a report
    kNotNeeded,   ///< the original's own housekeeping
    kUnknown,
  } part = Part::kUnknown;
  std::string database;
  std::string name;
  std::string path;
  const model::Entity* entity = nullptr;  ///< of kDocuments

  std::string shown() const { return database + "." + name; }
};

/// Every collection in the order in which it is read: people first, what refers to others later, changes last. kInvalid
/// says what to name when there is more than one possibility; kNotFound when nothing of Maestro is there.
Result<std::vector<Collection>> find_collections(const std::string& folder, const Databases& wanted);

}  // namespace maestro::moving
