#include "provider/openstack/keystone.h"

#include <fmt/format.h>

#include "base/text.h"
#include "provider/session.h"
#include "provider/shape.h"

namespace maestro::provider::openstack {

namespace {

constexpr Millis kMargin{120'000};

/// Ids that Keystone makes are 32 hex digits; forms take a name in the same field.
bool is_id(std::string_view word) {
  std::size_t digits = 0;
  for (const char c : word) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
      ++digits;
    else if (c != '-')
      return false;
  }
  return digits == 32;
}

json::Object domain_of(std::string_view word) {
  json::Object domain;
  // "default" is the id of the domain whose name is "Default".
  if (word.empty())
    domain["id"] = "default";
  else
    domain[is_id(word) || word == "default" ? "id" : "name"] = word;
  return domain;
}

std::string first_text(const json::Object& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::string_view value = json::text_or(object, name);
    if (!text::trim(value).empty()) return std::string(value);
  }
  return {};
}

}  // namespace

std::string fault_message(std::string_view body) {
  const auto parsed = json::parse(body.substr(0, 1U << 20), {.max_bytes = 1U << 20, .max_depth = 16});
  if (!parsed || !parsed->is_object()) return {};
  for (const auto& member : parsed->get_object()) {
    const json::Object* fault = member.value().if_object();
    if (fault != nullptr && !json::text_or(*fault, "message").empty())
      return one_line(json::text_or(*fault, "message"));
  }
  return {};
}

std::string keystone_base(std::string_view url) {
  std::string base(text::trim(url));
  const auto strip = [&base](std::string_view tail) {
    if (!base.ends_with(tail)) return false;
    base.erase(base.size() - tail.size());
    return true;
  };
  while (strip("/")) {
  }
  strip("/auth/tokens");
  while (strip("/")) {
  }
  strip("/v3") || strip("/v2.0");
  while (strip("/")) {
  }
  return base;
}

Keystone::Keystone(const Connection& connection, Transport& transport)
    : transport_(transport), base_(keystone_base(connection.url)) {
  const json::Object& given = connection.credentials;
  json::Object identity;
  const std::string application = first_text(given, {"application_credential_id"});
  by_application_ = !application.empty();
  if (by_application_) {
    json::Object credential;
    credential["id"] = std::string(text::trim(application));
    credential["secret"] = first_text(given, {"application_credential_secret"});
    identity["methods"] = json::Array{"application_credential"};
    identity["application_credential"] = std::move(credential);
    auth_["identity"] = std::move(identity);  // the credential is bound to its project: no scope is given
    return;
  }
  const std::string domain = connection.user_domain_id.empty()
                                 ? first_text(given, {"user_domain_id", "user_domain_name"})
                                 : connection.user_domain_id;
  json::Object user;
  user["name"] = std::string(text::trim(json::text_or(given, "username")));
  user["domain"] = domain_of(text::trim(domain));
  user["password"] = first_text(given, {"password"});
  json::Object password;
  password["user"] = std::move(user);
  identity["methods"] = json::Array{"password"};
  identity["password"] = std::move(password);
  auth_["identity"] = std::move(identity);

  const std::string_view project_word = text::trim(connection.project);
  if (project_word.empty()) return;
  json::Object project;
  if (is_id(project_word)) {
    project["id"] = project_word;
  } else {
    const std::string project_domain = first_text(given, {"project_domain_id", "project_domain_name"});
    project["name"] = project_word;
    project["domain"] = domain_of(text::trim(project_domain.empty() ? domain : project_domain));
  }
  json::Object scope;
  scope["project"] = std::move(project);
  auth_["scope"] = std::move(scope);
}

std::string Keystone::sign_in_body() const {
  json::Object body;
  body["auth"] = auth_;
  return json::write(body);
}

bool Keystone::reached() const {
  const std::lock_guard lock(mutex_);
  return reached_;
}

void Keystone::forget(const Token& token) {
  const std::lock_guard lock(mutex_);
  if (token_ && token_->value == token.value) token_.reset();
}

