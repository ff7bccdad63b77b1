#include "api/routes/answers.h"

#include "api/preconditions.h"
#include "api/sparse_fields.h"
#include "store/projection.h"

namespace maestro::api {

using json::Object;
using json::Value;

Object acting_user(const Call& call, bool with_refs) {
  Object user{{"_id", call.context.actor.user.hex()}, {"email", call.context.actor.email}};
  if (with_refs) user["refs"] = "users";
  return user;
}

Result<Answer> one_answer(const Call& call, const store::Document& document, Object single) {
  TRY_ASSIGN(const Object sparse, sparse_one(call, *document.entity, std::move(single)));
  return tagged(call, json_answer(200, sparse), document);
}

Answer whole_answer(const Call& call, int status, const inventory::View& view) {
  return tagged(call, json_answer(status, store::single_object(view.document, *view.access, true, true)),
                view.document);
}

Answer put_answer(const Call& call, const inventory::View& view) {
  Object answer = store::single_object(view.document, *view.access, false, false);
  if (call.entity().audited) {
    answer["user"] = acting_user(call, false);
  } else {
    answer.erase("_id");
  }
  return tagged(call, json_answer(202, answer), view.document);
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
  return tagged(call, json_answer(202, answer), patched.view.document);
}

}  // namespace maestro::api
