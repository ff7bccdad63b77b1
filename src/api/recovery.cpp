#include "api/recovery.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "auth/token.h"
#include "base/crypto.h"
#include "base/text.h"

namespace maestro::api {
namespace {

constexpr std::int64_t kTokenSeconds = 3600;

/// A digest of what a token must not outlive. Keyed: a token tells nothing about the password's hash.
std::string state_of(const Recovery& recovery, const store::Document& user,
                     const store::Vault::Credential& credential) {
  return text::to_base64url(crypto::hmac_sha256(
      recovery.secret, fmt::format("{}\n{}\n{}\n{}", user.id.hex(), json::text_or(user.body, "email"),
                                   credential.version, credential.hash)));
}

Error refused() {
  Error error = conflict("The link is not valid any more");
  error.details_json = "{}";
  return error;
}

Result<json::Object> open(const Recovery& recovery, std::string_view token, Time now) {
  auto claims = auth::open_token(recovery.secret, token, now);
  if (!claims.ok() || json::text_or(*claims, "use") != "recovery" || !claims->contains("exp")) return refused();
  return claims;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> origin_of(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (parsed.has_error()) return std::nullopt;
  const boost::urls::url_view& view = *parsed;
  const std::string scheme = text::lower(view.scheme());
  if (!view.has_authority() || view.has_userinfo() || view.encoded_host().empty()) return std::nullopt;
  // The parser takes what follows a port, an IPv4 address or "[...]" for a path: browsers do not, and go to
  // http://10.0.0.5.evil.example when that was asked for.
  if (!view.encoded_path().empty() && view.encoded_path().front() != '/') return std::nullopt;
  const std::string host = text::lower(view.encoded_host());
  if (host.find('%') != std::string::npos) return std::nullopt;
  std::string port(view.port());
  if ((scheme == "http" && port == "80") || (scheme == "https" && port == "443")) port.clear();
  return fmt::format("{}://{}{}{}", scheme, host, port.empty() ? "" : ":", port);
}

std::string make_recovery_token(const Recovery& recovery, const store::Document& user,
                                const store::Vault::Credential& credential, Time now) {
  return auth::sign_token(recovery.secret, {{"use", "recovery"},
                                            {"sub", user.id.hex()},
                                            {"jti", text::to_base64url(crypto::random_bytes(16))},
                                            {"exp", to_ms(now) / 1000 + kTokenSeconds},
                                            {"state", state_of(recovery, user, credential)}});
}

Result<ObjectId> recovery_user(const Recovery& recovery, std::string_view token, Time now) {
  TRY_ASSIGN(const json::Object claims, open(recovery, token, now));
  const auto user = ObjectId::parse(json::text_or(claims, "sub"));
  return user ? Result<ObjectId>(*user) : Result<ObjectId>(refused());
}

bool is_current(const Recovery& recovery, std::string_view token, const store::Document& user,
                const store::Vault::Credential& credential, Time now) {
  const auto claims = open(recovery, token, now);
  return claims.ok() && json::text_or(*claims, "sub") == user.id.hex() &&
         crypto::equal(json::text_or(*claims, "state"), state_of(recovery, user, credential));
}

std::string recovery_link(std::string_view callback_url, std::string_view token) {
  return fmt::format("{}{}token={}", callback_url, callback_url.find('?') == std::string_view::npos ? '?' : '&', token);
}

mail::Message recovery_mail(std::string to, const std::string& link) {
  mail::Message mail{.to = std::move(to), .subject = "Maestro Server - Recovery Password", .text = {}, .html = {}};
  mail.text = fmt::format(
      "Recovery password - Maestro Server\n\nHi,\n\nSomebody, probably you, asked for a new password for your account. "
      "Open this page within an hour to choose one:\n\n{}\n\nIf it was not you, ignore this mail: your password stays "
      "as "
      "it is.\n\nThanks\n",
      link);
  mail.html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Recovery password</title></head>\n"
      "<body style=\"font-family: sans-serif; color: #222\">\n<h2>Recovery password - Maestro Server</h2>\n<p>Hi,</p>\n"
      "<p>Somebody, probably you, asked for a new password for your account. Open this page within an hour to choose "
      "one:</p>\n<p><a href=\"{0}\" style=\"display: inline-block; padding: 10px 16px; background: #1f5fbf; color: "
      "#fff; text-decoration: none\">Create a new password</a></p>\n<p>If it was not you, ignore this mail: your "
      "password stays as it is.</p>\n<p>Thanks</p>\n</body>\n</html>\n",
      escape_html(link));
  return mail;
}

}  // namespace maestro::api
