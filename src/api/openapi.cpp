#include "api/openapi.h"

#include "api/openapi_answers.h"
#include "api/openapi_finds.h"
#include "api/openapi_lists.h"
#include "api/team_routes.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Array;
using json::Object;
using json::Value;
using model::Entity;
using model::Field;
using model::Type;

Object schema_of(const Field& field, Type type);

Object members_schema(std::span<const Field> members, bool open) {
  Object out{{"type", "object"}};
  if (!members.empty()) {
    Object properties;
    Array required;
    for (const Field& member : members) {
      properties[member.name] = schema_of(member, member.type);
      if (member.need == model::Need::kAlways) required.emplace_back(member.name);
    }
    out["properties"] = std::move(properties);
    // Discovered documents may lack what a person must give: `required` belongs to request bodies only.
  }
  if (open) out["additionalProperties"] = true;
  return out;
}

Object schema_of(const Field& field, Type type) {
  Object out;
  switch (type) {
    case Type::kAny:
      break;
    case Type::kString:
      out["type"] = "string";
      break;
    case Type::kIp:
      out = {{"type", "string"}, {"description", "IPv4 or IPv6 address, optional CIDR"}};
      break;
    case Type::kEmail:
      out = {{"type", "string"}, {"format", "email"}};
      break;
    case Type::kUri:
      out = {{"type", "string"}, {"format", "uri"}};
      break;
    case Type::kObjectId:
      out = {{"type", "string"}, {"pattern", "^[0-9a-f]{24}$"}};
      break;
    case Type::kStringOrNumber:
      out["type"] = Array{"string", "number"};
      break;
    case Type::kNumber:
      out["type"] = "number";
      if (field.positive) out["exclusiveMinimum"] = 0;
      if (field.has_min) out["minimum"] = field.min;
      if (field.max != 0) out["maximum"] = field.max;
      break;
    case Type::kBoolean:
      out["type"] = "boolean";
      break;
    case Type::kArray: {
      Field element = field;
      element.one_of = {};
      element.doc = "";
      out = {{"type", "array"}, {"items", schema_of(element, field.of)}};
      break;
    }
    case Type::kObject:
      out = members_schema(field.members, field.open);
      break;
  }
  if (type == Type::kString || type == Type::kEmail) {
    if (field.min_length > 0) out["minLength"] = field.min_length;
    if (field.max_length > 0) out["maxLength"] = field.max_length;
    if (!field.one_of.empty()) {
      Array words;
      for (const char* word : field.one_of) words.emplace_back(word);
      out["enum"] = std::move(words);
    }
  }
  if (field.doc[0] != '\0' && !out.contains("description")) out["description"] = field.doc;
  if (field.unit[0] != '\0') out["x-unit"] = field.unit;
  return out;
}

Object document_schema(const Entity& entity) {
  Object properties{{"_id", Object{{"type", "string"}, {"pattern", "^[0-9a-f]{24}$"}}},
                    {"updated_at", Object{{"type", "string"}, {"format", "date-time"}}}};
  for (const Field& field : entity.fields) {
    const bool listed_inside = std::any_of(field.members.begin(), field.members.end(),
                                           [](const Field& member) { return member.show == model::Show::kList; });
    if (field.show == model::Show::kHidden && !listed_inside) continue;
    // Stored values may come from a provider: answers promise types, not the limits that bind a person's input.
    Field shown = field;
    shown.min_length = shown.max_length = 0;
    shown.one_of = {};
    properties[field.name] =
        schema_of(shown, field.name == std::string_view("created_at") ? Type::kString : field.type);
  }
  properties["_links"] = Object{{"type", "object"}};
  return {{"type", "object"}, {"description", entity.doc}, {"properties", std::move(properties)}};
}

