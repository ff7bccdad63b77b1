// Validation of what users send, with the semantics and the wording that existing clients read (spec 0.4).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "model/entity.h"

namespace maestro::model {

enum class Mode { kCreate, kPut, kPatch };

struct Options {
  Mode mode = Mode::kCreate;
  /// The stored document: a value sent back unchanged is not validated again. nullptr on creation.
  const json::Object* stored = nullptr;
  /// Report every violation instead of the first one (new routes).
  bool all = false;
};

/// Reduces `body` to what a user may write, converts ("4" -> 4 where a number is wanted), checks, and on creation fills
/// defaults. Fields that the server keeps (owner, roles, active, times) are dropped. kInvalid carries
/// `[{message,path,type,context}]` as details_json.
Result<json::Object> validate(const Entity& entity, const json::Object& body, const Options& options);

/// The same rules for a body that is no entity: every field of `fields` in order; unknown keys are refused when
/// `strict`.
Result<json::Object> validate_fields(std::span<const Field> fields, const json::Object& body, bool strict,
                                     bool all = false);

/// One violation as an error of its own: for rules that a declaration cannot state. Without a field it is the body's.
Error violation(std::string_view field, std::string_view message_tail, std::string_view type);

/// Ids inside relation fields ("applications" elements, "datacenters") must be object ids: the first one that is not.
/// Empty when all are.
std::string bad_relation_id(const Entity& entity, const json::Object& body);

/// Lenient as the original: something@something without spaces.
bool is_email(std::string_view text);
/// v4 or v6 address, optional CIDR.
bool is_ip(std::string_view text);
/// http(s)://host…
bool is_http_uri(std::string_view text);

}  // namespace maestro::model
