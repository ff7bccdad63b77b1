// Item: one document of a batch as a peer sends it, taken apart: what selects it, whose it is, what is set. Pure code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "store/types.h"

namespace maestro::gateway {

struct Item {
  std::optional<ObjectId> id = {};
  std::string unique_id = {};
  json::Object fields = {};  ///< members to be set, without nulls and what is not a peer's to set
  json::Object unset = {}, add = {}, increase = {};  ///< $unset, $addToSet, $inc; by dotted path
  json::Object set = {};                             ///< $set, by dotted path
  std::vector<store::RoleEntry> roles = {};          ///< as sent
  std::optional<Principal> owner = {};               ///< as sent
  json::Object owner_shown = {};                     ///< name and mail address of it, as sent
  std::optional<bool> active = {};
  std::optional<Time> created = {};
  ObjectId connection = {};  ///< that discovered it: the last of `accountant`
};

/// kInvalid names the member.
Result<Item> read_item(const json::Value& sent, const model::Entity& entity);
/// True when the item touches nothing but what services keep on documents of this kind (a state, a counter, a message).
bool is_bookkeeping(const Item& item, const model::Entity& entity);
/// Applies $set, $unset, $addToSet and $inc to a body. kInvalid where a value does not fit.
Result<void> apply_operators(const Item& item, json::Object& body);
/// Fields that no peer sets: identity, access, credentials.
bool is_protected(std::string_view path);
/// Without the changes that are no news: marks that services leave for each other.
json::Array without_noise(const json::Array& changes);

}  // namespace maestro::gateway
