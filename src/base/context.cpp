#include "base/context.h"

namespace maestro {

const char* principal_refs(Principal::Kind kind) {
  switch (kind) {
    case Principal::Kind::kUser:
      return "users";
    case Principal::Kind::kTeam:
      return "teams";
    case Principal::Kind::kConnection:
      return "connections";
    case Principal::Kind::kSystem:
      return "system";
    case Principal::Kind::kSchedule:
      return "scheduler";
    case Principal::Kind::kNobody:
      break;
  }
  return "nobody";
}

Principal::Kind holder_kind(std::string_view refs) {
  for (const auto kind : {Principal::Kind::kUser, Principal::Kind::kTeam, Principal::Kind::kSchedule})
    if (refs == principal_refs(kind)) return kind;
  return Principal::Kind::kNobody;
}

Readers Actor::readers() const {
  Readers all{principal};
  all.insert(all.end(), also.begin(), also.end());
  return all;
}

Principal Actor::author() const { return user ? Principal{Principal::Kind::kUser, user} : principal; }

}  // namespace maestro
