// MIME: a message as the bytes that travel. Pure.
#pragma once

#include <string>

#include "base/time.h"
#include "mail/mailer.h"

namespace maestro::mail {

/// What the sender adds.
struct Envelope {
  std::string from;
  Time date;
  std::string id;        ///< of Message-ID, without brackets
  std::string boundary;  ///< in neither text
};

/// multipart/alternative with CRLF lines of at most 78 bytes, ASCII alone. Nothing in the message can add a header: the
/// subject is encoded unless it is plain ASCII; the addresses must have passed is_address().
std::string compose(const Message& message, const Envelope& envelope);

/// One header value as RFC 2047 wants it.
std::string encode_header(std::string_view text);
/// RFC 2045 6.7, with CRLF at the end of lines whatever the text has.
std::string quoted_printable(std::string_view text);

}  // namespace maestro::mail
