#include "inventory/inventory.h"

#include "base/utf8.h"
#include "inventory/provenance.h"
#include "model/validate.h"
#include "store/projection.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;
using model::Entity;
using store::Document;
using store::Transaction;

const std::string& acting_email(const Actor& actor) {
  return actor.principal.kind == Principal::Kind::kTeam ? actor.team_email : actor.email;
}

json::Object owner_object(const Actor& actor) {
  json::Object owner;
  if (actor.principal.kind == Principal::Kind::kTeam) owner["name"] = actor.team_name;
  if (const std::string& email = acting_email(actor); !email.empty()) owner["email"] = email;
  owner["_id"] = actor.principal.id.hex();
  owner["refs"] = principal_refs(actor.principal.kind);
  return owner;
}

store::RoleEntry first_role(const Actor& actor) {
  Object wire{{"refs", principal_refs(actor.principal.kind)}, {"_id", actor.principal.id.hex()}};
  if (actor.principal.kind == Principal::Kind::kTeam) wire["name"] = actor.team_name;
  if (const std::string& email = acting_email(actor); !email.empty()) wire["email"] = email;
  wire["role"] = store::kAdmin;
  return {.principal = actor.principal, .role = store::kAdmin, .wire = std::move(wire)};
}

/// A provider id that an active row of the same owner already has (the original's unique index, per owner).
Result<void> check_unique_id(Transaction& tx, store::Store& store, const Document& document) {
  const char* path = document.entity->identity;
  if (path[0] == '\0' || !document.active) return {};
  const Value* value = json::find(document.body, path);
  if (value == nullptr) return {};
  const std::string text = json::scalar_text(*value);
  if (text.empty()) return {};
  TRY_ASSIGN(const auto same, store.documents().find_value(tx, *document.entity, document.owner, path, text, false, 2));
  for (const Document& other : same) {
    if (other.id == document.id) continue;
    Error error = conflict("Another document has this provider id: " + text);
    error.details_json = json::write(Value(json::Array{Object{{"failed", text}}}));
    return error;
  }
  return {};
}

/// What belongs to nobody is written by the administrators of the instance; people change their own record by routes
/// that know whose it is.
Result<void> check_administered(const Entity& entity, const Actor& actor) {
  return entity.administered && !actor.administrator ? Result<void>(not_allowed()) : Result<void>();
}

/// What is stored of the body of a new document.
Result<Object> admit(const Context& context, const Entity& entity, const Object& sent) {
  TRY(check_administered(entity, context.actor));
  Object body = sent;
  const Value defaults = json::parse_trusted(entity.defaults);
  for (const auto& member : defaults.get_object())
    if (!body.contains(member.key())) body[member.key()] = member.value();
  if (const std::string bad = model::bad_relation_id(entity, body); !bad.empty()) return bad_id(bad);
  return model::validate(entity, body, {.mode = model::Mode::kCreate});
}

Result<void> check_expected(const Document& found, const Expected& expected) {
  if (!expected.revisions) return {};
  const auto& known = *expected.revisions;
  return std::find(known.begin(), known.end(), found.rev) != known.end() ? Result<void>() : Result<void>(moved_on());
}

}  // namespace

Error moved_on() {
  return {.code = Code::kConflict,
          .message = "The document has changed since it was read: read it again",
          .wire_name = "PreconditionFailedError"};
}
Error not_there() { return not_found("Not Found"); }
Error not_allowed() { return forbidden("You not authorize to do this!"); }
Error bad_id(std::string_view text) {
  return not_found("Indentity " + text::to_utf8(std::string(text.substr(0, 100))) + " not exist");
}

store::Viewer viewer(const Entity& entity, const Actor& actor, int role) {
  return {.everything = entity.access == model::Access::kNone, .readers = actor.readers(), .role = role};
}

Result<View> Inventory::get(const Context& context, const Entity& entity, const ObjectId& id) {
  TRY_ASSIGN(auto found, store_.documents().find(context, entity, id));
  if (!found || (!found->active && !entity.visible_inactive)) return not_there();
  auto access = store_.documents().access(found->access);
  if (entity.access != model::Access::kNone && access->role_of(context.actor.readers()) < store::kRead)
    return not_there();
  return View{.document = std::move(*found), .access = std::move(access)};
}