Result<std::shared_ptr<const Token>> Keystone::token(const Context& context) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
    if (token_ && token_->expires - kMargin > now) return token_;
    if (!signing_in_) break;
    if (context.stopped()) return unavailable("Stopped while another call was signing in");
    signed_in_.wait_for(lock, context.stop, Millis(500), [this] { return !signing_in_; });
  }
  signing_in_ = true;
  lock.unlock();
  bool reached = false;
  auto token = sign_in(context, reached);
  lock.lock();
  signing_in_ = false;
  reached_ = reached;
  if (token) token_ = *token;
  signed_in_.notify_all();
  return token;
}

Result<std::shared_ptr<const Token>> Keystone::sign_in(const Context& context, bool& reached) const {
  const HttpCall call{.method = "POST",
                      .url = base_ + "/v3/auth/tokens",
                      .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
                      .body = sign_in_body()};
  TRY_ASSIGN(const HttpAnswer answer, transport_.send(context, call));
  reached = true;
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  const auto failed = [&](Code code, std::string_view advice) {
    std::string said = fault_message(answer.body);
    if (said.empty()) said = fmt::format("status {}", answer.status);
    if (said.back() != '.') said += '.';
    return Error{.code = code,
                 .message = fmt::format("Signing in at {} failed: {}{}", base_, said, advice),
                 .details_json = {},
                 .wire_name = {},
                 .retry_after_ms = retry_after_ms(answer, now)};
  };
  if (answer.status == 401) {
    return failed(Code::kUnauthenticated,
                  by_application_
                      ? " Check the id and the secret of the application credential, and that it has not expired."
                      : " Check the user name, the password, the domain and the project.");
  }
  if (answer.status == 403) return failed(Code::kForbidden, " The user may not use this project.");
  if (answer.status == 404) return failed(Code::kInvalid, " There is no Keystone v3 at this address.");
  if (answer.status == 413 || answer.status == 429) return failed(Code::kThrottled, "");
  if (answer.status >= 500) return failed(Code::kUnavailable, "");
  const std::string* value = answer.header("x-subject-token");
  if (answer.status != 201 && answer.status != 200)
    return failed(Code::kInvalid, " Check the address and the form's values.");
  const auto parsed = json::parse(answer.body, {.max_bytes = kMaxAnswerBytes, .max_depth = kMaxAnswerDepth});
  const json::Value* body = parsed ? json::find(*parsed, "token") : nullptr;
  if (value == nullptr || value->empty() || body == nullptr || !body->is_object()) {
    return Error{.code = Code::kInvalid,
                 .message = fmt::format("{} answered, but not as a Keystone v3 does: check the address", base_)};
  }
  auto token = std::make_shared<Token>();
  token->value = *value;
  if (const auto expires = parse_iso(json::text_or(body->get_object(), "expires_at"))) token->expires = *expires;
  if (const json::Value* project = json::find(*body, "project"); project != nullptr && project->is_object()) {
    token->project_id = json::text_or(project->get_object(), "id");
    token->project_name = json::text_or(project->get_object(), "name");
  }
  const json::Value* catalog = json::find(*body, "catalog");
  if (catalog != nullptr && catalog->is_array()) {
    for (const json::Value& service : catalog->get_array()) {
      const json::Value* endpoints = json::find(service, "endpoints");
      if (endpoints == nullptr || !endpoints->is_array()) continue;
      for (const json::Value& one : endpoints->get_array()) {
        const json::Object* endpoint = one.if_object();
        if (endpoint == nullptr || json::text_or(*endpoint, "interface") != "public") continue;
        Endpoint out;
        out.type = json::text_or(service.get_object(), "type");
        out.region = json::text_or(*endpoint, "region_id", json::text_or(*endpoint, "region"));
        out.url = json::text_or(*endpoint, "url");
        while (out.url.ends_with('/')) out.url.pop_back();
        token->endpoints.push_back(std::move(out));
      }
    }
  }
  return std::shared_ptr<const Token>(std::move(token));
}

}  // namespace maestro::provider::openstack
