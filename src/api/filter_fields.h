// What each declared field can be asked for in a list: the operators of `field[op]=value` that suit its type.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/entity.h"

namespace maestro::api {

/// What a filter takes a field for.
enum class Kind : unsigned {
  kNone = 0,  ///< lists do not filter by it
  kText = 1 << 0,
  kAddress = 1 << 1,  ///< IP address or network
  kNumber = 1 << 2,
  kBoolean = 1 << 3,
  kTime = 1 << 4,    ///< created_at, updated_at
  kMoment = 1 << 5,  ///< a text that holds a point in time
  kId = 1 << 6,
  kScalar = 1 << 7,    ///< texts, numbers and booleans side by side
  kPairs = 1 << 8,     ///< key/value objects
  kPresence = 1 << 9,  ///< an object or array: there or not
};
Kind kind_of(const model::Entity& entity, std::string_view path);

enum class FilterOp {
  kEq,
  kNe,
  kIn,
  kNin,
  kContains,
  kStarts,
  kRegex,
  kLess,
  kLessEq,
  kGreater,
  kGreaterEq,
  kExists,
  kWithin,
  kHas,
};
struct Operator {
  const char* name;
  FilterOp op;
  unsigned kinds;  ///< of Kind
  const char* doc;
};
std::span<const Operator> operators();
/// nullptr for a word that is none.
const Operator* find_operator(std::string_view name);
/// `_id`, created_at and updated_at are always there: no `exists`.
bool suits(const Operator& one, const model::Entity& entity, std::string_view path);
/// Names of the operators of a field; empty when lists do not filter by it.
std::vector<const char*> operators_of(const model::Entity& entity, std::string_view path);

/// What a list can be filtered and sorted by, and show in further columns: every declared path but the access set, the
/// activity and what only the document's own page shows.
bool is_filterable(const model::Entity& entity, std::string_view path);
/// A field with one value that has an order.
bool is_sortable(const model::Entity& entity, std::string_view path);
/// Fields whose values are counted: texts with few distinct ones.
std::vector<std::string> facet_fields(const model::Entity& entity);
/// `_id` of a relation ("datacenters._id").
bool is_relation_id(const model::Entity& entity, std::string_view path);

}  // namespace maestro::api
