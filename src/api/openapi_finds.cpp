#include "api/openapi_finds.h"

#include "api/filter_fields.h"
#include "api/openapi.h"
#include "api/openapi_lists.h"
#include "api/routes/duplicates.h"

namespace maestro::api {
namespace {

using json::Array;
using json::Object;

Object text() { return {{"type", "string"}}; }
Object whole(int min, int max) { return {{"type", "integer"}, {"minimum", min}, {"maximum", max}}; }
Object array_of(Object items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Object object_of(Object properties) { return {{"type", "object"}, {"properties", std::move(properties)}}; }
Object flag(const char* doc) { return {{"type", "boolean"}, {"description", doc}}; }
Object number(const char* doc) { return {{"type", "integer"}, {"description", doc}}; }

Object in_query(const char* name, Object schema, const char* doc) {
  return {{"name", name}, {"in", "query"}, {"description", doc}, {"schema", std::move(schema)}};
}

void answer(Object& success, Object schema) {
  success["content"] = Object{{"application/json", Object{{"schema", std::move(schema)}}}};
}

void describe_search(Array& parameters, Object& success) {
  Array kinds;
  for (const model::Entity* entity : model::entities()) kinds.emplace_back(entity->name);
  parameters.emplace_back(in_query("q", {{"type", "string"}, {"maxLength", 200}},
                                   "Words that must all occur, an address, a network (10.1.0.0/16) or an id."));
  parameters.emplace_back(Object{{"name", "kinds"},
                                 {"in", "query"},
                                 {"description", "Kinds to look through; all when missing."},
                                 {"style", "form"},
                                 {"explode", false},
                                 {"schema", array_of({{"type", "string"}, {"enum", std::move(kinds)}})}});
  parameters.emplace_back(in_query("limit", whole(1, 50), "Items of a kind; 10 when missing."));
  parameters.emplace_back(reference("parameters/scope"));
  const Object item{{"type", "object"},
                    {"description", "As in the list of its kind, and `match`: the text that was found."},
                    {"properties", Object{{"_id", text()}, {"match", text()}}},
                    {"additionalProperties", true}};
  const Object group = object_of({{"entity", text()},
                                  {"label", text()},
                                  {"found", number("Hits among what was looked at; the best of them are in `items`.")},
                                  {"items", array_of(item)}});
  answer(success, object_of({{"q", text()},
                             {"groups", array_of(group)},
                             {"capped", flag("There may be more: a longer text finds them.")},
                             {"hint", Object{{"type", "string"}, {"description", "Why nothing was looked for."}}}}));
}

void describe_facets(const Route& route, Array& parameters, Object& success) {
  Array names;
  for (const std::string& name : facet_fields(*route.entity)) names.emplace_back(name);
  Object item = names.empty() ? text() : Object{{"type", "string"}, {"enum", std::move(names)}};
  parameters.emplace_back(Object{{"name", "fields"},
                                 {"in", "query"},
                                 {"description", "Fields to count; all that can be when missing."},
                                 {"style", "form"},
                                 {"explode", false},
                                 {"schema", array_of(std::move(item))}});
  parameters.emplace_back(in_query("limit", whole(1, 500), "Values of a field; 50 when missing."));
  add_list_parameters(*route.entity, true, parameters);
  const Object value = object_of({{"value", text()}, {"count", number("Documents that have it.")}});
  const Object facet = object_of({{"field", text()},
                                  {"values", array_of(value)},
                                  {"others", number("Documents with further values.")},
                                  {"missing", number("Documents without a value that can be counted.")}});
  answer(success, object_of({{"found", number("Documents of the list.")}, {"facets", array_of(facet)}}));
}

void describe_duplicates(const Route& route, Array& parameters, Object& success) {
  for (const char* field : watched_fields(*route.entity))
    parameters.emplace_back(in_query(field, text(), "Value that is about to be entered; ASCII case is ignored."));
  parameters.emplace_back(in_query("except", text(), "Document that is being edited: it is no duplicate of itself."));
  const Object warning = object_of({{"field", text()},
                                    {"value", text()},
                                    {"found", number("Other documents with this value that one may see.")},
                                    {"message", text()},
                                    {"items", array_of(object_of({{"_id", text()}, {"name", text()}}))}});
  answer(success, object_of({{"warnings", array_of(warning)}}));
}

void describe_history(const Route& route, Array& parameters, Object& success) {
  const bool of_one = route.entity != nullptr;
  if (!of_one) {
    Array kinds;
    for (const model::Entity* entity : model::entities()) kinds.emplace_back(entity->name);
    parameters.emplace_back(
        in_query("actor", text(), "Who did it: me, system, a person's id, or user:, team: or connection: and an id."));
    parameters.emplace_back(in_query("entity", {{"type", "string"}, {"enum", std::move(kinds)}}, "Kind of document."));
    if (route.pattern == "/history") parameters.emplace_back(in_query("run", text(), "Run that did it."));
    parameters.emplace_back(reference("parameters/scope"));
  }
  parameters.emplace_back(in_query("limit", whole(1, of_one ? 500 : 200), "Rows of a page; 50 when missing."));
  parameters.emplace_back(in_query("cursor", text(), "`cursor.next` of the page before."));
  const Object change = object_of({{"path", text()}, {"old", Object{}}, {"new", Object{}}});
  Object item{{"id", number("Grows with time.")},
              {"at", Object{{"type", "string"}, {"format", "date-time"}}},
              {"verb", text()},
              {"actor", object_of({{"kind", text()}, {"_id", text()}, {"name", text()}})},
              {"run", text()},
              {"changes", array_of(change)}};
  if (!of_one) {
    item["document"] =
        object_of({{"entity", text()}, {"_id", text()}, {"name", text()}, {"active", Object{{"type", "boolean"}}}});
  }
  answer(success, object_of({{"items", array_of(object_of(std::move(item)))},
                             {"cursor", object_of({{"next", Object{{"type", Array{"string", "null"}}}}})}}));
}

}  // namespace

void add_find_components(Object& parameters) {
  parameters["scope"] =
      in_query("scope", {{"type", "string"}, {"pattern", "^(me|all|team:[0-9a-f]{24})$"}},
               "Whose documents: me (the default), team:<id>, or all: one's own and those of one's teams.");
  parameters["as_of"] = in_query("as_of", text(),
                                 "As it was then: ISO date or date with time, now, today, or a span back: -7d. Not in "
                                 "lists of another order than updated_at, with cursor, fields or columns.");
}

bool takes_as_of(const Route& route) {
  if (route.entity == nullptr || route.method != http::Method::kGet || route.entity->access == model::Access::kNone)
    return false;
  const std::string list = "/" + std::string(route.entity->route);
  return route.pattern == list || route.pattern == list + "/count" || route.pattern == list + "/:id";
}

bool describe_find(const Route& route, Array& parameters, Object& success) {
  const std::string_view pattern = route.pattern;
  if (pattern == "/search") {
    describe_search(parameters, success);
  } else if (pattern.ends_with("/facets")) {
    describe_facets(route, parameters, success);
  } else if (pattern.ends_with("/duplicates")) {
    describe_duplicates(route, parameters, success);
  } else if (pattern.ends_with("/history")) {
    describe_history(route, parameters, success);
  } else {
    return false;
  }
  return true;
}

}  // namespace maestro::api
