#include "http/reply_head.h"

#include <charconv>

#include "base/text.h"

namespace maestro::http {

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

namespace {

void append_number(std::string& out, std::size_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end.ptr);
}

/// The fields that frame the message: a second opinion on them would be a smuggled reply.
bool is_ours(std::string_view name) {
  switch (name.size()) {
    case 10:
      return text::iequals(name, "connection") || text::iequals(name, "keep-alive");
    case 12:
      return text::iequals(name, "x-request-id");
    case 14:
      return text::iequals(name, "content-length");
    case 17:
      return text::iequals(name, "transfer-encoding");
    default:
      return false;
  }
}

bool is_token(std::string_view name) {
  for (const char c : name) {
    if (c <= ' ' || c == ':' || c == 0x7f) return false;
  }
  return !name.empty();
}

void append_value(std::string& out, std::string_view value) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) {
    out.append(value);
    return;
  }
  for (const char c : value) out.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
}

}  // namespace

void write_head(std::string& out, const Reply& reply, Framing framing, std::size_t length, bool keep_alive, bool http11,
                std::string_view request_id) {
  const int status = reply.status >= 100 && reply.status <= 999 ? reply.status : 500;
  // Always 1.1: the version says what the server speaks, the framing respects the client's.
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(status));
  out.push_back(' ');
  out.append(reason_phrase(status));
  out.append("\r\n");
  for (const auto& [name, value] : reply.headers.fields()) {
    if (is_ours(name) || !is_token(name)) continue;
    out.append(name).append(": ");
    append_value(out, value);
    out.append("\r\n");
  }
  switch (framing) {
    case Framing::kLength:
      out.append("Content-Length: ");
      append_number(out, length);
      out.append("\r\n");
      break;
    case Framing::kChunked:
      out.append("Transfer-Encoding: chunked\r\n");
      break;
    case Framing::kToClose:
    case Framing::kNone:
      break;
  }
  if (!keep_alive) {
    out.append("Connection: close\r\n");
  } else if (!http11) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("X-Request-Id: ").append(request_id).append("\r\n\r\n");
}

bool wants_close(const Reply& reply) {
  const auto* value = reply.headers.find("Connection");
  return value != nullptr && text::iequals(text::trim(*value), "close");
}

std::string format_event(std::string_view event, std::string_view data, std::string_view id) {
  std::string out;
  out.reserve(event.size() + data.size() + id.size() + 32);
  const auto line = [&out](std::string_view field, std::string_view value) {
    out.append(field).append(": ");
    for (const char c : value) {
      if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
    }
    out.push_back('\n');
  };
  if (!id.empty()) line("id", id);
  if (!event.empty()) line("event", event);
  for (;;) {
    const auto end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).push_back('\n');
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out.push_back('\n');
  return out;
}

}  // namespace maestro::http
