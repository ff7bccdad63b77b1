#include "api/openapi_lists.h"

#include "api/filter_fields.h"
#include "api/openapi.h"
#include "api/openapi_finds.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Array;
using json::Object;
using json::Value;
using model::Entity;

const char* kind_word(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "Text";
    case Kind::kAddress:
      return "Address";
    case Kind::kNumber:
      return "Number";
    case Kind::kBoolean:
      return "Boolean";
    case Kind::kTime:
      return "Time";
    case Kind::kMoment:
      return "Moment";
    case Kind::kId:
      return "Id";
    case Kind::kScalar:
      return "Scalar";
    case Kind::kPairs:
      return "Pairs";
    case Kind::kPresence:
    case Kind::kNone:
      break;
  }
  return "Presence";
}

std::string schema_name(const Entity& entity, std::string_view path) {
  return std::string("Filter") + kind_word(kind_of(entity, path)) + (path == "_id" ? "Own" : "");
}

Object value_schema(Kind kind) {
  switch (kind) {
    case Kind::kNumber:
      return {{"type", "number"}};
    case Kind::kBoolean:
      return {{"type", "boolean"}};
    case Kind::kId:
      return {{"type", "string"}, {"pattern", "^[0-9a-fA-F]{24}$"}};
    case Kind::kTime:
    case Kind::kMoment:
      return {
          {"type", "string"},
          {"description", "ISO date or date with time (UTC without a zone), now, today, or a span back: -7d, -12h"}};
    default:
      return {{"type", "string"}};
  }
}

Object operator_schema(const Operator& one, Kind kind) {
  const Object text{{"type", "string"}};
  Object schema;
  switch (one.op) {
    case FilterOp::kEq:
    case FilterOp::kNe:
      schema["oneOf"] = Array{value_schema(kind), Object{{"type", "array"}, {"items", value_schema(kind)}}};
      break;
    case FilterOp::kContains:
    case FilterOp::kStarts:
    case FilterOp::kRegex:
      schema["oneOf"] = Array{Object{{"type", "string"}, {"minLength", 1}, {"maxLength", 512}},
                              Object{{"type", "array"}, {"items", text}}};
      break;
    case FilterOp::kLess:
    case FilterOp::kLessEq:
    case FilterOp::kGreater:
    case FilterOp::kGreaterEq:
      schema = value_schema(kind);
      break;
    case FilterOp::kExists:
      schema["type"] = "boolean";
      break;
    default:
      schema["oneOf"] = Array{text, Object{{"type", "array"}, {"items", text}}};
      break;
  }
  if (schema.contains("description")) {
    schema["description"] = std::string(one.doc) + " " + std::string(schema.at("description").get_string());
  } else {
    schema["description"] = one.doc;
  }
  return schema;
}

Object deep_object(std::string_view name, std::string_view doc, Object schema) {
  return {{"name", name},          {"in", "query"},   {"description", doc},
          {"style", "deepObject"}, {"explode", true}, {"schema", std::move(schema)}};
}

Object plain(const char* name, Object schema, const char* doc) {
  return {{"name", name}, {"in", "query"}, {"description", doc}, {"schema", std::move(schema)}};
}

/// Every path that lists filter by, with what it is.
std::vector<std::pair<std::string, std::string>> filterable(const Entity& entity) {
  std::vector<std::pair<std::string, std::string>> out{{"_id", "Id of the document."},
                                                       {"updated_at", "Last change here."}};
  const auto walk = [&](const auto& self, std::span<const model::Field> fields, const std::string& prefix) -> void {
    for (const model::Field& field : fields) {
      const std::string path = prefix + field.name;
      if (!operators_of(entity, path).empty()) out.emplace_back(path, field.doc);
      self(self, field.members, path + ".");
    }
  };
  walk(walk, entity.fields, "");
  return out;
}

std::string component(const Entity& entity, const std::string& path) { return std::string(entity.name) + "." + path; }

constexpr const char* kShared[] = {"or", "not", "query", "inactive", "scope"};
constexpr const char* kPaging[] = {"limit",     "page",  "cursor", "sort",   "orderBy",
                                   "ascending", "count", "fields", "columns"};

}  // namespace

