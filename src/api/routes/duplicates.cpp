// Warnings before a name or an address is entered twice. Nothing is refused for it: the original's manual says so.
#include "api/routes/duplicates.h"

#include "api/call.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "base/text.h"
#include "inventory/inventory.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;

constexpr std::size_t kShown = 3;  ///< documents of a warning that are named
constexpr const char* kExcept = "except";

struct Watched {
  const char* entity;
  std::span<const char* const> fields;
};
constexpr const char* kServerFields[] = {"name", "hostname", "ipv4_private", "ipv4_public"};
constexpr const char* kNameOnly[] = {"name"};
constexpr Watched kWatched[] = {{"servers", kServerFields}, {"applications", kNameOnly}, {"datacenters", kNameOnly}};

store::Filter leaf(const char* path, std::vector<Value> values) {
  return {.kind = store::Filter::Kind::kLeaf,
          .leaf = {.path = path, .op = store::Condition::Op::kEq, .values = std::move(values)},
          .children = {}};
}

/// Active documents that the reader sees with this value, whatever the case it was typed in.
store::ListSpec same_value(const Call& call, const char* field, const std::string& value,
                           const std::optional<ObjectId>& itself) {
  store::ListSpec spec{
      .entity = &call.entity(), .viewer = inventory::viewer(call.entity(), call.context.actor), .limit = kShown};
  std::vector<Value> spellings = {Value(value)};
  for (const std::string& other : {text::lower(value), text::upper(value)})
    if (other != value) spellings.emplace_back(other);
  spec.filter.children.push_back(leaf(field, std::move(spellings)));
  if (itself) {
    spec.filter.children.push_back(
        {.kind = store::Filter::Kind::kNot, .leaf = {}, .children = {leaf("_id", {Value(itself->hex())})}});
  }
  return spec;
}

std::string words_of(const model::Entity& entity, const char* field, const std::string& value, std::int64_t found) {
  const model::Field* declared = model::find_field(entity, field);
  return found == 1 ? fmt::format("{} {}: another {} has it too", declared->label, value, text::lower(entity.label))
                    : fmt::format("{} {}: {} other {} have it too", declared->label, value, found,
                                  text::lower(entity.label_plural));
}

Result<Answer> duplicates(Call& call) {
  const model::Entity& entity = call.entity();
  Violations violations;
  std::optional<ObjectId> itself;
  std::vector<std::pair<const char*, std::string>> asked;
  for (const auto& member : call.query) {
    const std::string_view name = member.key();
    const std::string value = json::scalar_text(member.value());
    const auto fields = watched_fields(entity);
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const char* one) { return std::string_view(one) == name; });
    if (name == kExcept) {
      itself = ObjectId::parse(value);
      if (!itself) violations.add(kExcept, "must be an id", "string.pattern");
    } else if (field == fields.end()) {
      violations.add(std::string(name), "is not looked at for duplicates", "any.unknown");
    } else if (!text::trim(value).empty()) {
      asked.emplace_back(*field, text::trim(value));
    }
  }
  if (!violations.empty()) return violations.error();
  json::Array warnings;
  for (const auto& [field, value] : asked) {
    TRY_ASSIGN(const auto page,
               call.services.store.documents().list(call.context, same_value(call, field, value, itself)));
    if (page.items.empty()) continue;
    json::Array items;
    for (const auto& item : page.items) {
      const Value shown = json::parse_trusted(item.text);
      items.emplace_back(Object{{"_id", item.id.hex()}, {"name", json::text_or(shown.get_object(), "name")}});
    }
    warnings.emplace_back(Object{{"field", field},
                                 {"value", value},
                                 {"found", page.total},
                                 {"message", words_of(entity, field, value, page.total)},
                                 {"items", std::move(items)}});
  }
  return json_answer(200, Object{{"warnings", std::move(warnings)}});
}

}  // namespace

std::span<const char* const> watched_fields(const model::Entity& entity) {
  for (const Watched& watched : kWatched)
    if (std::string_view(watched.entity) == entity.name) return watched.fields;
  return {};
}

std::vector<Route> duplicate_routes() {
  std::vector<Route> out;
  for (const Watched& watched : kWatched) {
    const model::Entity* entity = model::find_entity(watched.entity);
    out.push_back({.method = http::Method::kGet,
                   .pattern = fmt::format("/{}/duplicates", entity->route),
                   .handler = duplicates,
                   .doc = "Who has this name or address already: warnings for a form.",
                   .original = false,
                   .tag = entity->route,
                   .entity = entity,
                   .team = store::kRead});
  }
  return out;
}

}  // namespace maestro::api
