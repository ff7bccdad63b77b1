// The listener of the original's data service (5010), for peers that speak to it: see src/gateway.
#include <charconv>

#include "api/errors.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/wordings.h"
#include "gateway/excerpt.h"
#include "gateway/form.h"
#include "gateway/gateway.h"

namespace maestro::api {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr const char* kPaths[] = {"adminer", "connections", "servers",     "applications", "systems",
                                  "volumes", "graphs",      "images",      "networks",     "snapshots",
                                  "flavors", "clients",     "services",    "projects",     "teams",
                                  "events",  "schedulers",  "datacenters", "reports",      "flavors_public"};
constexpr std::size_t kMaxPage = 100'000;
constexpr Millis kAggregateTime{20'000};
constexpr const char* kStates[] = {"danger", "warning", "success"};

Result<Answer> root(Call& call) {
  return json_answer(200, Object{{"name", "Maestro"},
                                 {"description", "Data service of Maestro"},
                                 {"version", call.services.version},
                                 {"license", "MIT"}});
}

Result<ObjectId> id_of(const Call& call) {
  const auto id = ObjectId::parse(call.params.at(0));
  return id ? Result<ObjectId>(*id)
            : Result<ObjectId>(invalid("_id: " + gateway::excerpt(call.params.at(0)) + " is no id"));
}

/// The texts of these members; 400 with a message for each that is missing.
Result<std::vector<std::string>> required(const Object& body, std::initializer_list<const char*> names) {
  Object messages;
  std::vector<std::string> out;
  for (const char* name : names) {
    const Value* value = body.if_contains(name);
    const bool there = value != nullptr && !value->is_null() && (!value->is_string() || !value->get_string().empty());
    if (!there) messages[name] = "Missing required parameter";
    out.push_back(!there ? std::string() : value->is_structured() ? json::write(*value) : json::scalar_text(*value));
  }
  if (!messages.empty()) return field_error(messages);
  return out;
}

Result<Answer> connection(Call& call) {
  TRY_ASSIGN(const ObjectId id, id_of(call));
  TRY_ASSIGN(auto found, call.services.gateway.find(call.context, *model::find_entity("connections"), id));
  return untagged(json_answer(200, found ? Value(std::move(*found)) : Value(nullptr)));
}

Object update_result(std::size_t matched, std::size_t modified) {
  return {{"n", matched}, {"nModified", modified}, {"ok", 1.0}, {"updatedExisting", matched > 0}};
}

Result<Answer> set_state(Call& call) {
  TRY_ASSIGN(const ObjectId id, id_of(call));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto words, required(body, {"msg", "status", "task"}));
  const std::string& state = words[1];
  if (std::find(std::begin(kStates), std::end(kStates), state) == std::end(kStates))
    return field_error({{"status", "must be one of danger, warning, success"}});
  if (words[2].size() > 100 || words[2].find('\0') != std::string::npos)
    return field_error({{"task", "is no name of a task"}});
  TRY_ASSIGN(const bool known, call.services.gateway.set_state(call.context, id, words[2], state, words[0]));
  return untagged(json_answer(200, update_result(known ? 1 : 0, known ? 1 : 0)));
}

/// A whole number from 1 of the body or the query.
Result<std::size_t> number(const Object& from, const char* name, std::size_t fallback) {
  const Value* value = from.if_contains(name);
  if (value == nullptr || value->is_null()) return fallback;
  const std::string text = json::scalar_text(*value);
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out == 0 || out > 1'000'000'000)
    return field_error({{name, "must be a whole number from 1"}});
  return out;
}

Result<Answer> listing(Call& call, const Object& from, bool needs_owner) {
  const model::Entity& entity = call.entity();
  TRY_ASSIGN(const Object query, gateway::read_query_text(from.if_contains("query")));
  TRY_ASSIGN(const gateway::Query read, gateway::read_query(query, entity));
  if (needs_owner && !read.holder && entity.access != model::Access::kNone)
    return invalid("query must name the owner (roles._id)");
  TRY_ASSIGN(const std::size_t asked, number(from, "limit", static_cast<std::size_t>(call.services.scan_limit)));
  TRY_ASSIGN(const std::size_t page, number(from, "page", 1));
  const std::size_t limit = std::min(asked, kMaxPage);
  TRY_ASSIGN(gateway::Gateway::Page found, call.services.gateway.list(call.context, entity, read, limit, page));
  Array items;
  for (Object& item : found.items) items.emplace_back(std::move(item));
  const auto size = static_cast<std::int64_t>(limit);
  return untagged(json_answer(200, Object{{"found", found.found},
                                          {"total_pages", (found.found + size - 1) / size},
                                          {"page", page},
                                          {"limit", limit},
                                          {"items", std::move(items)}}));
}

Result<Answer> list_by_query(Call& call) {
  if (!call.query.contains("query")) return invalid("query is missing");
  return listing(call, call.query, true);
}

Result<Answer> list_by_body(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  return listing(call, body, false);
}

/// The counters of the original's bulk writes, and what became of each item.
Result<Answer> write(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  const Value* items = body.if_contains("body");
  if (items == nullptr || !items->is_array() || items->get_array().empty())
    return field_error({{"body", "must be a list with at least one item"}});
  TRY_ASSIGN(const auto results, call.services.gateway.write(call.context, call.entity(), items->get_array()));
  using Kind = gateway::ItemResult::Kind;
  std::int64_t inserted = 0, matched = 0, modified = 0;
  Array upserted, errors, told;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const gateway::ItemResult& one = results[i];
    Object line{{"index", i}};
    if (one.kind != Kind::kError) line["_id"] = one.id.hex();
    switch (one.kind) {
      case Kind::kCreated:
        line["result"] = "created";
        if (one.by_selector)
          upserted.emplace_back(Object{{"index", i}, {"_id", one.id.hex()}});
        else
          ++inserted;
        break;
      case Kind::kUpdated:
        line["result"] = "updated";
        ++matched;
        ++modified;
        break;
      case Kind::kUnchanged:
        line["result"] = "unchanged";
        ++matched;
        break;
      case Kind::kError:
        line["result"] = "error";
        line["error"] = one.error.message;
        errors.emplace_back(Object{{"index", i}, {"code", code_name(one.error.code)}, {"errmsg", one.error.message}});
        break;
    }
    told.emplace_back(std::move(line));
  }
  const std::size_t made = upserted.size();
  return untagged(json_answer(200, Object{{"nInserted", inserted},
                                          {"nUpserted", made},
                                          {"nMatched", matched},
                                          {"nModified", modified},
                                          {"nRemoved", 0},
                                          {"upserted", std::move(upserted)},
                                          {"writeErrors", std::move(errors)},
                                          {"writeConcernErrors", Array()},
                                          {"results", std::move(told)}}));
}

