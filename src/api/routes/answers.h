// What a written document answers: shared by every route that replaces or changes one.
#pragma once

#include "api/call.h"
#include "inventory/inventory.h"

namespace maestro::api {

/// {"_id","email"} of the signed-in person; with "refs" on creation, other than through the routes of a team (spec 4).
json::Object acting_user(const Call& call, bool with_refs);
/// One document as it is shown whole, or reduced to `fields=`, with its tag.
Result<Answer> one_answer(const Call& call, const store::Document& document, json::Object single);
/// After a restore and the like: one document whole.
Answer whole_answer(const Call& call, int status, const inventory::View& view);
/// After PUT: the single fields without links; `user` for audited entities, no `_id` for the others.
Answer put_answer(const Call& call, const inventory::View& view);
/// After PATCH: only what the body set, with `active` and `updated_at` where they are single fields.
Answer patch_answer(const Call& call, const inventory::Inventory::Patched& patched);

}  // namespace maestro::api
