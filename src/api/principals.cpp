#include "api/principals.h"

#include "api/violations.h"

namespace maestro::api {

Result<Principal> read_scope(const Call& call) {
  const json::Value* value = call.query.if_contains("scope");
  const std::string_view word = value == nullptr     ? "me"
                                : value->is_string() ? std::string_view(value->get_string())
                                                     : std::string_view();
  constexpr std::string_view kTeam = "team:";
  if (word.starts_with(kTeam) && ObjectId::parse(word.substr(kTeam.size())))
    return forbidden("You are not a member of this team");
  if (word == "me" || word == "all") return call.context.actor.principal;
  Violations violations;
  violations.add("scope", "must be one of [me, all, team:<id>]", "any.allowOnly");
  return violations.error();
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
