#include "siblings/siblings.h"

#include "auth/token.h"

namespace maestro::siblings {
namespace {

constexpr const char* kWords[kServices] = {"DISCOVERY", "REPORT", "ANALYTICS", "AUDIT"};

Error http_error(std::string message) {
  return {.code = Code::kUnavailable, .message = std::move(message), .wire_name = "HTTPError"};
}

std::string words_of(const json::Value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::write(value);
}

}  // namespace

const char* word(Service service) { return kWords[static_cast<std::size_t>(service)]; }

Error disabled(Service service) {
  return {.code = Code::kUnavailable,
          .message = std::string(word(service)) + " service was disabled",
          .wire_name = "ServiceDisabledError"};
}

std::string private_token(const std::string& secret, const std::string& noauth, const std::string& version) {
  return auth::sign_token(secret, {{"app", "server-app"}, {"version", version}, {"noauth", noauth}});
}

std::string refusal(const json::Value& answer) {
  const json::Object* object = answer.if_object();
  if (object == nullptr) return {};
  if (const json::Value* message = object->if_contains("message")) {
    std::string out;
    if (const json::Object* fields = message->if_object()) {
      for (const auto& member : *fields) out += " " + words_of(member.value());
    } else if (const json::Array* list = message->if_array()) {
      for (const auto& one : *list) out += " " + words_of(one);
    } else {
      out = words_of(*message);
    }
    if (!out.empty()) return out;
  }
  for (const char* key : {"errors", "error"})
    if (const json::Value* value = object->if_contains(key)) return words_of(*value);
  return {};
}

provider::HttpCall json_call(std::string_view method, std::string_view path, const json::Value* body) {
  provider::HttpCall call{.method = std::string(method),
                          .url = std::string(path),
                          .headers = {{"Accept", "application/json, text/plain, */*"}}};
  if (body != nullptr) {
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = json::write(*body);
  }
  return call;
}

Siblings::Place Siblings::place(Service service) const {
  if (peer(service).disabled) return Place::kDisabled;
  return peer(service).uri.empty() ? Place::kHere : Place::kElsewhere;
}

Result<provider::HttpAnswer> Siblings::send(const Context& context, Service service,
                                            const provider::HttpCall& call) const {
  if (place(service) != Place::kElsewhere) return disabled(service);
  provider::HttpCall whole = call;
  std::string base = peer(service).uri;
  while (base.ends_with('/')) base.pop_back();
  whole.url = base + call.url;
  whole.headers.emplace_back("Authorization", "JWT " + parts_.token);
  return parts_.transport->send(context, whole);
}

Result<provider::HttpAnswer> Siblings::fetch(const Context& context, Service service,
                                             const provider::HttpCall& call) const {
  if (place(service) != Place::kElsewhere) return disabled(service);
  const auto answer = send(context, service, call);
  if (!answer.ok())
    return http_error(fmt::format("The {} service cannot be reached: {}", word(service), answer.error().message));
  if (answer->status < 400) return *answer;
  const auto body = json::parse(answer->body);
  const std::string said = body.ok() ? refusal(*body) : std::string();
  return http_error(said.empty() ? fmt::format("Request failed with status code {}", answer->status) : said);
}

Result<json::Value> Siblings::call(const Context& context, Service service, const std::string& method,
                                   const std::string& path, const json::Value* body) const {
  TRY_ASSIGN(const auto answer, fetch(context, service, json_call(method, path, body)));
  if (answer.body.empty()) return json::Value(json::Object{});
  auto parsed = json::parse(answer.body);
  if (!parsed.ok()) return http_error(fmt::format("The {} service answered something that is no JSON", word(service)));
  return parsed;
}

}  // namespace maestro::siblings
