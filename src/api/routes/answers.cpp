#include "api/routes/answers.h"

#include "store/projection.h"

namespace maestro::api {

using json::Object;
using json::Value;

Object acting_user(const Call& call, bool with_refs) {
  Object user{{"_id", call.context.actor.user.hex()}, {"email", call.context.actor.email}};
  if (with_refs) user["refs"] = "users";
  return user;
}

Answer put_answer(const Call& call, const inventory::View& view) {
  Object answer = store::single_object(view.document, *view.access, false, false);
  if (call.entity().audited) {
    answer["user"] = acting_user(call, false);
  } else {
    answer.erase("_id");
  }
  return json_answer(202, answer);
}

Answer patch_answer(const Call& call, const inventory::Inventory::Patched& patched) {
  const Object single = store::single_object(patched.view.document, *patched.view.access, false, false);
  Object answer;
  for (const std::string& name : patched.fields)
    if (const Value* value = single.if_contains(name)) answer[name] = *value;
  for (const char* name : {"active", "updated_at"})
    if (const Value* value = single.if_contains(name)) answer[name] = *value;
  if (call.entity().audited) {
    answer["_id"] = patched.view.document.id.hex();
    answer["user"] = acting_user(call, false);
  }
  return json_answer(202, answer);
}

}  // namespace maestro::api
