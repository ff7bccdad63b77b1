// What a client may say about a request's origin, checked before it is believed.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace maestro::http {

/// 1..64 of [A-Za-z0-9._-]
bool is_request_id(std::string_view id);

/// The address that the nearest proxy saw (the last element of X-Forwarded-For); empty when there is none or it is not
/// shaped like an address.
std::string forwarded_peer(const Headers& headers);

}  // namespace maestro::http
