#include "gateway/form.h"

namespace maestro::gateway {

std::string peer_time(Time time) {
  constexpr std::string_view kWhole = ".000Z";
  const std::string iso = to_iso(time);  // "2026-11-25T03:36:00.120Z"
  if (iso.ends_with(kWhole)) return iso.substr(0, iso.size() - kWhole.size());
  return iso.substr(0, iso.size() - 1) + "000";
}

json::Object peer_document(const store::Document& document, const store::AccessSet& access) {
  json::Object out;
  out["_id"] = document.id.hex();
  for (const auto& member : document.body) out[member.key()] = member.value();
  if (document.entity->access != model::Access::kNone) {
    json::Array roles;
    for (const store::RoleEntry& entry : access.entries) roles.emplace_back(entry.wire);
    out[model::access_field(*document.entity)] = std::move(roles);
  }
  out["active"] = document.active;
  out["created_at"] = peer_time(document.created);
  out["updated_at"] = peer_time(document.updated);
  return out;
}

const model::Entity* find_collection(std::string_view name) {
  if (name == "users") return nullptr;
  if (name == "flavors-public") name = "flavors_public";
  for (const model::Entity* entity : model::entities())
    if (name == entity->collection) return entity;
  return nullptr;
}

}  // namespace maestro::gateway
