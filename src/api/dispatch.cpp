#include "api/dispatch.h"

#include "api/errors.h"
#include "api/idempotency.h"
#include "api/identity.h"
#include "api/metrics.h"
#include "api/principals.h"
#include "api/services.h"
#include "auth/token.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/multipart.h"
#include "http/query.h"
#include "http/server.h"
#include "model/validate.h"

namespace maestro::api {
namespace {

constexpr Millis kDeadline{30'000};

void add_cors(http::Headers& headers) {
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Access-Control-Allow-Methods", "GET,PUT,POST,DELETE,PATCH");
  // The wildcard does not cover Authorization: it is named.
  headers.set("Access-Control-Allow-Headers",
              "Authorization, Content-Type, Accept, X-Request-Id, If-None-Match, If-Match, Idempotency-Key");
  headers.set("Access-Control-Expose-Headers", "ETag, Location, Retry-After, X-Request-Id, Idempotency-Replayed");
}

http::Reply to_reply(Answer answer) {
  http::Reply reply;
  reply.status = answer.status;
  reply.headers = std::move(answer.headers);
  if (!answer.content_type.empty() && answer.status != 204 && answer.status != 304)
    reply.headers.set("Content-Type", answer.content_type);
  reply.body = std::move(answer.body);
  reply.static_body = answer.static_body;
  reply.events = std::move(answer.events);
  reply.source = std::move(answer.source);
  add_cors(reply.headers);
  reply.headers.set("X-Content-Type-Options", "nosniff");
  return reply;
}

Result<json::Value> read_form(std::string_view encoded) {
  // Whoever sends more would lose the rest without a word.
  if (http::count_pairs(encoded) > http::kMaxPairs)
    return invalid(fmt::format("The form has more than {} fields", http::kMaxPairs));
  return json::Value(http::parse_form(encoded));
}

/// JSON (object or array only), form, or multipart fields as an object of texts.
Result<json::Value> parse_body(const http::Request& request) {
  if (request.body.empty()) return json::Value();
  const std::string* header = request.headers.find("Content-Type");
  const std::string type = header == nullptr ? "" : text::lower(text::trim(text::split(*header, ';')[0]));
  if (type == "application/x-www-form-urlencoded") return read_form(request.body);
  if (type == "multipart/form-data") {
    TRY_ASSIGN(auto parts, http::parse_multipart(*header, request.body));
    // Names nest and repeat here as they do in the other kind of form.
    const auto encoded = [](std::string word) { return text::percent_encode(text::to_utf8(std::move(word))); };
    std::vector<std::string> fields;
    for (auto& part : parts)
      if (part.filename.empty())
        fields.push_back(encoded(std::move(part.name)) + "=" + encoded(std::string(part.data)));
    return read_form(text::join(fields, "&"));
  }
  // Old scripts send JSON without saying so; of another type, what is none is no body.
  const bool says_json = type == "application/json" || type.empty();
  auto parsed = json::parse(request.body, {.max_bytes = request.body.size()});  // the listener has set the limit
  if (parsed.ok() && (parsed->is_object() || parsed->is_array())) return parsed;
  if (!says_json) return json::Value();
  if (!parsed.ok()) return std::move(parsed).error();
  return invalid("Malformed JSON: the body must be an object or an array");
}

Result<void> authenticate(Call& call) {
  switch (call.route->auth) {
    case Auth::kPublic:
      return {};
    case Auth::kUser: {
      TRY_ASSIGN(call.context.actor, identify(call));
      return {};
    }
    case Auth::kPeer:
    case Auth::kService: {
      const std::string* header = call.request.headers.find("Authorization");
      const auto space = header == nullptr ? std::string::npos : header->find(' ');
      if (space == std::string::npos) return unauthenticated("The private token is missing");
      if (call.route->auth == Auth::kPeer && !text::iequals(std::string_view(*header).substr(0, space), "JWT"))
        return unauthenticated("The private token comes as JWT");
      TRY_ASSIGN(const json::Object claims,
                 auth::open_token(call.services.private_secret, text::trim(std::string_view(*header).substr(space + 1)),
                                  call.services.clock.now()));
      if (!crypto::equal(json::text_or(claims, "noauth"), call.services.noauth)) {
        return call.route->auth == Auth::kPeer ? forbidden("Invalid token") : unauthenticated("Unauthorized");
      }
      call.context.actor.principal = {Principal::Kind::kSystem, {}};
      call.context.actor.name = "service";
      return {};
    }
  }
  return internal("unknown kind of authentication");
}

std::string_view opaque(std::string_view tag) {
  tag = text::trim(tag);
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

/// A handler that knows a better tag has set it; every other answer is told apart by its bytes.
void add_etag(const http::Request& request, Answer& answer) {
  const std::string* own = answer.headers.find("ETag");
  if (own == nullptr) {
    if (!answer.etag || (answer.status != 200 && answer.status != 201) || answer.body.empty()) return;
    answer.headers.set("ETag",
                       fmt::format("W/\"{:x}-{:x}\"", answer.body.size(), std::hash<std::string>()(answer.body)));
    own = answer.headers.find("ETag");
  }
  if (answer.status != 200 || (request.method != http::Method::kGet && request.method != http::Method::kHead)) return;
  const std::string* known = request.headers.find("If-None-Match");
  if (known == nullptr) return;
  for (const auto part : text::split(*known, ',')) {
    if (text::trim(part) == "*" || opaque(part) == opaque(*own)) {
      answer.status = 304;
      answer.body.clear();
      return;
    }
  }
}

Answer options_answer(const Router::Match& match) {
  std::vector<std::string> names;
  for (const http::Method method : match.allowed) {
    names.emplace_back(http::method_name(method));
    if (method == http::Method::kGet) names.emplace_back("HEAD");
  }
  const std::string list = text::join(names, ",");
  Answer answer{.body = list, .content_type = "text/html; charset=utf-8", .etag = false};
  answer.headers.set("Allow", list);
  return answer;
}

/// The handler, or what it has answered to the same request before.
Result<Answer> handle_once(Call& call) {
  if (!call.route->keeps_answer) return call.route->handler(call);
  TRY_ASSIGN(auto kept, kept_answer(call));
  if (kept) return std::move(*kept);
  auto answer = call.route->handler(call);
  if (answer.ok() || answer.error().code != Code::kConflict || call.idempotency_key.empty()) return answer;
  // The same request may have come twice at once: then the other one has the answer by now.
  TRY_ASSIGN(kept, kept_answer(call));
  return kept ? Result<Answer>(std::move(*kept)) : std::move(answer);
}

/// What the call's actor is answered.
Answer answer_actor(Call& call, const Wording& wording, bool original) {
  const std::string& id = call.request.request_id;
  if (auto reach = check_reach(call); !reach.ok()) return error_answer(reach.error(), original, id);
  if (auto stands = take_standpoint(call); !stands.ok()) return error_answer(stands.error(), original, id);
  auto answer = handle_once(call);
  if (!answer.ok()) return wording.error(answer.error(), original, id);
  add_etag(call.request, *answer);
  return std::move(*answer);
}

/// `remembers`: who has asked before is not asked for again where what is read vouches for it.
Answer handle(Services& services, const Router& router, const Wording& wording, const http::Request& request,
              bool remembers = true) {
  auto match = router.match(request.method, request.path);
  if (request.method == http::Method::kOptions) {
    if (request.headers.find("Access-Control-Request-Method") != nullptr) return empty_answer(204);
    return match.allowed.empty() ? wording.no_route() : options_answer(match);
  }
  Call call{.request = request,
            .services = services,
            .route = match.route,
            .context = {},
            .params = std::move(match.params),
            .query = {},
            .body = {}};
  call.context.request_id = request.request_id;
  call.context.deadline = services.clock.now() + kDeadline;
  call.context.stop = request.stop;
  const bool original = match.route == nullptr || match.route->original;

  // As the original: a body that cannot be read is refused before anything else is looked at.
  const bool takes_file = match.route != nullptr && match.route->takes_file;
  auto body = takes_file ? Result<json::Value>(json::Value()) : parse_body(request);
  if (!body.ok()) {
    Answer answer = wording.error(body.error(), original, request.request_id);
    answer.status = 400;
    return answer;
  }
  call.body = std::move(*body);
  if (match.route == nullptr) return wording.no_route();
  call.query = http::parse_nested(request.query);
  if (const auto recalled = remembers ? recall(call) : std::nullopt) {
    call.context.actor = recalled->actor;
    const auto identity = call.context.identity = std::make_shared<Assumption>(recalled->stamp);
    Answer answer = answer_actor(call, wording, original);
    if (identity->holds()) return answer;
    const auto actor = identify(call);
    return actor.ok() && *actor == recalled->actor ? std::move(answer)
                                                   : handle(services, router, wording, request, false);
  }
  if (auto known = authenticate(call); !known.ok()) {
    // A signed-in person whose account is gone is told so with 400 on every route (spec 1.1).
    return wording.error(known.error(), true, request.request_id);
  }
  return answer_actor(call, wording, original);
}

}  // namespace

std::function<http::Reply(http::Request&)> make_handler(Services& services, const Router& router,
                                                        const Wording& wording) {
  return [&services, &router, wording](http::Request& request) {
    try {
      return to_reply(handle(services, router, wording, request));
    } catch (const std::exception& error) {
      return to_reply(wording.error(internal(error.what()), true, request.request_id));
    }
  };
}

std::function<std::size_t(const http::Request&)> make_pool_chooser(const Router& router) {
  return [&router](const http::Request& request) -> std::size_t {
    const auto match = router.match(request.method, request.path);
    if (match.route == nullptr) return static_cast<std::size_t>(Pool::kInteractive);
    return match.route->pool == Pool::kInline ? http::kInline : static_cast<std::size_t>(match.route->pool);
  };
}

std::function<std::size_t(const http::Request&)> make_body_limit(const Services& services, const Router& router,
                                                                 std::size_t usual) {
  return [&services, &router, usual](const http::Request& request) {
    const auto match = router.match(request.method, request.path);
    if (match.route == nullptr) return usual;
    return upload_body_limit(services.uploads, *match.route, request, services.clock.now()).value_or(usual);
  };
}

http::Reply transport_error(int status, std::string_view reason, const std::string& request_id) {
  const char* name = status == 503   ? "UnavailableError"
                     : status == 422 ? "ValidatorError"
                     : status == 408 ? "TimeoutError"
                                     : "RequestError";
  Answer answer = json_answer(
      status, json::Object{{"err", json::Object{{"name", name}, {"errors", reason}, {"request_id", request_id}}}});
  answer.etag = false;
  if (status == 503) answer.headers.set("Retry-After", "1");
  return to_reply(std::move(answer));
}

Answer json_answer(int status, const json::Object& body) { return {.status = status, .body = json::write(body)}; }
Answer json_answer(int status, const json::Value& body) { return {.status = status, .body = json::write(body)}; }

Answer empty_answer(int status) {
  Answer answer{.status = status, .etag = false};
  if (status == 204) answer.content_type.clear();
  return answer;
}

Answer untagged(Answer answer) {
  answer.etag = false;
  return answer;
}

const model::Entity& Call::entity() const { return *route->entity; }

Result<ObjectId> Call::id(std::size_t index) const {
  if (const auto id = ObjectId::parse(params.at(index))) return *id;
  // A word of 12 letters was a valid id for the original: "autocomplete" is then simply not found.
  if (params.at(index).size() == 12) return inventory::not_there();
  return inventory::bad_id(params.at(index));
}

Result<json::Object> Call::object() const {
  if (body.is_null()) return json::Object();
  if (!body.is_object()) return model::violation({}, "must be an object", "object.base");
  return body.get_object();
}

Result<std::int64_t> Call::number(std::string_view name, std::int64_t fallback, std::int64_t min,
                                  std::int64_t max) const {
  const json::Value* value = query.if_contains(name);
  if (value == nullptr) return fallback;
  const std::string chars = json::scalar_text(*value);
  std::int64_t number = 0;
  std::size_t used = 0;
  try {
    number = std::stoll(chars, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != chars.size() || number < min || number > max)
    return invalid(fmt::format("\"{}\" must be a whole number from {} to {}", name, min, max));
  return number;
}

}  // namespace maestro::api
