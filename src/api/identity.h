// Identity: whose request this is, by the credentials that came with it.
#pragma once

#include <functional>

#include "api/call.h"
#include "auth/recall.h"

namespace maestro::api {

/// The person behind `Authorization: JWT <session>`, `JWT mst_...` or `Bearer mst_...`, or behind the session cookie of
/// a page of this origin. kUnauthenticated otherwise; kForbidden "User not found" when the account is gone.
Result<Actor> identify(const Call& call);

/// What identify() has answered to the same credentials before, on routes that only read; to be believed only where a
/// read of the store tells the same stamp.
std::optional<auth::Recall::Known> recall(const Call& call);

/// A page of another site caused this request, as far as the browser tells.
bool is_cross_site(const http::Request& request);

/// What API tokens may not: write with one that only reads, and what a person does for themselves.
Result<void> check_reach(const Call& call);

/// Whether the credentials of this call still count, for answers that take long. It outlives the call.
std::function<bool()> still_signed_in(const Call& call);

}  // namespace maestro::api