Object list_components() {
  const Object text{{"type", "string"}};
  const Object whole{{"type", "integer"}, {"minimum", 1}};
  const Object any{{"type", "object"}, {"additionalProperties", true}};
  Object out;
  out["limit"] = plain("limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}}, "Items of a page.");
  out["page"] = plain("page", whole, "Page, from 1.");
  out["cursor"] =
      plain("cursor", text, "Cursor of an earlier answer with the same filter and order, instead of a page.");
  out["sort"] = plain("sort", text, "Field to sort by, descending with a minus: -updated_at.");
  out["orderBy"] = plain("orderBy", text, "Field to sort by; updated_at when missing or unknown.");
  out["ascending"] = plain("ascending", {{"type", "integer"}}, "1 = ascending, with orderBy.");
  out["count"] = plain("count", {{"type", "string"}, {"enum", Array{"exact", "estimate", "none"}}},
                       "What `found` may cost; the answer then states `found_exact`.");
  out["fields"] = plain("fields", text, "Declared fields with commas: answers hold `_id` and these only.");
  out["columns"] = plain("columns", text, "Further declared fields with commas, in each item's `columns`.");
  out["query"] = plain("query", text, "JSON object: field to case-insensitive regular expression.");
  out["inactive"] = plain("inactive", {{"type", "boolean"}}, "true = soft-deleted documents too.");
  out["or"] = deep_object("or", "Alternatives: or[0][field][op]=value&or[1][field][op]=value; AND inside one.", any);
  out["not"] = deep_object("not", "Negations: not[field][op]=value.", any);
  out["ifMatch"] = Object{{"name", "If-Match"},
                          {"in", "header"},
                          {"description", "ETag of the state that the change may meet; * = any."},
                          {"schema", text}};
  out["ifNoneMatch"] = Object{{"name", "If-None-Match"},
                              {"in", "header"},
                              {"description", "ETag of the state that is known: 304 while it lasts."},
                              {"schema", text}};
  out["idempotencyKey"] = Object{
      {"name", "Idempotency-Key"},
      {"in", "header"},
      {"description",
       "1 to 200 printable characters. Sent again within 24 hours, the request is answered as the first time, with "
       "Idempotency-Replayed: true; with another request the same key is 422."},
      {"schema", Object{{"type", "string"}, {"minLength", 1}, {"maxLength", 200}}}};
  add_find_components(out);
  for (const Entity* entity : model::entities())
    for (const auto& [path, doc] : filterable(*entity))
      out[component(*entity, path)] = deep_object(path, doc, reference("schemas/" + schema_name(*entity, path)));
  return out;
}

Object filter_schemas() {
  Object out;
  for (const Entity* entity : model::entities()) {
    for (const auto& [path, doc] : filterable(*entity)) {
      const std::string name = schema_name(*entity, path);
      if (out.contains(name)) continue;
      Object properties;
      for (const Operator& one : operators())
        if (suits(one, *entity, path)) properties[one.name] = operator_schema(one, kind_of(*entity, path));
      out[name] = Object{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    }
  }
  return out;
}

void add_list_parameters(const Entity& entity, bool is_count, Array& parameters) {
  if (!is_count)
    for (const char* name : kPaging) parameters.emplace_back(reference(std::string("parameters/") + name));
  for (const char* name : kShared) parameters.emplace_back(reference(std::string("parameters/") + name));
  for (const auto& [path, doc] : filterable(entity))
    parameters.emplace_back(reference("parameters/" + component(entity, path)));
}

bool takes_if_match(const Route& route) {
  using enum http::Method;
  const std::string_view pattern = route.pattern;
  if (pattern == "/me") return route.method != kGet;
  if (route.entity == nullptr || route.method == kGet) return false;
  const std::string one = "/" + std::string(route.entity->route) + "/:id";
  const std::string access = "/" + std::string(model::access_field(*route.entity));
  return pattern == one || pattern == one + "/restore" || pattern.starts_with(one + "/pins/") ||
         (access.size() > 1 && pattern.starts_with(one + access));
}

void add_states(const Route& route, bool shows_one, Array& parameters, Object& success, Object& responses) {
  const Object tag{{"ETag", Object{{"description", "State of the document."}, {"schema", Object{{"type", "string"}}}}}};
  if (shows_one) {
    parameters.emplace_back(reference("parameters/fields"));
    parameters.emplace_back(reference("parameters/ifNoneMatch"));
    responses["304"] = Object{{"description", "Not changed."}, {"headers", tag}};
    success["headers"] = tag;
  }
  if (!takes_if_match(route)) return;
  parameters.emplace_back(reference("parameters/ifMatch"));
  responses["412"] = Object{{"description", "The document has changed since; nothing was written."},
                            {"content", Object{{"application/json", Object{{"schema", reference("schemas/Error")}}}}}};
}

}  // namespace maestro::api