Result<View> Inventory::insert(Transaction& tx, const Context& context, const Entity& entity, const Object& sent,
                               const Object& body, const Hook& hook) {
  Document document{};
  document.id = ObjectId::generate();
  document.entity = &entity;
  document.created = document.updated = tx.now();
  document.owner = context.actor.principal;
  document.body = body;
  if (entity.access != model::Access::kNone) {
    if (entity.shows_owner) document.body["owner"] = owner_object(context.actor);
    TRY_ASSIGN(document.access, store_.documents().intern(tx, {first_role(context.actor)}));
  }
  TRY(check_unique_id(tx, store_, document));
  if (entity.identity[0] != '\0') {
    // Should a cloud turn out to have it, what the person typed keeps counting; defaults do not.
    Document nothing;
    nothing.entity = &entity;
    Document typed = nothing;
    for (const auto& member : body)
      if (sent.contains(member.key())) typed.body[member.key()] = member.value();
    pin_changes(nothing, typed, context.actor, tx.now());
    document.provenance = std::move(typed.provenance);
  }
  TRY(obey(tx, nullptr, document, hook));
  TRY(store_.documents().insert(
      tx, document,
      {.verb = "create", .changes = describe_creation(document), .extent = store::Change::Extent::kWhole}));
  auto access = store_.documents().access(tx, document.access);
  return View{.document = std::move(document), .access = std::move(access)};
}

Result<View> Inventory::create(Transaction& tx, const Context& context, const Entity& entity, const Object& sent,
                               const Hook& hook) {
  TRY_ASSIGN(const Object body, admit(context, entity, sent));
  return insert(tx, context, entity, sent, body, hook);
}

Result<View> Inventory::create(const Context& context, const Entity& entity, const Object& sent, const Hook& hook,
                               const After& after) {
  // Before the transaction: a refusal takes no turn at the writer.
  TRY_ASSIGN(const Object body, admit(context, entity, sent));
  View view;
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(view, insert(tx, context, entity, sent, body, hook));
    return after ? after(tx, view) : Result<void>();
  }));
  return view;
}

Result<View> Inventory::change(const Context& context, const Entity& entity, const ObjectId& id, const Rule& rule,
                               const Edit& edit) {
  TRY(check_administered(entity, context.actor));
  View view;
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto found, store_.documents().find(tx, entity, id));
    if (!found || (rule.wants_active && !found->active)) return not_allowed();
    const auto access = store_.documents().access(tx, found->access);
    if (entity.access != model::Access::kNone && access->role_of(context.actor.principal) < rule.role)
      return not_allowed();
    if (!rule.wants_active && found->active) return conflict("The document is not deleted");
    TRY(check_expected(*found, rule.expected));
    Document after = *found;
    TRY(edit(tx, *found, after));
    if (entity.raises[0] != '\0') after.body[entity.raises] = true;
    json::Array changes = describe_changes(*found, after);
    const bool regranted = after.access != found->access;
    if (regranted) {
      changes.emplace_back(Object{{"path", model::access_field(entity)},
                                  {"old", json::parse_trusted(access->wire)},
                                  {"new", json::parse_trusted(store_.documents().access(tx, after.access)->wire)}});
    } else {
      after.updated = tx.now();
    }
    // A write that changes nothing still answers as a write, but leaves no history.
    store::Change change{
        .verb = changes.empty() ? "" : rule.verb, .changes = std::move(changes), .extent = rule.extent};
    if (rule.fields != nullptr) change.fields = *rule.fields;
    TRY(store_.documents().update(tx, *found, after, change));
    view.access = store_.documents().access(tx, after.access);
    view.document = std::move(after);
    return {};
  }));
  return view;
}

Result<void> Inventory::obey(Transaction& tx, const Document* before, Document& after, const Hook& hook) {
  if (hook) TRY(hook(tx, before, after));
  for (const auto& [entity, rule] : rules_)
    if (entity == after.entity->name) TRY(rule(tx, before, after));
  return {};
}

