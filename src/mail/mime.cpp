#include "mail/mime.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace maestro::mail {
namespace {

constexpr std::size_t kLine = 76;         // of quoted-printable, without CRLF
constexpr std::size_t kWordBytes = 39;    // of one encoded word: with "Subject: " before it a line stays below 78
constexpr std::size_t kPlainHeader = 60;  // a plain header value that needs no folding

bool is_printable(char c) { return c >= 0x20 && c <= 0x7E; }

std::string part(std::string_view boundary, std::string_view type, std::string_view text) {
  return fmt::format(
      "--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n", boundary,
      type, quoted_printable(text));
}

}  // namespace

bool is_address(std::string_view text) {
  if (text.size() > 254) return false;
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || at != text.rfind('@') || at > 64)
    return false;
  if (text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_printable(c) && c != ' ' && std::string_view("\"(),:;<>[\\]").find(c) == std::string_view::npos;
  });
}

std::string encode_header(std::string_view text) {
  if (text.size() <= kPlainHeader && std::all_of(text.begin(), text.end(), is_printable) &&
      text.find("=?") == std::string_view::npos)
    return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t take = std::min(text.size(), kWordBytes);
    // No character is cut in two: each word is decoded by itself.
    while (take > 1 && take < text.size() && (static_cast<unsigned char>(text[take]) & 0xC0U) == 0x80) --take;
    if (!out.empty()) out += "\r\n ";
    out += "=?utf-8?B?" + text::to_base64(text.substr(0, take)) + "?=";
    text.remove_prefix(take);
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  const auto put = [&](std::string_view piece) {
    if (column + piece.size() > kLine - 1) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool begins_line = column == 0 || column + 1 > kLine - 1;  // also behind a soft break
    // Blanks at the end of a line get lost on the way, and a lone dot ends a mail.
    if ((is_printable(c) && c != '=' && !(c == ' ' && ends_line) && !(c == '.' && begins_line)) ||
        (c == '\t' && !ends_line)) {
      put(std::string_view(&c, 1));
    } else {
      put(fmt::format("={:02X}", static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string compose(const Message& message, const Envelope& envelope) {
  std::string date = to_http_date(envelope.date);
  date.replace(date.size() - 3, 3, "+0000");
  return fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}>\r\nAuto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n{}{}--{}--\r\n",
      date, envelope.from, message.to, encode_header(message.subject), envelope.id, envelope.boundary,
      part(envelope.boundary, "text/plain", message.text), part(envelope.boundary, "text/html", message.html),
      envelope.boundary);
}

}  // namespace maestro::mail
