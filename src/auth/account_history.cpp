#include "auth/account_history.h"

namespace maestro::auth {

Result<void> note(store::Store& store, store::Transaction& tx, const ObjectId& user, std::string_view path,
                  json::Value before, json::Value after) {
  static const model::Entity& users = *model::find_entity("users");
  TRY_ASSIGN(const auto document, store.documents().find(tx, users, user));
  if (!document) return not_found("There is no such person");
  json::Object change{{"path", path}};
  if (!before.is_null()) change["old"] = std::move(before);
  if (!after.is_null()) change["new"] = std::move(after);
  return store.documents().note(tx, *document, {.verb = "update", .changes = {std::move(change)}});
}

}  // namespace maestro::auth
