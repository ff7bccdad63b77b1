// Dispatch: from a raw request to a handler and back: path, body, who acts, errors, CORS, ETag.
#pragma once

#include "api/call.h"
#include "api/router.h"
#include "api/wordings.h"

namespace maestro::api {

/// The handler of one listener. `services` and `router` must outlive the result.
std::function<http::Reply(http::Request&)> make_handler(Services& services, const Router& router,
                                                        const Wording& wording = server_wording());
/// Which pool a request runs on; cheap, no locks.
std::function<std::size_t(const http::Request&)> make_pool_chooser(const Router& router);
/// How large a request's body may be: `usual`, or what uploads allow. `services` and `router` must outlive the result.
std::function<std::size_t(const http::Request&)> make_body_limit(const Services& services, const Router& router,
                                                                 std::size_t usual);
/// Answers that the transport gives by itself: 400, 408, 414, 422, 431, 503.
http::Reply transport_error(int status, std::string_view reason, const std::string& request_id);

/// Name of the UI's session cookie.
inline constexpr const char* kSessionCookie = "maestro_session";

}  // namespace maestro::api