Result<View> Inventory::put(const Context& context, const Entity& entity, const ObjectId& id, const Object& body,
                            const Hook& hook, const Expected& expected) {
  if (const std::string bad = model::bad_relation_id(entity, body); !bad.empty()) return bad_id(bad);
  return change(
      context, entity, id, {store::kWrite, true, "update", expected, store::Change::Extent::kWhole},
      [&](Transaction& tx, const Document& before, Document& after) -> Result<void> {
        TRY_ASSIGN(after.body, model::validate(entity, body, {.mode = model::Mode::kPut, .stored = &before.body}));
        for (const model::Field& field : entity.fields) {
          const bool kept = field.origin == model::Origin::kServer || field.written == model::Written::kDropped ||
                            field.written == model::Written::kOnce;
          const Value* stored = kept ? before.body.if_contains(field.name) : nullptr;
          if (stored != nullptr && !after.body.contains(field.name)) after.body[field.name] = *stored;
        }
        if (entity.tombstone_on_put) after.body["checksum"] = "tombstone";
        keep_discovered(before, after);
        pin_changes(before, after, context.actor, tx.now());
        TRY(check_unique_id(tx, store_, after));
        return obey(tx, &before, after, hook);
      });
}

Result<Inventory::Patched> Inventory::patch(const Context& context, const Entity& entity, const ObjectId& id,
                                            const Object& body, const Hook& hook, const Expected& expected) {
  if (const std::string bad = model::bad_relation_id(entity, body); !bad.empty()) return bad_id(bad);
  Patched patched;
  bool judged = false;
  auto view = change(context, entity, id,
                     {store::kWrite, true, "update", expected, store::Change::Extent::kPart, &patched.fields},
                     [&](Transaction& tx, const Document& before, Document& after) -> Result<void> {
                       judged = true;
                       TRY_ASSIGN(const Object changes,
                                  model::validate(entity, body, {.mode = model::Mode::kPatch, .stored = &before.body}));
                       patched.fields.clear();
                       for (const auto& member : changes) {
                         patched.fields.emplace_back(member.key());
                         after.body[member.key()] = member.value();
                       }
                       keep_discovered(before, after);
                       pin_changes(before, after, context.actor, tx.now());
                       TRY(check_unique_id(tx, store_, after));
                       return obey(tx, &before, after, hook);
                     });
  // As the original, which looks at the body of a PATCH before the document: a body that nothing could take is told so
  // whether there is a document or not.
  if (!view.ok() && !judged && view.error().code == Code::kForbidden)
    TRY(model::validate(entity, body, {.mode = model::Mode::kPatch}));
  TRY_ASSIGN(patched.view, std::move(view));
  return patched;
}

Result<void> Inventory::remove(const Context& context, const Entity& entity, const ObjectId& id, const Hook& hook,
                               const Expected& expected) {
  TRY(change(context, entity, id, {store::kAdmin, true, "delete", expected, store::Change::Extent::kGone},
             [&](Transaction& tx, const Document& before, Document& after) -> Result<void> {
               after.active = false;
               // What a person deletes but the cloud still has comes back with the next reading.
               TRY(store_.ledger().forget_hash(tx, before.row));
               return obey(tx, &before, after, hook);
             }));
  return {};
}

Result<View> Inventory::restore(const Context& context, const Entity& entity, const ObjectId& id,
                                const Expected& expected, const Hook& hook) {
  return change(context, entity, id, {store::kAdmin, false, "restore", expected},
                [&](Transaction& tx, const Document& before, Document& after) -> Result<void> {
                  after.active = true;
                  // Should its provider call it gone after all, the next reading says so.
                  TRY(store_.ledger().forget_hash(tx, after.row));
                  TRY(check_unique_id(tx, store_, after));
                  return obey(tx, &before, after, hook);
                });
}

Result<View> Inventory::unpin(const Context& context, const Entity& entity, const ObjectId& id, std::string_view path,
                              const Expected& expected) {
  View view;
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto found, store_.documents().find(tx, entity, id));
    if (!found) return not_there();
    view.access = store_.documents().access(tx, found->access);
    const int role = view.access->role_of(context.actor.principal);
    if (role < store::kRead) return not_there();
    if (role < store::kWrite) return not_allowed();
    TRY(check_expected(*found, expected));
    Document after = *found;
    if (!inventory::unpin(after, path)) return not_found("No person has set this field: " + std::string(path));
    TRY(store_.documents().update(tx, *found, after, {.verb = "", .changes = {}}));
    TRY(store_.ledger().forget_hash(tx, after.row));
    view.document = std::move(after);
    return {};
  }));
  return view;
}

}  // namespace maestro::inventory
