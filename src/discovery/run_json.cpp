#include "discovery/runs.h"

namespace maestro::discovery {
namespace {

void set_time(json::Object& out, std::string_view name, const std::optional<Time>& time) {
  if (time) out[name] = to_iso(*time);
}

}  // namespace

json::Object to_json(const store::RunScope& scope, const provider::Packs* packs) {
  const provider::Resource* resource = packs == nullptr ? nullptr : packs->find(scope.resource);
  json::Object out{{"_id", std::to_string(scope.id)},
                   {"region", scope.region},
                   {"resource", scope.resource},
                   {"label", resource == nullptr ? scope.resource : resource->label},
                   {"state", store::run_state_name(scope.state)},
                   {"attempt", scope.attempt},
                   {"pages", scope.pages},
                   {"counts", scope.counts.to_json()},
                   {"message", scope.message}};
  if (!scope.error_code.empty()) {
    json::Object error{{"code", scope.error_code}, {"message", scope.message}};
    if (!scope.hint.empty()) error["hint"] = scope.hint;
    out["error"] = std::move(error);
  }
  if (scope.state == store::RunState::kHeld) {
    json::Object held{{"vanished", json::int_or(scope.held, "vanished")}, {"of", json::int_or(scope.held, "of")}};
    const json::Value* names = scope.held.if_contains("names");
    held["names"] = names != nullptr && names->is_array() ? *names : json::Value(json::Array());
    out["held"] = std::move(held);
  }
  set_time(out, "next_attempt_at", scope.state == store::RunState::kRetrying ? scope.next_attempt : std::nullopt);
  set_time(out, "started_at", scope.started);
  set_time(out, "finished_at", scope.finished);
  return out;
}

json::Object to_json(const store::Run& run, const std::vector<store::RunScope>* scopes, const provider::Packs* packs) {
  json::Object out{
      {"_id", run.id.hex()}, {"connection", run.connection.hex()}, {"task", run.task}, {"trigger", run.trigger}};
  if (run.by) out["by"] = json::Object{{"_id", run.by.hex()}, {"name", run.by_name}};
  out["state"] = store::run_state_name(run.state);
  out["message"] = run.message;
  out["created_at"] = to_iso(run.created);
  set_time(out, "started_at", run.started);
  set_time(out, "finished_at", run.finished);
  out["counts"] = run.counts.to_json();
  if (scopes != nullptr) {
    json::Array list;
    for (const store::RunScope& scope : *scopes) list.emplace_back(to_json(scope, packs));
    out["scopes"] = std::move(list);
  }
  return out;
}

}  // namespace maestro::discovery
