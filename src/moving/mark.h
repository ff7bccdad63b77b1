// Mark: how far a move has come. It stands in the store and is written with what it tells of.
#pragma once

#include "moving/survey.h"
#include "store/store.h"

namespace maestro::moving {

struct Mark {
  static constexpr const char* kName = "moved_in";
  enum class Stage { kDocuments, kTimers, kChanges, kDone };

  std::string dump;  ///< hex of the census's hash
  bool without_credentials = false;
  Time began{};
  Stage stage = Stage::kDocuments;
  std::size_t collection = 0;  ///< in kDocuments: the one that is read
  std::int64_t next = 0;       ///< offset in it; in kChanges: how many records are told
  std::int64_t schedules = 0;
  std::vector<Tally> tallies;

  std::string write() const;
  static Result<Mark> read(std::string_view text);
};

/// nullopt when nothing was ever moved in.
Result<std::optional<Mark>> find_mark(const Context& context, store::Store& store);

}  // namespace maestro::moving
