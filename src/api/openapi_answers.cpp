#include "api/openapi_answers.h"

namespace maestro::api {
namespace {

using enum http::Method;

struct Shown {
  http::Method method;
  std::string_view end;  ///< of the pattern; the first row that fits counts
  int status;
  const char* schema;
};
constexpr Shown kRows[] = {
    {kGet, "/count", 200, "Count"},
    {kGet, "/audit", 200, "Audit"},
    {kGet, "/provenance", 200, "Provenance"},
    {kPost, "/roles", 201, "Granted"},
    {kPost, "/members", 201, "Granted"},
    {kPut, "/roles", 201, "GrantedAll"},
    {kPut, "/members", 201, "GrantedAll"},
    {kPut, "/:holder", 201, "Granted"},
    {kPost, "/applications/deps", 201, "Batch"},
    {kPost, "/deps", 201, "Dependency"},
    {kPut, "/deps/:on", 201, "Dependency"},
    {kPatch, "/:id/servers", 202, "Linked"},
    {kPatch, "/:id/applications", 202, "Linked"},
    {kPatch, "/:id/system", 202, "Linked"},
    {kPost, "/datacenters/:id/analytics", 200, "StandingReports"},
    {kPost, "/public", 201, "PublicLink"},
    {kPost, "/users/auth", 200, "Login"},
    {kPatch, "/users/auth/pass", 201, "Empty"},
    {kPost, "/session", 200, "Session"},
    {kGet, "/session", 200, "Session"},
    {kGet, "/versions", 200, "Versions"},
    {kGet, "/health/live", 200, "Health"},
    {kGet, "/health/ready", 200, "Health"},
    {kPut, "/task/:command", 200, "Started"},
    {kPost, "/connections/test", 200, "Tested"},
    {kGet, "/tasks", 200, "Items"},
    {kPatch, "/tasks/:task", 202, "Task"},
    {kPost, "/runs", 202, "Items"},
    {kGet, "/runs", 200, "Items"},
    {kGet, "/runs/:id", 200, "Run"},
    {kPost, "/cancel", 202, "Run"},
    {kPost, "/approve", 202, "Run"},
    {kPost, "/reject", 202, "Run"},
    {kGet, "/meta/connections", 200, "Items"},
    {kGet, "/meta/entities", 200, "Items"},
    {kGet, "/meta/entities/:name", 200, "Meta"},
    {kGet, "/meta/providers", 200, "Items"},
    {kGet, "/providers", 200, "Provided"},
    {kGet, "/providers/rules", 200, "Provided"},
    {kGet, "/providers/rules/:provider", 200, "Provided"},
    {kGet, "/providers/:provider", 200, "Provided"},
    // Stored, and answered with what the engine says, or that there is none.
    {kPost, "/reports", 201, ""},
    {kPut, "/reports/:id", 201, ""},
    {kPatch, "/reports/:id", 201, ""},
    {kPost, "/graphs", 201, ""},
    {kPut, "/graphs/:id", 202, ""},
    {kGet, "/reports/:id/result", 200, ""},
};

struct Schema {
  const char* name;
  const char* text;
};
constexpr Schema kSchemas[] = {
    {"Count", R"({"type":"object","required":["count"],"additionalProperties":false,
      "properties":{"count":{"type":"integer","minimum":0},"as_of":{"type":"string"}}})"},
    {"Role", R"({"type":"object","required":["role","refs"],"properties":{
      "_id":{"type":"string","pattern":"^[0-9a-f]{24}$"},"role":{"enum":[1,3,7]},
      "refs":{"enum":["users","teams","projects","organization"]},"name":{"type":"string"},"email":{"type":"string"}}})"},
    {"Granted", R"({"type":"object","required":["items","_links"],"properties":{
      "items":{"$ref":"#/components/schemas/Role"},"_links":{"type":"object"}}})"},
    {"GrantedAll", R"({"type":"object","required":["items","_links"],"properties":{
      "items":{"type":"array","items":{"$ref":"#/components/schemas/Role"}},"_links":{"type":"object"}}})"},
    {"Audit", R"({"type":"object","required":["found","limit","total_pages","current_page","items","_links"],
      "properties":{"found":{"type":"integer"},"limit":{"type":"integer"},"total_pages":{"type":"integer"},
      "current_page":{"type":"integer"},"_links":{"type":"object"},"items":{"type":"array","items":{"type":"object",
      "required":["_id","updated_at","entity","entity_id","user","body"],"properties":{
      "_id":{"type":"string","pattern":"^[0-9a-f]{24}$"},"updated_at":{"type":"string","format":"date-time"},
      "entity":{"type":"string"},"entity_id":{"type":"string"},"user":{"type":"string"},"body":{"type":"object"}}}}}})"},
    {"Provenance", R"({"type":"object","required":["connections","fields"],"properties":{
      "connections":{"type":"array","items":{"type":"object"}},"fields":{"type":"object","additionalProperties":{
      "type":"object","required":["source","pinned","by"]}}}})"},
    {"Batch", R"({"type":"object","required":["isBatch"],"properties":{"isBatch":{"type":"object"}}})"},
    {"Dependency", R"({"type":"object","required":["deps"],"properties":{"deps":{"type":"object",
      "required":["_id","name","family"]}}})"},
    {"Linked", R"({"type":"object","required":["_links"],"properties":{"_links":{"type":"object"}},
      "additionalProperties":{"type":"object","required":["_id"]}})"},
    {"StandingReports", R"({"type":["array","object"]})"},
    {"PublicLink", R"({"type":"object","required":["id","token","timestamp"],"properties":{"id":{"type":"string"},
      "token":{"type":"string"},"timestamp":{"type":"integer"}}})"},
    {"SessionUser", R"({"type":"object","required":["_id","name","email"],"properties":{"_id":{"type":"string"},
      "name":{"type":"string"},"email":{"type":"string"},"avatar":{"type":"string"},"sub":{"type":"string"}}})"},
    {"Login", R"({"type":"object","required":["token","user"],"properties":{"token":{"type":"string"},
      "user":{"$ref":"#/components/schemas/SessionUser"}}})"},
    {"Session",
     R"({"type":"object","required":["user"],"properties":{"user":{"$ref":"#/components/schemas/SessionUser"}}})"},
    {"Empty", R"({"type":"object"})"},
    {"Versions", R"({"type":"array","items":{"type":"object","required":["name","status"],"properties":{
      "name":{"type":"string"},"status":{"enum":["UP","DOWN"]}}}})"},
    {"Health", R"({"type":"object","required":["status"],"properties":{"status":{"enum":["UP","DOWN"]}}})"},
    {"Started", R"({"type":"object"})"},
    {"Tested", R"({"type":"object"})"},
    {"Items", R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object"}},
      "cursor":{"type":"object"}}})"},
    {"Task", R"({"type":"object","required":["name"]})"},
    {"Run", R"({"type":"object","required":["_id","connection","task","state","created_at","counts"],"properties":{
      "_id":{"type":"string"},"connection":{"type":"string"},"task":{"type":"string"},"trigger":{"type":"string"},
      "state":{"type":"string"},"message":{"type":"string"},"counts":{"type":"object"},
      "scopes":{"type":"array","items":{"type":"object"}}}})"},
    {"Meta", R"({"type":"object","required":["name"]})"},
    {"Provided", R"({"type":"object","required":["items"],"properties":{"items":{"type":"array"}}})"},
};

}  // namespace

std::optional<Answered> answered(const Route& route) {
  for (const Shown& row : kRows)
    if (row.method == route.method && std::string_view(route.pattern).ends_with(row.end))
      return Answered{row.status, row.schema};
  return std::nullopt;
}

bool stores_for_engine(const Route& route) {
  const std::string_view pattern = route.pattern;
  const bool report = pattern.ends_with("/reports") || pattern.ends_with("/reports/:id");
  const bool graph = pattern.ends_with("/graphs") || pattern.ends_with("/graphs/:id");
  const bool writes = route.method == kPost || route.method == kPut;
  return (report && (writes || route.method == kPatch)) || (graph && writes);
}

json::Object answer_schemas() {
  json::Object out;
  for (const Schema& schema : kSchemas) out[schema.name] = json::parse_trusted(schema.text);
  return out;
}

}  // namespace maestro::api
