#include "api/principals.h"

#include "api/services.h"
#include "api/violations.h"

namespace maestro::api {
namespace {

constexpr std::string_view kTeam = "team:";

const model::Entity& teams() {
  static const model::Entity& entity = *model::find_entity("teams");
  return entity;
}

Principal person_of(const Actor& actor) { return {Principal::Kind::kUser, actor.user}; }

Error bad_scope(std::string_view tail) {
  Violations violations;
  violations.add("scope", tail, "any.allowOnly");
  return violations.error();
}

Result<void> read_scope(Call& call) {
  const json::Value* value = call.query.if_contains("scope");
  if (value == nullptr) return {};
  const std::string_view word = value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  if (word == "me") return {};
  const auto team = word.starts_with(kTeam) ? ObjectId::parse(word.substr(kTeam.size())) : std::nullopt;
  if (word != "all" && !team) return bad_scope("must be one of [me, all, team:<id>]");
  // Whoever means to write for a team would otherwise write for themselves without a word.
  if (call.route->method != http::Method::kGet) return bad_scope("is for reading; write through /teams/<id>/...");
  if (!team) {
    TRY_ASSIGN(call.context.actor, with_teams(call.services, call.context));
    return {};
  }
  auto actor = as_team(call.services, call.context, *team, store::kRead);
  if (!actor.ok() && actor.error().code == Code::kForbidden) return forbidden("You are not a member of this team");
  TRY_ASSIGN(call.context.actor, std::move(actor));
  return {};
}

Result<void> read_team(Call& call) {
  const std::string text = call.params.at(0);
  call.params.erase(call.params.begin());
  const auto team = ObjectId::parse(text);
  if (!team) return inventory::bad_id(text);
  TRY_ASSIGN(call.context.actor, as_team(call.services, call.context, *team, call.route->team));
  if (call.query.contains("scope")) return bad_scope("cannot be combined with the route of a team");
  return {};
}

}  // namespace

Result<Actor> as_team(Services& services, const Context& context, const ObjectId& team, int role) {
  auto& documents = services.store.documents();
  TRY_ASSIGN(const auto found, documents.find(context, teams(), team));
  if (!found || !found->active) return inventory::not_allowed();
  if (documents.access(found->access)->role_of(person_of(context.actor)) < role) return inventory::not_allowed();
  Actor actor = context.actor;
  actor.principal = {Principal::Kind::kTeam, team};
  actor.team_name = json::text_or(found->body, "name");
  actor.team_email = json::text_or(found->body, "email");
  actor.also.clear();
  return actor;
}

Result<Actor> with_teams(Services& services, const Context& context) {
  Actor actor = context.actor;
  actor.principal = person_of(actor);
  actor.also.clear();
  store::ListSpec mine{.entity = &teams(),
                       .viewer = {.readers = {actor.principal}},
                       .sort = "_id",
                       .limit = 1000,
                       .count = store::Count::kNone};
  do {
    TRY_ASSIGN(const store::ListPage page, services.store.documents().list(context, mine));
    for (const store::ListItem& team : page.items) actor.also.push_back({Principal::Kind::kTeam, team.id});
    mine.cursor = page.next;
  } while (!mine.cursor.empty());
  return actor;
}

Result<Actor> renewed(Services& services, const Context& context) {
  const Actor& actor = context.actor;
  if (actor.principal.kind == Principal::Kind::kTeam)
    return as_team(services, context, actor.principal.id, store::kRead);
  return actor.also.empty() ? Result<Actor>(actor) : with_teams(services, context);
}

Result<void> take_standpoint(Call& call) {
  if (call.route->as_team) return read_team(call);
  return call.route->auth == Auth::kUser && call.route->pool != Pool::kInline ? read_scope(call) : Result<void>();
}

std::optional<Principal> read_actor(const Call& call, std::string_view text) {
  using Kind = Principal::Kind;
  if (text == "me") return Principal{Kind::kUser, call.context.actor.user};
  if (text == "system") return Principal{Kind::kSystem, {}};
  Kind kind = Kind::kUser;
  for (const auto& [word, named] : {std::pair("user:", Kind::kUser), std::pair("team:", Kind::kTeam),
                                    std::pair("connection:", Kind::kConnection)}) {
    if (!text.starts_with(word)) continue;
    kind = named;
    text.remove_prefix(std::string_view(word).size());
    break;
  }
  const auto id = ObjectId::parse(text);
  return id ? std::optional(Principal{kind, *id}) : std::nullopt;
}

}  // namespace maestro::api
