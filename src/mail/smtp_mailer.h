// The Mailer of an SMTP server.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mail/mailer.h"

namespace maestro::mail {

struct SmtpOptions {
  std::string host;
  int port = 0;
  std::string sender;
  std::string username = {};  ///< empty: no login
  std::string password = {};
  bool implicit_tls = false;  ///< TLS from the first byte
  /// Speaks plainly although the server offers STARTTLS. Otherwise STARTTLS is used when it is offered, and must be
  /// offered when there is a password to send.
  bool ignore_starttls = false;
  Millis timeout{15'000};
};

/// Why these options send no mail; nullopt when they do.
std::optional<std::string> why_off(const SmtpOptions& options);

/// Connects for each mail: they are rare. `options` must be complete; `clock` must outlive the mailer.
std::unique_ptr<Mailer> make_smtp_mailer(SmtpOptions options, const Clock& clock);

}  // namespace maestro::mail
