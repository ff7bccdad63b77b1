#include "api/identity.h"

#include "api/dispatch.h"
#include "api/services.h"
#include "base/text.h"

namespace maestro::api {
namespace {

std::optional<std::string_view> cookie(const http::Request& request, std::string_view name) {
  const std::string* header = request.headers.find("Cookie");
  if (header == nullptr) return std::nullopt;
  for (const auto part : text::split(*header, ';')) {
    const auto pair = text::trim(part);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

/// A cookie travels with requests that other sites cause; it counts only when this origin's page sent the request.
bool is_same_origin(const http::Request& request) {
  if (request.headers.find("Sec-Fetch-Site") != nullptr || request.headers.find("Origin") != nullptr)
    return !is_cross_site(request);
  // Neither header: no browser of today, or a plain GET of an old one.
  return request.method == http::Method::kGet || request.method == http::Method::kHead;
}

struct Credentials {
  std::string_view text;
  bool api_token = false;
};

Result<Credentials> read_credentials(const http::Request& request) {
  const std::string* header = request.headers.find("Authorization");
  if (header == nullptr) {
    const auto session = cookie(request, kSessionCookie);
    if (!session || session->empty()) return unauthenticated("Not signed in");
    if (!is_same_origin(request)) return unauthenticated("The session cookie came from another site");
    return Credentials{*session, false};
  }
  const auto space = header->find(' ');
  if (space == std::string::npos) return unauthenticated("Not signed in");
  const auto scheme = std::string_view(*header).substr(0, space);
  const auto word = text::trim(std::string_view(*header).substr(space + 1));
  const bool api_token = word.starts_with(auth::ApiTokens::kPrefix);
  // As the original, a session is none under Bearer.
  if (word.empty() || !(text::iequals(scheme, "JWT") || (api_token && text::iequals(scheme, "Bearer"))))
    return unauthenticated("Not signed in");
  return Credentials{word, api_token};
}

Result<Actor> actor_of(const Services& services, const Context& context, std::string_view text, bool api_token) {
  return api_token ? services.api_tokens.authenticate(context, text) : services.sessions.authenticate(context, text);
}

}  // namespace

bool is_cross_site(const http::Request& request) {
  if (const std::string* site = request.headers.find("Sec-Fetch-Site"))
    return *site != "same-origin" && *site != "none";
  const std::string* origin = request.headers.find("Origin");
  if (origin == nullptr) return false;
  const auto scheme = origin->find("://");
  return scheme == std::string::npos ||
         !text::iequals(std::string_view(*origin).substr(scheme + 3), request.local_host);
}

Result<Actor> identify(const Call& call) {
  TRY_ASSIGN(const Credentials sent, read_credentials(call.request));
  return actor_of(call.services, call.context, sent.text, sent.api_token);
}

std::optional<auth::Recall::Known> recall(const Call& call) {
  if (!call.route->only_reads || call.route->auth != Auth::kUser) return std::nullopt;
  const auto sent = read_credentials(call.request);
  if (!sent.ok()) return std::nullopt;
  return sent->api_token ? call.services.api_tokens.recall(sent->text) : call.services.sessions.recall(sent->text);
}

Result<void> check_reach(const Call& call) {
  const Actor& actor = call.context.actor;
  if (!actor.token) return {};
  if (call.route->person_only) return forbidden("An API token cannot do this: sign in");
  const bool reads = call.request.method == http::Method::kGet || call.request.method == http::Method::kHead;
  return actor.reads_only && !reads ? Result<void>(forbidden("This API token may only read")) : Result<void>();
}

std::function<bool()> still_signed_in(const Call& call) {
  const auto sent = read_credentials(call.request);
  if (!sent.ok()) return [] { return false; };
  return [&services = call.services, text = std::string(sent->text), api_token = sent->api_token] {
    return actor_of(services, {}, text, api_token).ok();
  };
}

}  // namespace maestro::api
