#include "moving/identity.h"

#include "base/text.h"
#include "inventory/provenance.h"
#include "moving/values.h"
#include "provider/pack.h"

namespace maestro::moving {
namespace {

using provider::Resource;
using store::Document;

/// The original marks with it what a person has replaced since discovery last wrote.
constexpr const char* kTombstone = "tombstone";

std::string text_at(const json::Object& body, std::string_view path) {
  const json::Value* value = json::find(body, path);
  return value == nullptr ? std::string() : json::scalar_text(*value);
}

const provider::Rule* rule_of(const Resource& resource, std::string_view target) {
  for (const provider::Rule& rule : resource.pack->map)
    if (rule.target == target) return &rule;
  return nullptr;
}

bool is_plain(const provider::Source& source) {
  return source.from == provider::Source::From::kPaths && source.words.size() == 1 && source.steps.empty() &&
         source.otherwise.empty();
}

/// The key of its items is what they have as their provider identity.
bool has_plain_key(const Resource& resource) {
  const model::Entity* entity = model::find_entity(resource.entity);
  const provider::Rule* identity = entity == nullptr ? nullptr : rule_of(resource, entity->identity);
  return identity != nullptr && is_plain(resource.pack->key) && is_plain(identity->source) &&
         identity->source.words == resource.pack->key.words;
}

/// Resources of one entity are told apart by the family that they state.
bool has_family(const Resource& resource, const json::Object& body) {
  const provider::Rule* family = rule_of(resource, "family");
  if (family == nullptr || family->source.from != provider::Source::From::kConst) return true;
  return json::scalar_text(family->source.constant) == json::text_or(body, "family");
}

/// Made by discovery, as far as the declarations go: a declared member speaks for itself, another for its object.
bool is_discovered(const model::Entity& entity, std::string_view path) {
  const model::Field* field = model::find_field(entity, path);
  if (field == nullptr) field = model::find_field(entity, path.substr(0, path.find('.')));
  return field != nullptr && field->origin == model::Origin::kDiscovery;
}

/// A copy without some granules, to be compared with the whole.
Document without(const Document& document, const std::set<std::string>& granules) {
  Document out = document;
  for (const std::string& path : granules) {
    const auto dot = path.find('.');
    if (dot == std::string::npos) {
      out.body.erase(path);
    } else if (json::Value* outer = out.body.if_contains(path.substr(0, dot)); outer != nullptr && outer->is_object()) {
      outer->get_object().erase(path.substr(dot + 1));
    }
  }
  return out;
}

void pin_all(Document& document, const Actor& who) {
  Document nothing;
  nothing.entity = document.entity;
  inventory::pin_changes(nothing, document, who, document.updated);
}

}  // namespace

ObjectId Identities::discoverer(const json::Object& body) const {
  const json::Value* accountant = body.if_contains("accountant");
  if (accountant == nullptr || !accountant->is_array()) return {};
  for (const json::Value& one : accountant->get_array())
    if (const auto id = read_id(&one); id && census_.source(*id) != nullptr) return *id;
  return {};
}

std::set<std::string> Identities::stated(const Document& document, const Source& source) const {
  std::set<std::string> out;
  const provider::Provider* provider = provider::find_provider(source.provider);
  for (const Resource& resource : packs_.all()) {
    if (provider == nullptr || resource.provider != provider->id || resource.entity != document.entity->name) continue;
    for (const provider::Rule& rule : resource.pack->map) {
      // Granules are two levels deep.
      const auto dot = rule.target.find('.');
      const auto end = dot == std::string::npos ? dot : rule.target.find('.', dot + 1);
      out.insert(rule.target.substr(0, end));
    }
  }
  return out;
}

void Identities::tell_sources(Document& document, const ObjectId& connection, const Source& source) const {
  // What this product's discovery can state belongs to the connection: it will change and clear it. What only the
  // original's could stays as it is until somebody changes it.
  json::Object fields;
  for (const std::string& path : stated(document, source)) {
    const json::Value* value = json::find(document.body, path);
    if (value != nullptr && is_discovered(*document.entity, path)) json::set(fields, path, *value);
  }
  if (!fields.empty()) inventory::merge_reading(document, fields, {}, connection);

  const Edits* edits = census_.edits(document.id);
  const bool replaced = json::text_or(document.body, "checksum") == kTombstone;
  if (edits != nullptr) {
    for (const auto& [path, edit] : *edits) {
      const Document before = without(document, {path});
      const auto user = census_.user_by_mail(edit.by);
      inventory::pin_changes(before, document, {.name = edit.by, .user = user.value_or(ObjectId())}, edit.at);
    }
  } else if (replaced) {
    pin_all(document, {.name = "a person, in the original"});
  }
}

const Resource* Identities::resource_of(const Document& document, const Source& source) const {
  const provider::Provider* provider = provider::find_provider(source.provider);
  const Resource* found = nullptr;
  for (const Resource& resource : packs_.all()) {
    if (provider == nullptr || resource.provider != provider->id || resource.entity != document.entity->name ||
        !has_family(resource, document.body))
      continue;
    if (found != nullptr) return nullptr;
    found = &resource;
  }
  return found != nullptr && has_plain_key(*found) ? found : nullptr;
}

std::optional<Sight> Identities::settle(Document& document) const {
  if (document.entity->identity[0] == '\0') return std::nullopt;
  const ObjectId connection = discoverer(document.body);
  if (!connection) {
    const json::Value* owner = document.body.if_contains("owner");
    const json::Object none;
    const json::Object& whose = owner != nullptr && owner->is_object() ? owner->get_object() : none;
    pin_all(document, {.name = std::string(json::text_or(whose, "email", json::text_or(whose, "name"))),
                       .user = document.owner.kind == Principal::Kind::kUser ? document.owner.id : ObjectId()});
    return std::nullopt;
  }
  const Source& source = *census_.source(connection);
  tell_sources(document, connection, source);
  const std::string id = text_at(document.body, document.entity->identity);
  const Resource* resource = resource_of(document, source);
  if (resource == nullptr || id.empty()) return std::nullopt;  // discovery will adopt it by its provider identity
  document.key = resource->id + "|" + id;
  const std::string region(first_word(text_at(document.body, "datacenters.region")));
  const bool is_listed = document.active && source.active && !resource->global && !region.empty() &&
                         text_at(document.body, "datacenters._id") == source.datacenter;
  if (!is_listed) return std::nullopt;
  return Sight{.connection = connection, .resource = resource->id, .region = region, .key = id};
}

}  // namespace maestro::moving
