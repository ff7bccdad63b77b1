// The past: a document as it was at an instant, by undoing the changes that came later.
//
// History tells what differs, not whole documents, so the way back starts at today's document. Pure code: what is read
// from where is the caller's.
#pragma once

#include <optional>
#include <span>

#include "store/types.h"

namespace maestro::inventory {

/// A document as it was. What the server keeps for itself (accountant, process, checksum), provenance and identity are
/// today's; so are the roles of `document`, by which access is judged.
struct Past {
  store::Document document;
  store::AccessSet access;  ///< the roles as they were, to be shown
  bool exact = true;        ///< every change that was undone was found as history tells it
};

/// The verb of a change that a peer has told of and that is not one of the document here (spec of the audit service).
inline constexpr const char* kTold = "told";

/// Undoes the changes of one row of history. False when the document did not hold what they say it became; it then
/// holds what they say it was, all the same.
bool undo(const store::HistoryRow& row, Past& past);

/// The way back to an instant, a row at a time, the newest first.
class Rewind {
 public:
  Rewind(store::Document today, const store::AccessSet& access, Time instant);

  /// False when nothing older is needed.
  bool take(const store::HistoryRow& row);
  /// To be called after the last row that was needed, or the last there is. nullopt: it did not exist yet.
  std::optional<Past> finish() &&;

 private:
  /// Today's `updated_at` is not that of the instant.
  bool is_stale() const { return undone_ || past_.document.updated > instant_; }

  Past past_;
  Time instant_;
  std::optional<Time> changed_;  ///< the newest change of the document itself up to the instant
  bool undone_ = false;          ///< some change of the document itself came later
  bool passed_ = false;          ///< a row up to the instant was there
  bool existed_ = true;
  bool any_ = false;
};

}  // namespace maestro::inventory
