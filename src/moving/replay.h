// Replay: the records of the original's audit, told again in the order of time as rows of history.
//
// A record holds new values alone; the old ones follow from the records before it.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "moving/census.h"
#include "store/types.h"

namespace maestro::moving {

/// For one thread, from the first record to the last.
class Replay {
 public:
  /// Reads every record once for its time and place. `collections` and `census` must outlive this.
  static Result<Replay> plan(const Context& context, const std::vector<Collection>& collections, const Census& census,
                             Findings* findings);

  struct Told {
    std::size_t collection = 0;
    store::HistoryRow row;  ///< without `row`; no verb: the record says nothing
  };
  /// nullopt after the last record.
  Result<std::optional<Told>> next();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Time at{};
    Place place;
    const model::Entity* entity = nullptr;
    ObjectId document = {};
  };
  struct State {
    json::Object body;
    std::size_t left = 0;  ///< records still to come
    bool begun = false;
  };
  Replay(const std::vector<Collection>& collections, const Census& census)
      : collections_(collections), census_(census) {}
  void describe(const Entry& entry, const json::Object& record, State& state, store::HistoryRow& row) const;

  const std::vector<Collection>& collections_;
  const Census& census_;
  std::vector<Entry> entries_;
  std::unordered_map<ObjectId, State> states_;
  std::size_t at_ = 0;
  std::optional<DumpFile> file_;
  std::size_t file_of_ = 0;
};

/// Changes `body` as a record says: objects member by member, arrays by index, null removes.
void apply_record(json::Object& body, const json::Object& record);

}  // namespace maestro::moving