Object input_schema(const Entity& entity) {
  Object properties;
  Array required;
  for (const Field& field : entity.fields) {
    const bool is_taken = field.written == model::Written::kYes || field.written == model::Written::kOnce;
    if (!is_taken || field.origin == model::Origin::kServer) continue;
    properties[field.name] = schema_of(field, field.type);
    if (field.need != model::Need::kNo && field.fallback[0] == '\0') required.emplace_back(field.name);
  }
  Object out{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

std::string camel(std::string_view word) {
  std::string out(word);
  if (!out.empty()) out[0] = text::upper(out.substr(0, 1))[0];
  return out;
}

Object content(Object schema) { return {{"application/json", Object{{"schema", std::move(schema)}}}}; }

/// The kind that a route lists: some routes below a document list others.
const Entity* listed_by(const Route& route) {
  const std::string_view pattern = route.pattern;
  if (pattern.find("/:id/servers") != std::string_view::npos || pattern.ends_with("/orphans"))
    return model::find_entity("servers");
  return pattern.ends_with("/:id/events") ? model::find_entity("events") : route.entity;
}

/// The body of POST /scheduler/template, which is no schedule yet.
Object template_body() {
  const Object text{{"type", "string"}};
  return {{"type", "object"},
          {"required", Array{"refs", "_id", "task"}},
          {"properties", Object{{"refs", Object{{"type", "string"}, {"enum", Array{"connections"}}}},
                                {"_id", text},
                                {"task", text},
                                {"name", text},
                                {"provider", text}}}};
}

/// `route` with its plain pattern; `path` as it is served.
Object operation(const Route& route, const std::string& path) {
  using enum http::Method;
  const std::string_view pattern = route.pattern;
  Object out{{"summary", route.doc}, {"tags", Array{route.tag}}};
  std::string id = text::lower(http::method_name(route.method));
  for (const auto part : text::split(path, '/')) {
    if (part.empty()) continue;
    std::string word;
    for (const char c : part)
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) word += c;
    id += camel(word);
  }
  out["operationId"] = id;
  Array parameters;
  for (const auto part : text::split(path, '/')) {
    if (!part.starts_with("{")) continue;
    parameters.emplace_back(Object{{"name", part.substr(1, part.size() - 2)},
                                   {"in", "path"},
                                   {"required", true},
                                   {"schema", Object{{"type", "string"}}}});
  }
  Object success{{"description", "Done."}};
  int status = route.method == kPost                            ? 201
               : route.method == kPut || route.method == kPatch ? 202
               : route.method == kDelete                        ? 204
                                                                : 200;
  if (route.success != 0) status = route.success;
  if (route.takes_file) {
    const Object file{{"type", "string"}, {"format", "binary"}};
    const Object form{{"type", "object"}, {"properties", Object{{"file", file}}}};
    out["requestBody"] = Object{{"content", Object{{"application/octet-stream", Object{{"schema", file}}},
                                                   {"multipart/form-data", Object{{"schema", form}}}}}};
  }
  bool shows_one = pattern == "/me" && route.method == kGet;
  if (!describe_find(route, parameters, success) && route.entity != nullptr) {
    const std::string name = camel(route.entity->name);
    const bool is_collection = pattern == "/" + std::string(route.entity->route) || pattern.ends_with("/servers") ||
                               pattern.ends_with("/orphans") || pattern.ends_with("/:id/events");
    const bool is_document = pattern == "/" + std::string(route.entity->route) + "/:id";
    shows_one = is_document && route.method == kGet;
    const Entity* const listed = listed_by(route);
    const Object counted{{"type", Array{"integer", "null"}}};
    if (pattern.ends_with("/count")) add_list_parameters(*listed, true, parameters);
    if (is_collection && route.method == kGet) {
      add_list_parameters(*listed, false, parameters);
      success["content"] =
          content({{"type", "object"},
                   {"required", Array{"found", "items", "_links"}},
                   {"properties",
                    Object{{"found", counted},
                           {"found_exact", Object{{"type", "boolean"}}},
                           {"total_pages", counted},
                           {"items", Object{{"type", "array"}, {"items", reference("schemas/" + camel(listed->name))}}},
                           {"_links", Object{{"type", "object"}}},
                           {"cursor", Object{{"type", "object"}}}}}});
    } else if (is_document && route.method == kGet) {
      success["content"] = content(reference("schemas/" + name));
    } else if (pattern == "/scheduler/template") {
      out["requestBody"] = Object{{"content", content(template_body())}};
      success["content"] = content(reference("schemas/" + name));
    } else if ((is_collection || is_document) && route.method != kDelete) {
      out["requestBody"] = Object{{"content", content(reference("schemas/" + name + "Input"))}};
      if (!(route.entity->name == std::string_view("connections") && route.method == kPost))
        success["content"] = content(reference("schemas/" + name));
    }
  }
  if (const auto other = answered(route)) {
    status = other->status;
    if (other->schema[0] != '\0')
      success["content"] = content(reference(std::string("schemas/") + other->schema));
    else
      success.erase("content");
  }
  if (pattern.ends_with("/restore") || pattern.ends_with("/pins/:path")) {
    status = 202;
    success["content"] = content(reference("schemas/" + camel(route.entity->name)));
  }
  if (route.keeps_answer) parameters.emplace_back(reference("parameters/idempotencyKey"));
  if (takes_as_of(route)) parameters.emplace_back(reference("parameters/as_of"));
  // The route of a team says already whose documents.
  if (route.as_team) {
    const auto scope = std::find(parameters.begin(), parameters.end(), Value(reference("parameters/scope")));
    if (scope != parameters.end()) parameters.erase(scope);
  }
  Object responses;
  add_states(route, shows_one, parameters, success, responses);
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  responses[std::to_string(status)] = std::move(success);
  if (route.pattern.starts_with("/static"))
    responses["206"] = Object{{"description", "The part that Range asked for."}};
  if (route.method == kPut && pattern == "/administrators/:id")
    responses["200"] = Object{{"description", "Was one already."}};
  if (stores_for_engine(route))
    responses["200"] = Object{{"description", "Stored; there is no engine that works it out."},
                              {"content", content(reference("schemas/Error"))}};
  responses["default"] =
      Object{{"description", "Refused or failed."}, {"content", content(reference("schemas/Error"))}};
  if (route.auth == Auth::kPublic) {
    out["security"] = Array{};
  } else {
    if (route.person_only) out["security"] = Array{Object{{"token", Array{}}}};
    responses["401"] = Object{{"description", "Not signed in."}, {"content", Object{{"text/plain", Object{}}}}};
  }
  out["responses"] = std::move(responses);
  return out;
}

}  // namespace

