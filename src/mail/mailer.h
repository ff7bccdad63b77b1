// Mailer: sends one mail. Port: the real one speaks SMTP.
#pragma once

#include <string>
#include <string_view>

#include "base/context.h"
#include "base/result.h"

namespace maestro::mail {

/// Texts are UTF-8. Both forms say the same: which one is shown is the reader's choice.
struct Message {
  std::string to;
  std::string subject;
  std::string text;
  std::string html;
};

/// Thread-safe.
class Mailer {
 public:
  virtual ~Mailer() = default;
  /// Blocks until the server has taken the mail, the context's deadline or stop, or a time-out. kInvalid: `to` is no
  /// address that a header can carry. kUnavailable: the server could not be reached or refused.
  virtual Result<void> send(const Context&, const Message&) = 0;
};

/// True for one address that can stand in a header and in an SMTP command: printable ASCII, one '@', no blanks, quotes,
/// brackets, commas or control characters.
bool is_address(std::string_view text);

}  // namespace maestro::mail
