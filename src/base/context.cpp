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

Readers Actor::readers() const {
  Readers all{principal};
  all.insert(all.end(), also.begin(), also.end());
  return all;
}

Principal Actor::author() const { return user ? Principal{Principal::Kind::kUser, user} : principal; }

}  // namespace maestro
