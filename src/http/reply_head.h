// The status line and headers of a reply as bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/message.h"

namespace maestro::http {

const char* reason_phrase(int status);

/// How the body of a reply travels.
enum class Framing {
  kLength,   ///< Content-Length
  kChunked,  ///< Transfer-Encoding: chunked
  kToClose,  ///< until the connection closes (HTTP/1.0 streams)
  kNone,     ///< no body and no length (204, 1xx, 304)
};

/// Appends the head. Line breaks in a header's value become spaces, headers that are the server's own are skipped.
void write_head(std::string& out, const Reply& reply, Framing framing, std::size_t length, bool keep_alive, bool http11,
                std::string_view request_id);

/// True when the handler asked for `Connection: close`.
bool wants_close(const Reply& reply);

/// One text/event-stream message; line breaks in `event` and `id` are dropped, in `data` they split it.
std::string format_event(std::string_view event, std::string_view data, std::string_view id);

}  // namespace maestro::http
