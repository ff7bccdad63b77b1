#include "api/as_of.h"

#include "api/filter_values.h"
#include "api/services.h"
#include "api/sparse_fields.h"
#include "api/violations.h"
#include "store/projection.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;

Error refused(std::string_view parameter, std::string_view tail, std::string_view type) {
  Violations violations;
  violations.add(parameter, tail, type);
  return violations.error();
}

Result<ListQuery> past_query(const Call& call) {
  TRY_ASSIGN(ListQuery query, parse_list_query(call, call.entity(), 20, ListUse::kPast));
  Violations violations;
  for (const char* name : {"cursor", "fields", "columns"})
    if (call.query.contains(name)) violations.add(name, "cannot be combined with as_of", "object.without");
  if (query.spec.sort != "updated_at")
    violations.add(call.query.contains("sort") ? "sort" : "orderBy", "must be updated_at with as_of", "any.allowOnly");
  if (!violations.empty()) return violations.error();
  return query;
}

}  // namespace

Result<std::optional<Time>> read_as_of(const Call& call) {
  const Value* value = call.query.if_contains("as_of");
  if (value == nullptr) return std::optional<Time>();
  Moment moment{call.services.clock.now(), false};
  const auto time = value->is_string() ? read_time(value->get_string(), moment) : std::nullopt;
  if (!time) return refused("as_of", "must be a date, a date with time, now, today or a span like -7d", "date.base");
  if (*time > moment.now) return refused("as_of", "must not be in the future", "date.max");
  return time;
}

Result<void> refuse_as_of(const Call& call) {
  if (!call.query.contains("as_of")) return {};
  return refused("as_of", "is not supported here", "any.unknown");
}

Result<Answer> past_one(Call& call, const ObjectId& id, Time instant) {
  TRY_ASSIGN(const auto past, call.services.inventory.get_as_of(call.context, call.entity(), id, instant));
  TRY_ASSIGN(Object sparse,
             sparse_one(call, call.entity(), store::single_object(past.document, past.access, true, true)));
  sparse["_as_of"] = to_iso(instant);
  sparse["_exact"] = past.exact;
  return json_answer(200, sparse);
}

Result<Answer> past_list(Call& call, Time instant) {
  TRY_ASSIGN(ListQuery query, past_query(call));
  TRY_ASSIGN(const auto page, call.services.inventory.list_as_of(call.context, query.spec, instant));
  if (is_beyond(query, page)) return not_found("Data not found");
  query.as_of = to_iso(instant);
  return list_answer(call, call.entity(), query, page);
}

Result<Answer> past_count(Call& call, Time instant) {
  TRY_ASSIGN(ListQuery query, past_query(call));
  query.spec.offset = 0;
  query.spec.limit = 1;
  TRY_ASSIGN(const auto page, call.services.inventory.list_as_of(call.context, query.spec, instant));
  return json_answer(200, Object{{"count", page.total}, {"as_of", to_iso(instant)}});
}

}  // namespace maestro::api
