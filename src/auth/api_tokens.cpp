#include "auth/api_tokens.h"

#include "auth/account_history.h"
#include "base/crypto.h"

namespace maestro::auth {
namespace {

using store::Accounts;
using store::Transaction;

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kSecretDigits = 43, kCheckDigits = 6;
constexpr std::int64_t kDayMs = std::int64_t{24} * 3600 * 1000;

/// A big-endian number in base 62, with leading zeros.
std::string to_base62(std::string bytes, std::size_t digits) {
  std::string out(digits, kDigits[0]);
  for (std::size_t at = digits; at-- > 0;) {
    unsigned rest = 0;
    for (char& c : bytes) {
      const unsigned value = rest * 256 + static_cast<unsigned char>(c);
      c = static_cast<char>(value / 62);
      rest = value % 62;
    }
    out[at] = kDigits[rest];
  }
  return out;
}

std::string checksum(std::string_view secret) { return to_base62(crypto::sha256(secret).substr(0, 4), kCheckDigits); }

Time day_of(Time time) { return from_ms(to_ms(time) / kDayMs * kDayMs); }

json::Object told(const Accounts::Token& token) {
  return {{"_id", token.id.hex()}, {"name", token.name}, {"scope", token.writes ? "write" : "read"}};
}

Error unknown() { return unauthenticated("The API token is unknown, revoked or expired"); }

}  // namespace

std::string make_token_text() {
  const std::string secret = to_base62(crypto::random_bytes(32), kSecretDigits);
  return std::string(ApiTokens::kPrefix) + secret + checksum(secret);
}

bool is_token_text(std::string_view text) {
  if (text.size() != ApiTokens::kPrefix.size() + kSecretDigits + kCheckDigits || !text.starts_with(ApiTokens::kPrefix))
    return false;
  const auto secret = text.substr(ApiTokens::kPrefix.size(), kSecretDigits);
  return checksum(secret) == text.substr(ApiTokens::kPrefix.size() + kSecretDigits);
}

Result<ApiTokens::Made> ApiTokens::make(const Context& context, std::string_view name, bool writes,
                                        std::optional<Time> expires) const {
  Made made{.token = {.id = ObjectId::generate(),
                      .user = context.actor.user,
                      .name = std::string(name),
                      .writes = writes,
                      .created = clock_.now(),
                      .expires = expires},
            .text = make_token_text()};
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto present, store_.accounts().tokens(tx, made.token.user));
    if (present.size() >= kMost) return conflict(fmt::format("One person has at most {} API tokens", kMost));
    TRY(store_.accounts().add_token(tx, made.token, crypto::sha256(made.text)));
    return note(store_, tx, made.token.user, "api_tokens", {}, told(made.token));
  }));
  return made;
}

Result<std::vector<Accounts::Token>> ApiTokens::list(const Context& context) const {
  return store_.accounts().tokens(context, context.actor.user);
}

Result<void> ApiTokens::revoke(const Context& context, const ObjectId& token) const {
  const ObjectId user = context.actor.user;
  return store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto all, store_.accounts().tokens(tx, user));
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.id == token; });
    if (found == all.end()) return not_found("There is no such API token");
    TRY(store_.accounts().remove_token(tx, user, token));
    return note(store_, tx, user, "api_tokens", told(*found), {});
  });
}

Result<void> ApiTokens::revoke_all(const Context& context) const {
  const ObjectId user = context.actor.user;
  return store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto all, store_.accounts().tokens(tx, user));
    for (const auto& token : all) {
      TRY(store_.accounts().remove_token(tx, user, token.id));
      TRY(note(store_, tx, user, "api_tokens", told(token), {}));
    }
    return {};
  });
}

Result<Actor> ApiTokens::authenticate(const Context& context, std::string_view text) const {
  auto actor = ask(context, text);
  if (!actor.ok()) recall_.forget(text);
  return actor;
}

Result<Actor> ApiTokens::ask(const Context& context, std::string_view text) const {
  if (!is_token_text(text)) return unknown();
  TRY_ASSIGN(const auto known, store_.accounts().by_token(context, crypto::sha256(text)));
  const Time now = clock_.now();
  if (!known || !known->active || !known->token) return unknown();
  const Accounts::Token& token = *known->token;
  if (token.expires && *token.expires <= now) return unknown();
  if (!token.used || *token.used < day_of(now))
    touch_.write([&](Transaction& tx) { return store_.accounts().touch_token(tx, token.id, day_of(now)); });
  Actor actor{.principal = {Principal::Kind::kUser, known->user},
              .name = known->name,
              .email = known->email,
              .user = known->user,
              .administrator = known->administrator,
              .reads_only = !token.writes,
              .token = token.id};
  // As long as there is nothing to touch, either.
  Time until = token.used ? *token.used + Millis(kDayMs) : now;
  if (token.expires) until = std::min(until, *token.expires);
  recall_.put(text, {actor, known->stamp, until});
  return actor;
}

}  // namespace maestro::auth
