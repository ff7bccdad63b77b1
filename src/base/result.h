// Result<T>: a value or an Error, for whatever input, I/O, a provider or a conflict can cause.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace maestro {

/// Whose fault it is and what a caller may do about it. Callers branch on codes, never on text.
enum class Code {
  kInvalid,          ///< the input breaks a rule; sending it again changes nothing
  kUnauthenticated,  ///< nobody is signed in, or a credential was refused
  kForbidden,        ///< known, but not allowed
  kNotFound,
  kConflict,     ///< another write came first, or a unique value is taken
  kThrottled,    ///< asked too often; retry after `retry_after_ms`
  kUnavailable,  ///< a peer, a disk or a deadline; retrying may help
  kInternal,     ///< our mistake
};

/// Lower-case name of a code as it appears in logs, runs and new API answers ("not_found").
const char* code_name(Code code);
/// The reverse; nullopt for a word that is no code.
std::optional<Code> code_from_name(std::string_view name);

/// What went wrong, in words for an administrator: no stack, no path, no secret.
struct [[nodiscard]] Error {
  Code code = Code::kInternal;
  std::string message;
  /// JSON text that replaces `message` as `err.errors` on the wire (validation details); empty = none.
  std::string details_json = {};
  /// Overrides the wire name that `code` implies ("ServiceDisabledError"); empty = none.
  std::string wire_name = {};
  /// kThrottled/kUnavailable: milliseconds to wait before the next try; 0 = unknown.
  long long retry_after_ms = 0;
};

inline Error invalid(std::string message) { return {.code = Code::kInvalid, .message = std::move(message)}; }
inline Error unauthenticated(std::string message) {
  return {.code = Code::kUnauthenticated, .message = std::move(message)};
}
inline Error forbidden(std::string message) { return {.code = Code::kForbidden, .message = std::move(message)}; }
inline Error not_found(std::string message) { return {.code = Code::kNotFound, .message = std::move(message)}; }
inline Error conflict(std::string message) { return {.code = Code::kConflict, .message = std::move(message)}; }
inline Error unavailable(std::string message) { return {.code = Code::kUnavailable, .message = std::move(message)}; }
inline Error internal(std::string message) { return {.code = Code::kInternal, .message = std::move(message)}; }

/// A T or an Error. Result<void> carries success alone.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace maestro

#define MAESTRO_CONCAT_(a, b) a##b
#define MAESTRO_CONCAT(a, b) MAESTRO_CONCAT_(a, b)
/// Returns the error of a failed expression from the enclosing function.
#define TRY(...) TRY_IMPL_(MAESTRO_CONCAT(try_result_, __COUNTER__), (__VA_ARGS__))
#define TRY_IMPL_(holder, expression)             \
  do {                                            \
    if (auto holder = expression; !holder.ok()) { \
      return std::move(holder).error();           \
    }                                             \
  } while (false)
/// Declares or assigns `target` from a Result, or returns its error: TRY_ASSIGN(auto page, documents.list(spec));
#define TRY_ASSIGN(target, ...) TRY_ASSIGN_IMPL_(MAESTRO_CONCAT(try_result_, __COUNTER__), target, (__VA_ARGS__))
#define TRY_ASSIGN_IMPL_(holder, target, expression)  \
  auto holder = expression;                           \
  if (!holder.ok()) return std::move(holder).error(); \
  target = std::move(holder).value()
