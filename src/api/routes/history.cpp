#include "api/routes/history.h"

#include "api/principals.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;

constexpr auto kNewest = std::numeric_limits<std::int64_t>::max();

const char* kind_word(Principal::Kind kind) {
  switch (kind) {
    case Principal::Kind::kConnection:
      return "connection";
    case Principal::Kind::kSystem:
      return "system";
    case Principal::Kind::kTeam:
      return "team";
    default:
      return "user";
  }
}

Value cursor_of(std::int64_t next) { return next > 0 ? Value(std::to_string(next)) : Value(); }

std::optional<ObjectId> read_id(const Object& query, const char* name, Violations& violations) {
  const Value* value = query.if_contains(name);
  if (value == nullptr) return std::nullopt;
  const auto id = value->is_string() ? ObjectId::parse(value->get_string()) : std::nullopt;
  if (!id) violations.add(name, "must be an id", "string.pattern");
  return id;
}

std::int64_t read_number(const Call& call, const char* name, std::int64_t fallback, std::int64_t min, std::int64_t max,
                         Violations& violations) {
  const auto number = call.number(name, fallback, min, max);
  if (!number.ok()) violations.add(name, fmt::format("must be a whole number from {} to {}", min, max), "number.base");
  return number.ok() ? *number : fallback;
}

Result<Answer> of_all(Call& call) { return trail_answer(call, std::nullopt); }

Result<Answer> of_one(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const auto view, call.services.inventory.get(call.context, call.entity(), id));
  TRY_ASSIGN(const auto limit, call.number("limit", 50, 1, 500));
  TRY_ASSIGN(const auto before, call.number("cursor", 0, 0, kNewest));
  TRY_ASSIGN(
      const auto rows,
      call.services.store.documents().history(
          call.context, {.row = view.document.row, .before = before, .limit = static_cast<std::size_t>(limit) + 1}));
  json::Array items;
  for (const store::HistoryRow& row : rows) {
    if (items.size() == static_cast<std::size_t>(limit)) break;
    items.emplace_back(history_item(row));
  }
  const bool more = rows.size() > items.size();
  const Value next = more ? cursor_of(rows[items.size() - 1].id) : Value();
  return json_answer(200, Object{{"items", std::move(items)}, {"cursor", Object{{"next", next}}}});
}

}  // namespace

Object history_item(const store::HistoryRow& row) {
  Object actor{{"kind", kind_word(row.actor.kind)}};
  if (row.actor.id) actor["_id"] = row.actor.id.hex();
  if (!row.actor_name.empty()) actor["name"] = row.actor_name;
  Object item{{"id", row.id},
              {"at", to_iso(row.at)},
              {"verb", row.verb},
              {"actor", std::move(actor)},
              {"changes", json::parse_trusted(row.changes)}};
  if (row.run) item["run"] = row.run.hex();
  return item;
}

Result<Answer> trail_answer(Call& call, const std::optional<ObjectId>& of_run) {
  Violations violations;
  for (const auto& member : call.query) {
    const std::string_view key = member.key();
    const bool known = key == "actor" || key == "entity" || key == "limit" || key == "cursor" || key == "scope" ||
                       (key == "run" && !of_run);
    if (!known) violations.add(shown(key), "is no parameter of history", "any.unknown");
  }
  store::TrailSpec spec;
  spec.run = of_run ? of_run : read_id(call.query, "run", violations);
  if (const Value* value = call.query.if_contains("actor")) {
    const auto actor = value->is_string() ? read_actor(call, value->get_string()) : std::nullopt;
    if (actor)
      spec.actor = actor;
    else
      violations.add("actor", "must be me, system, an id, or user:, team: or connection: and an id", "string.pattern");
  }
  if (const Value* value = call.query.if_contains("entity")) {
    spec.entity = value->is_string() ? model::find_entity(value->get_string()) : nullptr;
    if (spec.entity == nullptr) violations.add("entity", "must be a kind of document", "any.unknown");
  }
  spec.limit = static_cast<std::size_t>(read_number(call, "limit", 50, 1, 200, violations));
  spec.before = read_number(call, "cursor", 0, 0, kNewest, violations);
  if (!violations.empty()) return violations.error();
  spec.readers = call.context.actor.readers();
  if (call.context.actor.principal.kind == Principal::Kind::kUser) spec.self = call.context.actor.user;
  TRY_ASSIGN(const store::TrailPage page, call.services.store.documents().trail(call.context, spec));
  json::Array items;
  for (const store::TrailRow& row : page.rows) {
    Object item = history_item(row.change);
    Object document{{"entity", row.change.entity}, {"_id", row.change.document.hex()}, {"active", row.active}};
    if (!row.name.empty()) document["name"] = row.name;
    item["document"] = std::move(document);
    items.emplace_back(std::move(item));
  }
  return json_answer(200, Object{{"items", std::move(items)}, {"cursor", Object{{"next", cursor_of(page.next)}}}});
}

std::vector<Route> history_routes() {
  using enum http::Method;
  std::vector<Route> out = {{.method = kGet,
                             .pattern = "/history",
                             .handler = of_all,
                             .doc = "Changes of all documents that one may read now, newest first.",
                             .original = false,
                             .tag = "history"}};
  for (const model::Entity* entity : model::entities()) {
    if (entity->access == model::Access::kNone && !entity->administered) continue;
    out.push_back({.method = kGet,
                   .pattern = fmt::format("/{}/:id/history", entity->route),
                   .handler = of_one,
                   .doc = "Every change, newest first.",
                   .original = false,
                   .tag = entity->route,
                   .entity = entity,
                   .team = entity->access == model::Access::kRoles ? store::kRead : 0});
  }
  return out;
}

}  // namespace maestro::api
