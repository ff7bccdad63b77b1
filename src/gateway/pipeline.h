// Pipeline: the aggregations that the original's report and analytics workers send, read and applied to rows in memory.
//
// Stages: $match, $lookup, $unwind, $graphLookup, $project, $sort, $skip, $limit. What is joined is what the holder of
// the first stage may read: of clients, systems, applications and servers, never of people.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "gateway/query.h"
#include "json/json.h"

namespace maestro::gateway {

inline constexpr std::size_t kMaxStages = 30;
inline constexpr int kMaxGraphDepth = 100;

struct Stage {
  enum class Kind { kMatch, kLookup, kUnwind, kGraphLookup, kProject, kSort, kSkip, kLimit } kind = Kind::kMatch;
  store::Filter filter = {};                             ///< kMatch, on rows; kGraphLookup: what it may walk over
  const model::Entity* from = nullptr;                   ///< joined collection
  std::string local = {}, foreign = {};                  ///< kLookup; kGraphLookup: connectFromField, connectToField
  std::string start = {};                                ///< kGraphLookup: path
  std::string as = {};                                   ///< where the joined documents go
  std::string path = {};                                 ///< kUnwind
  std::string depth_field = {};                          ///< kGraphLookup; empty = none
  int max_depth = kMaxGraphDepth;                        ///< kGraphLookup
  bool keep_empty = false;                               ///< kUnwind
  bool without_id = false;                               ///< kProject
  std::vector<std::string> fields = {};                  ///< kProject
  std::vector<std::pair<std::string, bool>> order = {};  ///< kSort; true = ascending
  std::size_t number = 0;                                ///< kSkip, kLimit
};

struct Pipeline {
  Query first;  ///< of the base collection; has a holder
  std::vector<Stage> stages;
};

/// kInvalid names the stage and what is wrong with it.
Result<Pipeline> read_pipeline(const json::Array& stages, const model::Entity& base);

struct Limits {
  std::size_t rows = 100'000;
  std::size_t bytes = 256U << 20;  ///< of all rows together, about
};

/// Documents of a collection that the pipeline's holder may read, in the form of gateway/form.h.
using Fetch = std::function<Result<std::vector<json::Object>>(const model::Entity&)>;

/// kInvalid when there would be more than the limits; kUnavailable when the context's time is over.
Result<std::vector<json::Object>> run_stages(const Context& context, const std::vector<Stage>& stages,
                                             std::vector<json::Object> rows, const Fetch& fetch, const Limits& limits);

}  // namespace maestro::gateway
