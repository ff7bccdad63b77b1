#include "moving/convert.h"

#include "auth/token.h"
#include "base/text.h"
#include "moving/values.h"

namespace maestro::moving {
namespace {

using json::Object;
using json::Value;
using store::RoleEntry;

bool is_hash(std::string_view text) {
  return text.size() == 60 && (text.starts_with("$2a$") || text.starts_with("$2b$") || text.starts_with("$2y$"));
}

std::optional<int> read_role(const Value* value) {
  if (value == nullptr) return std::nullopt;
  const std::string text = json::scalar_text(*value);
  if (text.size() != 1 || text[0] < '0' || text[0] > '9') return std::nullopt;
  return text[0] - '0';
}

/// In the order of the original's answers, what else it has behind.
Object role_as_shown(const Object& stored, const std::optional<ObjectId>& id, int role) {
  Object out;
  if (id) out["_id"] = id->hex();
  if (const Value* refs = stored.if_contains("refs")) out["refs"] = *refs;
  out["role"] = role;
  for (const auto& member : stored)
    if (!out.contains(member.key())) out[member.key()] = member.value();
  return out;
}

}  // namespace

void Converter::read_times(const Object& body, Ready& out, std::vector<Remark>& remarks) const {
  const auto read = [&](const char* name) -> std::optional<Time> {
    const Value* value = body.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto time = read_time(*value);
    if (!time) remarks.push_back({name, "no date: " + json::write(*value), "replaced by the next best"});
    return time;
  };
  const auto created = read("created_at"), updated = read("updated_at");
  // Discovery of the original set no date of creation; an id tells when it was made.
  const Time made = time_of(out.document.id);
  out.document.created = created ? *created : updated && *updated < made ? *updated : made;
  out.document.updated = updated.value_or(out.document.created);
}

void Converter::read_roles(Object& body, Ready& out, std::vector<Remark>& remarks) const {
  const std::string field = model::access_field(*out.document.entity);
  if (field.empty()) return;
  const Value* stored = body.if_contains(field);
  if (stored == nullptr || !stored->is_array()) {
    remarks.push_back({field, "no access list", "kept as is: nobody sees it"});
    body.erase(field);
    return;
  }
  const Value roles = *stored;
  body.erase(field);
  for (const Value& one : roles.get_array()) {
    if (!one.is_object()) {
      remarks.push_back({field, "an element that is no object: " + json::write(one), "dropped"});
      continue;
    }
    const Object& element = one.get_object();
    const auto id = read_id(element.if_contains("_id"));
    const auto role = read_role(element.if_contains("role"));
    if (!role) remarks.push_back({field + ".role", "a role that is no number", "kept as 0: it grants nothing"});
    if (!id) remarks.push_back({field + "._id", "an element without a holder", "kept as is: it grants nothing"});
    const Principal holder =
        id ? census_.holder(*id, json::text_or(element, "refs")) : Principal{Principal::Kind::kNobody, {}};
    out.roles.push_back(
        {.principal = holder, .role = role.value_or(0), .wire = role_as_shown(element, id, role.value_or(0))});
  }
}

Principal Converter::find_owner(const Ready& ready) const {
  const store::Document& document = ready.document;
  if (document.entity->access == model::Access::kNone) return {};
  // What a connection finds belongs to whom the connection belongs to: else discovery would not know it again.
  if (const ObjectId by = identities_.discoverer(document.body)) return census_.source(by)->owner;
  for (const char* name : {"owner_user", "owner"}) {
    const Value* owner = document.body.if_contains(name);
    if (owner == nullptr || !owner->is_object()) continue;
    const auto id = read_id(owner->get_object().if_contains("_id"));
    if (!id) continue;
    if (const Source* source = census_.source(*id)) return source->owner;
    const Principal whose = census_.holder(*id, json::text_or(owner->get_object(), "refs"));
    if (whose.kind != Principal::Kind::kNobody) return whose;
  }
  for (const RoleEntry& entry : ready.roles)
    if (entry.role >= store::kAdmin && entry.principal.kind != Principal::Kind::kNobody) return entry.principal;
  return {};
}

void Converter::take_password(Ready& out, std::vector<Remark>& remarks) const {
  Object& body = out.document.body;
  const Value* password = body.if_contains("password");
  const std::string hash = password == nullptr ? std::string() : json::scalar_text(*password);
  body.erase("password");
  if (is_hash(hash))
    out.password = hash;
  else
    remarks.push_back({"password", hash.empty() ? "no password" : "a password hash of an unknown form",
                       "dropped: nobody can sign in as this user until a password is set"});
}

void Converter::take_credentials(Ready& out, std::vector<Remark>& remarks) const {
  Object& body = out.document.body;
  Value conn;
  if (const Value* stored = body.if_contains("conn")) conn = *stored;
  body["conn"] = "";  // never the old envelope: whoever reads it reads the credentials
  if (conn.is_object()) {
    out.credentials = conn.get_object();
  } else if (conn.is_string() && secret_) {
    auto opened = auth::open_token(*secret_, conn.get_string(), Time());
    if (opened.ok()) out.credentials = std::move(*opened);
  }
  if (out.credentials) {
    // Written by the maker of the token, no credential.
    out.credentials->erase("iat");
    return;
  }
  const char* rule = !secret_ ? "credentials that nothing opens without the original's secret"
                              : "credentials that the original's secret does not open";
  remarks.push_back({"conn", conn.is_string() ? rule : "no credentials",
                     "dropped: the connection has no credentials until they are entered again"});
}

Ready Converter::convert(const Collection& collection, const Place& place, Stored stored,
                         std::vector<Remark>& remarks) const {
  Ready out;
  Object& body = stored.body;
  for (Oddity& oddity : stored.oddities) remarks.push_back({oddity.path, oddity.rule, oddity.done});
  out.document.entity = collection.entity;
  out.document.id = census_.id_of(place, collection, body);
  read_times(body, out, remarks);
  const Value* active = body.if_contains("active");
  if (active == nullptr || !active->is_bool()) {
    remarks.push_back({"active", "neither true nor false: the original's lists do not show it",
                       "kept as deleted: it can be restored"});
  }
  out.document.active = active != nullptr && active->is_bool() && active->get_bool() && !census_.is_outdone(place);
  read_roles(body, out, remarks);
  for (const char* name : {"_id", "created_at", "updated_at", "active"}) body.erase(name);
  out.document.body = std::move(body);
  if (collection.name == "users") take_password(out, remarks);
  if (collection.name == "connections") take_credentials(out, remarks);
  out.document.owner = find_owner(out);
  out.sight = identities_.settle(out.document);
  if (census_.keyless.contains(place)) {
    out.document.key.clear();
    out.sight.reset();
  }
  return out;
}

}  // namespace maestro::moving
