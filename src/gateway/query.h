// Query: a query of the original's services, in MongoDB's words, as a filter of ours. Pure code.
//
// What is allowed: plain values, lists (any of them), $eq $ne $in $nin $gt $gte $lt $lte $regex $exists $elemMatch, and
// $and $or. Everything else is refused by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "store/types.h"

namespace maestro::gateway {

inline constexpr std::size_t kMaxConditions = 500;
inline constexpr std::size_t kMaxValues = 50'000;  ///< of all conditions together
inline constexpr int kMaxDepth = 8;

/// Whose roles a query asks for: "roles._id", which no body holds.
struct Holder {
  ObjectId id;
  int role = store::kRead;
};

struct Query {
  store::Filter filter = {};
  std::optional<Holder> holder = {};
  std::vector<std::string> paths = {};  ///< top-level members as the query names them
  bool names(std::string_view path) const;
};

/// For documents of an entity. kInvalid names the member and what is wrong with it.
Result<Query> read_query(const json::Object& query, const model::Entity& entity);
/// For rows of a pipeline, in the form of gateway/form.h: every path lies below `root`.
Result<store::Filter> read_row_query(const json::Object& query, std::string_view root);

/// JSON text of an object, or nothing (then: an empty one); kInvalid otherwise.
Result<json::Object> read_query_text(const json::Value* text);

}  // namespace maestro::gateway
