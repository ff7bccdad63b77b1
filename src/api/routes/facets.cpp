// How the values of a list's fields are spread: what stands beside the choices of a filter.
#include "api/filter_fields.h"
#include "api/filter_values.h"
#include "api/list_query.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;

std::vector<std::string> read_wanted(const Object& query, const model::Entity& entity, Violations& violations) {
  std::vector<std::string> all = facet_fields(entity);
  const Value* wanted = query.if_contains("fields");
  if (wanted == nullptr) return all;
  std::vector<std::string> out;
  if (!wanted->is_string()) {
    violations.add("fields", "must be a list of fields", "string.base");
    return out;
  }
  for (std::string& path : split_list(wanted->get_string())) {
    if (std::find(all.begin(), all.end(), path) == all.end())
      violations.add("fields", fmt::format("has no facets of {}; there are {}", shown(path), text::join(all, ", ")),
                     "any.unknown");
    else if (std::find(out.begin(), out.end(), path) == out.end())
      out.push_back(std::move(path));
  }
  if (out.empty() && violations.empty()) violations.add("fields", "names no field", "array.min");
  return out;
}

Result<Answer> facets(Call& call) {
  const model::Entity& entity = call.entity();
  TRY_ASSIGN(const ListQuery query, parse_list_query(call, entity, 20, ListUse::kFilter));
  Violations violations;
  store::FacetSpec spec;
  spec.list = query.spec;
  spec.fields = read_wanted(call.query, entity, violations);
  if (!violations.empty()) return violations.error();
  TRY_ASSIGN(const auto limit, call.number("limit", 50, 1, 500));
  spec.limit = static_cast<std::size_t>(limit);
  TRY_ASSIGN(const auto counted, call.services.store.documents().facets(call.context, spec));
  json::Array out;
  std::int64_t found = 0;  // every document has one value of each field, or none
  for (const store::Facet& facet : counted) {
    found = facet.others + facet.missing;
    json::Array values;
    for (const auto& [value, count] : facet.values) {
      values.emplace_back(Object{{"value", value}, {"count", count}});
      found += count;
    }
    out.emplace_back(Object{
        {"field", facet.field}, {"values", std::move(values)}, {"others", facet.others}, {"missing", facet.missing}});
  }
  if (counted.empty()) {
    TRY_ASSIGN(found, call.services.store.documents().count(call.context, query.spec));
  }
  return json_answer(200, Object{{"found", found}, {"facets", std::move(out)}});
}

}  // namespace

std::vector<Route> facet_routes() {
  std::vector<Route> out;
  for (const model::Entity* entity : model::entities()) {
    out.push_back({.method = http::Method::kGet,
                   .pattern = fmt::format("/{}/facets", entity->route),
                   .handler = facets,
                   .doc = "How often each value of a field occurs in a list.",
                   .original = false,
                   .only_reads = true,
                   .tag = entity->route,
                   .entity = entity,
                   .team = entity->access == model::Access::kRoles ? store::kRead : 0});
  }
  return out;
}

}  // namespace maestro::api
