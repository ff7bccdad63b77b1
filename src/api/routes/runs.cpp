// Runs of discovery: what they found, and what a person decides about them.
#include "api/routes/history.h"
#include "api/routes/tables.h"
#include "api/services.h"

namespace maestro::api {
namespace {

using json::Object;

/// The run of the path, if the actor holds `role` on its connection.
Result<store::Run> visible_run(Call& call, int role) {
  static const model::Entity& connections = *model::find_entity("connections");
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const auto run, call.services.store.ledger().find_run(call.context, id));
  if (!run) return inventory::not_there();
  const auto view = call.services.inventory.get(call.context, connections, run->connection);
  if (!view.ok()) return inventory::not_there();
  if (role > store::kRead && view->access->role_of(call.context.actor.principal) < role)
    return inventory::not_allowed();
  return *run;
}

Result<Answer> answer_with_scopes(Call& call, const ObjectId& id, int status) {
  TRY_ASSIGN(const auto run, call.services.runs.get(call.context, id));
  TRY_ASSIGN(const Object shown, call.services.runs.show(call.context, run));
  return json_answer(status, shown);
}

Result<Answer> one(Call& call) {
  TRY_ASSIGN(const auto run, visible_run(call, store::kRead));
  return answer_with_scopes(call, run.id, 200);
}

Result<Answer> history(Call& call) {
  TRY_ASSIGN(const auto run, visible_run(call, store::kRead));
  return trail_answer(call, run.id);
}

Result<Answer> cancel(Call& call) {
  TRY_ASSIGN(const auto run, visible_run(call, store::kWrite));
  TRY(call.services.runs.cancel(call.context, run.id));
  return answer_with_scopes(call, run.id, 202);
}

Result<Answer> decide(Call& call, bool approve) {
  TRY_ASSIGN(const auto run, visible_run(call, store::kWrite));
  const std::string& text = call.params[1];
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    return inventory::bad_id(text);
  TRY(call.services.runs.decide(call.context, run.id, std::stoll(text), approve));
  return answer_with_scopes(call, run.id, 202);
}

Result<Answer> approve(Call& call) { return decide(call, true); }
Result<Answer> reject(Call& call) { return decide(call, false); }

}  // namespace

std::vector<Route> run_routes() {
  using enum http::Method;
  return {
      {.method = kGet,
       .pattern = "/runs/:id",
       .handler = one,
       .doc = "A run with its scopes.",
       .original = false,
       .tag = "runs",
       .team = store::kRead},
      {.method = kGet,
       .pattern = "/runs/:id/history",
       .handler = history,
       .doc = "What a run changed in documents that one may read now, newest first.",
       .original = false,
       .tag = "runs",
       .team = store::kRead},
      {.method = kPost,
       .pattern = "/runs/:id/cancel",
       .handler = cancel,
       .doc = "Stop a run; retires nothing. Needs role 3 on its connection.",
       .original = false,
       .tag = "runs",
       .team = store::kWrite},
      {.method = kPost,
       .pattern = "/runs/:id/scopes/:scope/approve",
       .handler = approve,
       .doc = "Allow a held mass drop.",
       .original = false,
       .tag = "runs",
       .team = store::kWrite},
      {.method = kPost,
       .pattern = "/runs/:id/scopes/:scope/reject",
       .handler = reject,
       .doc = "Refuse a held mass drop; nothing is retired.",
       .original = false,
       .tag = "runs",
       .team = store::kWrite},
  };
}

}  // namespace maestro::api