Result<const model::Entity*> collection(const std::string& name) {
  const model::Entity* entity = gateway::find_collection(name);
  if (entity == nullptr) return invalid("There is no entity " + gateway::excerpt(name));
  return entity;
}

Result<Answer> aggregate(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto words, required(body, {"entity", "pipeline"}));
  TRY_ASSIGN(const model::Entity* entity, collection(words[0]));
  TRY_ASSIGN(const Value stages, json::parse(words[1]));
  if (!stages.is_array()) return invalid("pipeline must be the JSON text of a list");
  TRY_ASSIGN(const gateway::Pipeline pipeline, gateway::read_pipeline(stages.get_array(), *entity));
  Context context = call.context;
  context.deadline = std::min(context.deadline, call.services.clock.now() + kAggregateTime);
  TRY_ASSIGN(auto rows, call.services.gateway.aggregate(context, *entity, pipeline));
  Array items;
  for (Object& row : rows) items.emplace_back(std::move(row));
  return untagged(json_answer(200, Object{{"items", std::move(items)}}));
}

Result<Answer> sync(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto words, required(body, {"entity", "query", "body"}));
  TRY_ASSIGN(const model::Entity* entity, collection(words[0]));
  TRY_ASSIGN(const Value query, json::parse(words[1]));
  TRY_ASSIGN(const Value set, json::parse(words[2]));
  if (!query.is_object() || !set.is_object()) return invalid("query and body must be JSON texts of objects");
  TRY_ASSIGN(const auto done, call.services.gateway.sync(call.context, *entity, query.get_object(), set.get_object()));
  return untagged(json_answer(200, Object{{"results", update_result(done.matched, done.modified)}}));
}

}  // namespace

std::vector<Route> data_routes() {
  using enum http::Method;
  std::vector<Route> out;
  const auto add = [&](http::Method method, std::string pattern, Handler handler, const char* doc,
                       const model::Entity* entity = nullptr) {
    out.push_back({.method = method,
                   .pattern = std::move(pattern),
                   .auth = Auth::kService,
                   .handler = handler,
                   .doc = doc,
                   .pool = Pool::kBulk,
                   .tag = "data",
                   .entity = entity});
  };
  add(kGet, "/", root, "What runs here.");
  out.back().auth = Auth::kPublic;
  for (const char* pattern : {"/connection/:id", "/connections/:id"}) {
    add(kGet, pattern, connection, "A connection, or null.");
    add(kPost, pattern, set_state, "State of a task of a connection.");
  }
  add(kPost, "/aggregate", aggregate, "An aggregation of an owner's documents.");
  add(kPost, "/sync", sync, "Set members of every document that matches.");
  for (const char* path : kPaths) {
    const model::Entity* entity = gateway::find_collection(path);
    if (entity == nullptr) continue;
    const std::string pattern = std::string("/") + path;
    add(kGet, pattern, list_by_query, "Documents of an owner that match.", entity);
    add(kPost, pattern, list_by_body, "Documents that match.", entity);
    add(kPut, pattern, write, "Make or change documents.", entity);
  }
  return out;
}

}  // namespace maestro::api
