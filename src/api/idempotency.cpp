#include "api/idempotency.h"

#include "api/services.h"
#include "api/violations.h"
#include "base/crypto.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Object;

constexpr const char* kHeader = "Idempotency-Key";
constexpr std::size_t kMaxKey = 200;
constexpr std::size_t kForgotten = 100;  // expired answers that each new one removes
constexpr auto kKept = std::chrono::hours(24);
constexpr const char* kHeaders[] = {"Location", "ETag"};  // of a creation

Result<std::string> read_key(const http::Request& request) {
  std::optional<std::string> key;
  bool is_good = true;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!text::iequals(name, kHeader)) continue;
    is_good = !key && !value.empty() && value.size() <= kMaxKey &&
              std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
    key = value;
    if (!is_good) break;
  }
  if (is_good) return key.value_or("");
  Violations violations;
  violations.add(kHeader, fmt::format("must be one text of 1 to {} printable characters", kMaxKey), "string.pattern");
  return violations.error();
}

/// Of everything that makes the request what it is. Keyed, because bodies may hold passwords that can be guessed.
std::string hash_of(const Call& call) {
  std::string text =
      fmt::format("{} {}\n{}\n", http::method_name(call.request.method), call.route->pattern, call.request.query);
  if (call.route->as_team) text += call.context.actor.principal.id.hex() + "\n";
  for (const std::string& param : call.params) text += fmt::format("{}:{}\n", param.size(), param);
  text += call.request.body;
  return crypto::hmac_sha256("idempotency " + call.services.private_secret, text);
}

}  // namespace

Result<std::optional<Answer>> kept_answer(Call& call) {
  TRY_ASSIGN(call.idempotency_key, read_key(call.request));
  if (call.idempotency_key.empty()) return std::optional<Answer>();
  TRY_ASSIGN(const auto kept,
             call.services.store.requests().find(call.context, call.context.actor.author(), call.idempotency_key));
  if (!kept) return std::optional<Answer>();
  if (!crypto::equal(kept->hash, hash_of(call))) {
    return Error{.code = Code::kInvalid,
                 .message = "This Idempotency-Key was used for another request",
                 .wire_name = "IdempotencyError"};
  }
  // What was done with a document is told again to nobody who may not see it any more.
  if (!call.params.empty()) {
    TRY_ASSIGN(const ObjectId id, call.id(0));
    TRY(call.services.inventory.get(call.context, call.entity(), id));
  }
  const json::Value value = json::parse_trusted(kept->body);
  const Object& stored = value.get_object();
  Answer answer{.status = kept->status, .body = std::string(json::text_or(stored, "body"))};
  for (const char* name : kHeaders)
    if (const auto text = json::text_or(stored, name); !text.empty()) answer.headers.set(name, std::string(text));
  answer.headers.set("Idempotency-Replayed", "true");
  return std::optional(std::move(answer));
}

Result<void> keep_answer(const Call& call, store::Transaction& tx, const Answer& answer) {
  if (call.idempotency_key.empty()) return {};
  Object stored{{"body", answer.body}};
  for (const char* name : kHeaders)
    if (const std::string* text = answer.headers.find(name)) stored[name] = *text;
  auto& requests = call.services.store.requests();
  TRY(requests.forget_expired(tx, kForgotten));
  return requests.remember(
      tx, call.context.actor.author(), call.idempotency_key,
      {.hash = hash_of(call), .status = answer.status, .body = json::write(stored), .expires = tx.now() + kKept});
}

}  // namespace maestro::api