Object reference(const std::string& component) { return {{"$ref", "#/components/" + component}}; }

Object openapi_document(const std::vector<Route>& routes, const std::string& version) {
  Object paths;
  for (const Route& route : routes) {
    std::string path;
    for (const auto part : text::split(route.pattern, '/')) {
      if (part.empty()) continue;
      path += '/';
      path += part.starts_with(":") ? "{" + std::string(part.substr(1)) + "}" : std::string(part);
    }
    if (path.empty()) path = "/";
    Route plain = route;
    plain.pattern = plain_pattern(route);
    Value& item = paths[path];
    if (!item.is_object()) item.emplace_object();
    item.get_object()[text::lower(http::method_name(route.method))] = operation(plain, path);
  }
  Object schemas;
  for (const Entity* entity : model::entities()) {
    schemas[camel(entity->name)] = document_schema(*entity);
    schemas[camel(entity->name) + "Input"] = input_schema(*entity);
  }
  for (auto& member : answer_schemas()) schemas[member.key()] = std::move(member.value());
  for (auto& member : filter_schemas()) schemas[member.key()] = std::move(member.value());
  schemas["Error"] = Object{
      {"type", "object"},
      {"required", Array{"err"}},
      {"properties", Object{{"err", Object{{"type", Array{"object", "string"}},
                                           {"required", Array{"name", "errors"}},
                                           {"properties", Object{{"name", Object{{"type", "string"}}},
                                                                 {"errors", Object{}},
                                                                 {"request_id", Object{{"type", "string"}}}}}}}}}};
  return {
      {"openapi", "3.1.0"},
      {"info",
       Object{{"title", "Maestro"},
              {"version", version},
              {"description",
               "Cloud inventory: what runs in every cloud account, related to applications, systems and clients."}}},
      {"paths", std::move(paths)},
      {"components",
       Object{{"schemas", std::move(schemas)},
              {"parameters", list_components()},
              {"securitySchemes",
               Object{{"token", Object{{"type", "apiKey"},
                                       {"in", "header"},
                                       {"name", "Authorization"},
                                       {"description", "JWT <token of POST /users/auth>"}}},
                      {"apiToken",
                       Object{{"type", "http"}, {"scheme", "bearer"}, {"description", "mst_... of POST /tokens"}}}}}}},
      {"security", Array{Object{{"token", Array{}}}, Object{{"apiToken", Array{}}}}}};
}

}  // namespace maestro::api
