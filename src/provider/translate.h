// Translation: one provider item into one entity of ours, as a pack says. Pure.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "provider/pack.h"

namespace maestro::provider {

/// What the connection adds to every item.
struct Facts {
  std::string id, name, datacenter, datacenter_id, provider;
  std::string region;     ///< as stored, description included: "us-east-1 (N. Virginia)"
  std::string region_id;  ///< its first word
  std::string cloud;      ///< which installation, where providers have many: the host of its sign-in address
};

/// One item of a page with the item that it was nested in; pointers into the answer.
struct RawItem {
  const json::Value* value = nullptr;
  const json::Value* parent = nullptr;
};
/// The items of an answer. kInvalid when the list is not there: an answer of another kind must not read as "no items".
Result<std::vector<RawItem>> find_items(const Items& items, const json::Value& answer);

/// What further calls found for one item, by name of the look-up; pointers to what the listing holds.
using Enriched = std::vector<std::pair<std::string_view, const json::Value*>>;

struct Scene {
  RawItem raw;
  Enriched found;  ///< "enrich.<name>"
  const Facts* facts = nullptr;
};

/// The value of a source for an item; null when there is none.
json::Value evaluate(const Source& source, const Scene& scene);
bool holds(const std::vector<Condition>& where, const Scene& scene);
/// kInvalid says in words for a person why the item cannot become an entity.
Result<Item> translate(const Pack& pack, const Scene& scene);
/// 32 raw bytes: equal for equal key and fields, whatever the order of their members.
std::string item_hash(const Pack& pack, const Item& item);

}  // namespace maestro::provider
