#include "store/types.h"

namespace maestro::store {
namespace {

struct StateName {
  RunState state;
  const char* name;
};
constexpr StateName kStates[] = {
    {RunState::kQueued, "queued"},   {RunState::kRunning, "running"},   {RunState::kRetrying, "retrying"},
    {RunState::kSuccess, "success"}, {RunState::kPartial, "partial"},   {RunState::kFailed, "failed"},
    {RunState::kHeld, "held"},       {RunState::kCanceled, "canceled"},
};

struct CountName {
  const char* name;
  std::int64_t Counts::*member;
};
constexpr CountName kCounts[] = {
    {"seen", &Counts::seen},           {"created", &Counts::created}, {"updated", &Counts::updated},
    {"unchanged", &Counts::unchanged}, {"retired", &Counts::retired}, {"revived", &Counts::revived},
    {"adopted", &Counts::adopted},     {"errors", &Counts::errors},
};

}  // namespace

bool is_comparison(Condition::Op op) {
  using enum Condition::Op;
  return op == kLess || op == kLessEq || op == kGreater || op == kGreaterEq;
}

int AccessSet::role_of(const Principal& principal) const {
  if (principal.kind == Principal::Kind::kNobody) return 0;
  int role = 0;
  for (const RoleEntry& entry : entries)
    if (entry.principal == principal) role = std::max(role, entry.role);
  return role;
}

int AccessSet::role_of(const Readers& readers) const {
  int role = 0;
  for (const Principal& reader : readers) role = std::max(role, role_of(reader));
  return role;
}

const char* run_state_name(RunState state) {
  for (const StateName& row : kStates)
    if (row.state == state) return row.name;
  return "failed";
}

std::optional<RunState> run_state_from_name(std::string_view name) {
  for (const StateName& row : kStates)
    if (name == row.name) return row.state;
  return std::nullopt;
}

bool is_final(RunState state) {
  return state == RunState::kSuccess || state == RunState::kPartial || state == RunState::kFailed ||
         state == RunState::kCanceled;
}

Counts& Counts::operator+=(const Counts& other) {
  for (const CountName& row : kCounts) this->*row.member += other.*row.member;
  return *this;
}

json::Object Counts::to_json() const {
  json::Object out;
  for (const CountName& row : kCounts) out[row.name] = this->*row.member;
  return out;
}

Counts Counts::from_json(const json::Object& object) {
  Counts out;
  for (const CountName& row : kCounts) out.*row.member = json::int_or(object, row.name);
  return out;
}

}  // namespace maestro::store
