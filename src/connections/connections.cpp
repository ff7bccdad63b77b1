#include "connections/connections.h"

#include "auth/token.h"
#include "base/text.h"
#include "model/validate.h"

namespace maestro::connections {
namespace {

using inventory::Inventory;
using inventory::View;
using json::Object;
using json::Value;
using store::Document;
using store::Transaction;

constexpr std::string_view kMask = "********";
// Claims that would turn an envelope into something else.
constexpr const char* kReserved[] = {"_id", "sub", "use", "aud", "exp", "nbf", "iat", "ver", "ref"};

const model::Entity& entity() {
  static const model::Entity& found = *model::find_entity("connections");
  return found;
}

const model::Entity& datacenters() {
  static const model::Entity& found = *model::find_entity("datacenters");
  return found;
}

Error conn_violation(std::string_view message, const char* type) { return model::violation("conn", message, type); }

Result<void> check_keys(std::string_view provider, const Object& credentials) {
  for (const char* key : kReserved) {
    // The form of Azure calls the subscription so. No envelope is a session: that takes the claim `use`.
    if (!credentials.contains(key) || (provider == "Azure" && std::string_view(key) == "sub")) continue;
    return conn_violation(fmt::format("must not have the key {}", key), "object.forbiddenKey");
  }
  return {};
}

/// The method that the body names. nullptr for a provider that is not discovered yet: such connections are kept as they
/// are.
Result<const provider::Method*> find_method(const Object& body) {
  const provider::Provider* known = provider::find_provider(json::text_or(body, "provider"));
  if (known == nullptr) return static_cast<const provider::Method*>(nullptr);
  const provider::Method* method = provider::find_method(*known, json::text_or(body, "service"));
  if (method == nullptr && body.contains("service")) {
    std::vector<std::string> ids;
    for (const auto& one : known->methods) ids.push_back(one.id);
    return model::violation("service", "must be one of [" + text::join(ids, ", ") + "]", "any.allowOnly");
  }
  return method;
}

bool is_public(const provider::Method* method, std::string_view name) {
  if (method == nullptr) return false;
  return std::any_of(method->fields.begin(), method->fields.end(),
                     [&](const provider::FormField& field) { return field.name == name && !field.secret; });
}

/// The datacenter of the body, which the actor must be able to change: its flag says that it has a connection.
Result<void> flag_datacenter(Inventory& inventory, Transaction& tx, const Context& context, const Document& connection,
                             bool connected) {
  auto& documents = inventory.store().documents();
  const auto id = ObjectId::parse(json::text_or(connection.body, "dc_id"));
  if (!id) return inventory::not_allowed();
  TRY_ASSIGN(const auto found, documents.find(tx, datacenters(), *id));
  if (!found || !found->active) return inventory::not_allowed();
  if (documents.access(tx, found->access)->role_of(context.actor.principal) < store::kWrite)
    return inventory::not_allowed();
  if (json::bool_or(found->body, "sucessed") == connected) return {};
  Document after = *found;
  after.body["sucessed"] = connected;
  after.updated = tx.now();
  json::Array changes;
  Object change{{"path", "sucessed"}, {"new", connected}};
  if (const Value* old = found->body.if_contains("sucessed")) change["old"] = *old;
  changes.emplace_back(std::move(change));
  return documents.update(tx, *found, after, {.verb = "update", .changes = std::move(changes)});
}

/// What discovery finds is shown as the property of `owner_user`: nobody who has nothing to do with the connection.
Result<void> check_owner_user(store::Documents& documents, Transaction& tx, const Document& before,
                              const Document& after) {
  const Value* old = before.body.if_contains("owner_user");
  const Value* chosen = after.body.if_contains("owner_user");
  if (chosen == nullptr || (old != nullptr && json::equal(*old, *chosen))) return {};
  const std::string_view id = json::text_or(chosen->get_object(), "_id");
  const auto access = documents.access(tx, after.access);
  const bool holds = std::any_of(access->entries.begin(), access->entries.end(),
                                 [&](const store::RoleEntry& entry) { return json::text_or(entry.wire, "_id") == id; });
  if (holds) return {};
  return model::violation("owner_user", "must be one of those who hold a role on the connection", "any.allowOnly");
}

}  // namespace

std::string make_envelope(std::string_view secret, const provider::Method* method, const Object& credentials,
                          const ObjectId& id) {
  Object claims;
  for (const auto& member : credentials)
    claims[member.key()] = is_public(method, member.key()) ? member.value() : Value(kMask);
  claims["ref"] = id.hex();
  claims["use"] = "conn";
  return auth::sign_token(secret, claims);
}

Result<View> Connections::create(const Context& context, const Object& sent, const Inventory::After& after_write) {
  Object body = sent;
  Object credentials;
  if (const Value* conn = body.if_contains("conn")) {
    if (!conn->is_object()) return conn_violation("must be an object", "object.base");
    credentials = conn->get_object();
  }
  TRY(check_keys(json::text_or(body, "provider"), credentials));
  body.erase("owner_user");
  // Validated with a stand-in: the real envelope names the id that the document is about to get.
  body["conn"] = "pending";
  return parts_.inventory.create(
      context, entity(), body,
      [&](Transaction& tx, const Document*, Document& after) -> Result<void> {
        TRY_ASSIGN(const provider::Method* method, find_method(after.body));
        TRY(flag_datacenter(parts_.inventory, tx, context, after, true));
        after.body["conn"] = make_envelope(parts_.envelope_secret, method, credentials, after.id);
        if (after.body.at("conn").get_string().size() > 10800) return conn_violation("is too long", "string.max");
        Object owner_user = after.body.at("owner").get_object();
        owner_user["role"] = store::kAdmin;
        after.body["owner_user"] = std::move(owner_user);
        after.body["process"] = Object{};
        const auto sealed = parts_.keyring.seal(json::write(credentials), auth::connection_context(after.id));
        TRY(parts_.inventory.store().vault().set_secret(tx, after.id, sealed));
        return parts_.schedules.create(tx, after);
      },
      after_write);
}

Result<Object> Connections::open_credentials(const Sealed& sealed, const ObjectId& id) const {
  if (!sealed) return Object();
  TRY_ASSIGN(const std::string plain, parts_.keyring.open(*sealed, auth::connection_context(id)));
  return json::parse_trusted(plain).get_object();
}

Result<std::optional<Object>> Connections::new_credentials(const Document& stored, const Object& known,
                                                           const Object& body) const {
  const Value& conn = body.at("conn");
  // Stored secrets go only where they already go: sent to another address they would be given away.
  const bool moves = body.contains("url") && json::text_or(body, "url") != json::text_or(stored.body, "url");
  if (moves) {
    bool complete = conn.is_object();
    if (complete)
      for (const auto& member : conn.get_object())
        complete = complete && !(member.value().is_string() && member.value().get_string() == kMask);
    if (!complete) return conn_violation("must be given again when the address changes", "object.credentials");
  }
  if (conn.is_object()) {
    TRY(check_keys(json::text_or(body, "provider"), conn.get_object()));
    Object merged;
    for (const auto& member : conn.get_object()) {
      const bool masked = member.value().is_string() && member.value().get_string() == kMask;
      const Value* old = known.if_contains(member.key());
      merged[member.key()] = masked && old != nullptr ? *old : member.value();
    }
    return std::optional<Object>(std::move(merged));
  }
  if (!conn.is_string()) return conn_violation("must be a string", "string.base");
  if (conn.get_string() == json::text_or(stored.body, "conn")) return std::optional<Object>();
  // An older envelope of this very connection stands for its credentials as well.
  const auto claims = auth::open_token(parts_.envelope_secret, conn.get_string(), Time{});
  if (claims.ok() && json::text_or(*claims, "use") == "conn" && json::text_or(*claims, "ref") == stored.id.hex())
    return std::optional<Object>();
  return conn_violation("must be the envelope as it was read, or an object with new credentials", "string.envelope");
}

/// What is kept is read where nobody else can write: else another request could move the address in between.
Inventory::Hook Connections::update_hook(const Object& sent) {
  return [this, sent](Transaction& tx, const Document* before, Document& after) -> Result<void> {
    auto& vault = parts_.inventory.store().vault();
    TRY_ASSIGN(const provider::Method* method, find_method(after.body));
    const Value* owner_user = before->body.if_contains("owner_user");
    if (owner_user != nullptr && !after.body.contains("owner_user")) after.body["owner_user"] = *owner_user;
    TRY(check_owner_user(parts_.inventory.store().documents(), tx, *before, after));
    std::optional<Object> credentials;
    if (sent.contains("conn")) {
      Object known;
      if (sent.at("conn").is_object()) {
        TRY_ASSIGN(const auto sealed, vault.secret(tx, after.id));
        TRY_ASSIGN(known, open_credentials(sealed, after.id));
      }
      TRY_ASSIGN(credentials, new_credentials(*before, known, sent));
    }
    if (credentials) {
      after.body["conn"] = make_envelope(parts_.envelope_secret, method, *credentials, after.id);
      TRY(vault.set_secret(tx, after.id,
                           parts_.keyring.seal(json::write(*credentials), auth::connection_context(after.id))));
    } else {
      if (json::text_or(before->body, "url") != json::text_or(after.body, "url"))
        return conn_violation("must be given again when the address changes", "object.credentials");
      after.body["conn"] = before->body.at("conn");
    }
    TRY(parts_.schedules.refresh(tx, after));
    if (discovery::is_enabled(*before) && !discovery::is_enabled(after))
      return parts_.runs.cancel_all(tx, after.id, "The connection was disabled");
    return {};
  };
}

Result<Object> Connections::read_change(const Context& context, const ObjectId& id, const Object& sent) const {
  auto stored = parts_.inventory.get(context, entity(), id);
  if (!stored.ok() && stored.error().code != Code::kNotFound) return std::move(stored).error();
  // Who may not change it learns nothing from what is wrong with the body.
  if (!stored.ok() || stored->access->role_of(context.actor.principal) < store::kWrite) return inventory::not_allowed();
  Object body = sent;
  if (sent.contains("conn")) body["conn"] = stored->document.body.at("conn");
  return body;
}

Result<View> Connections::put(const Context& context, const ObjectId& id, const Object& sent,
                              const inventory::Expected& expected) {
  TRY_ASSIGN(const Object body, read_change(context, id, sent));
  return parts_.inventory.put(context, entity(), id, body, update_hook(sent), expected);
}

Result<Inventory::Patched> Connections::patch(const Context& context, const ObjectId& id, const Object& sent,
                                              const inventory::Expected& expected) {
  TRY_ASSIGN(const Object body, read_change(context, id, sent));
  return parts_.inventory.patch(context, entity(), id, body, update_hook(sent), expected);
}

Result<void> Connections::remove(const Context& context, const ObjectId& id, const inventory::Expected& expected) {
  return parts_.inventory.remove(
      context, entity(), id,
      [&](Transaction& tx, const Document* before, Document&) -> Result<void> {
        auto& store = parts_.inventory.store();
        TRY(parts_.schedules.remove(tx, id));
        TRY(parts_.runs.forget(tx, id));
        const std::string dc(json::text_or(before->body, "dc_id"));
        TRY_ASSIGN(const auto same, store.documents().find_value(tx, entity(), std::nullopt, "dc_id", dc, false, 2));
        const bool last = std::none_of(same.begin(), same.end(), [&](const Document& other) { return other.id != id; });
        // Who may delete the connection but not change the datacenter leaves its flag alone.
        if (last) {
          auto flagged = flag_datacenter(parts_.inventory, tx, context, *before, false);
          if (!flagged.ok() && flagged.error().code != Code::kForbidden) return flagged;
        }
        return {};
      },
      expected);
}

Result<View> Connections::restore(const Context& context, const ObjectId& id, const inventory::Expected& expected) {
  return parts_.inventory.restore(context, entity(), id, expected,
                                  [&](Transaction& tx, const Document* before, Document& after) {
                                    return parts_.schedules.restore(tx, after, before->updated);
                                  });
}

Result<provider::TestReport> Connections::test(const Context& context, const Object& body) {
  const provider::Provider* known = provider::find_provider(json::text_or(body, "provider"));
  if (known == nullptr)
    return model::violation("provider", "must be a provider that this product discovers", "any.allowOnly");
  TRY_ASSIGN(const provider::Method* method, find_method(body));
  if (method == nullptr) return model::violation("service", "is required", "any.required");
  Object credentials;
  if (const Value* conn = body.if_contains("conn"); conn != nullptr) {
    if (const auto id = ObjectId::parse(json::text_or(body, "_id"))) {
      TRY_ASSIGN(const View stored, parts_.inventory.get(context, entity(), *id));
      if (stored.access->role_of(context.actor.principal) < store::kWrite) return inventory::not_allowed();
      TRY_ASSIGN(const auto sealed, parts_.inventory.store().vault().secret(context, *id));
      TRY_ASSIGN(const Object kept, open_credentials(sealed, *id));
      TRY_ASSIGN(const auto replaced, new_credentials(stored.document, kept, body));
      credentials = replaced.value_or(kept);
    } else if (conn->is_object()) {
      credentials = conn->get_object();
    } else {
      return conn_violation("must be an object", "object.base");
    }
  }
  Document document;
  document.id = ObjectId::generate();
  document.entity = &entity();
  document.body = body;
  provider::Connection connection = discovery::describe_connection(document);
  connection.credentials = std::move(credentials);

  TRY_ASSIGN(const auto account, parts_.clouds.open(connection));
  std::vector<const provider::Resource*> resources;
  for (const std::string& task : parts_.packs.tasks(known->id))
    for (const auto* resource : parts_.packs.of_task(known->id, task)) resources.push_back(resource);
  return account->test(context, resources);
}

}  // namespace maestro::connections
