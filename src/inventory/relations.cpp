#include "inventory/relations.h"

#include "inventory/provenance.h"
#include "inventory/service_links.h"
#include "model/entities/applications.h"
#include "model/validate.h"

namespace maestro::inventory {
namespace {

using json::Array;
using json::Object;
using json::Value;
using model::Entity;
using model::Field;
using model::Need;
using model::Type;
using store::Document;
using store::Transaction;

constexpr const char* kDependencies = "deps";
constexpr std::size_t kMaxSystems = 3;

constexpr Field kName{.name = "name", .doc = "Name of the application.", .type = Type::kString, .need = Need::kAlways};
constexpr Field kFamily{.name = "family",
                        .doc = "Family of the application.",
                        .type = Type::kString,
                        .need = Need::kAlways,
                        .one_of = model::applications::kFamilies};
constexpr Field kEnvironment{.name = "environment", .doc = "Environment of the link.", .type = Type::kString};
constexpr Field kAdded[] = {
    {.name = "_id", .doc = "Application that it depends on.", .type = Type::kString, .need = Need::kAlways},
    kName,
    kFamily,
    kEnvironment,
};
constexpr Field kPut[] = {kName, kFamily, kEnvironment};
constexpr Field kSystem[] = {
    {.name = "name", .doc = "Name of the system.", .type = Type::kString},
    {.name = "family", .doc = "Family.", .type = Type::kString},
    {.name = "_id", .doc = "System.", .type = Type::kString, .need = Need::kAlways},
    {.name = "endpoint", .doc = "Where the link connects."},
    {.name = "environment", .doc = "Environment of the link.", .type = Type::kString},
};
constexpr Field kTree[] = {
    {.name = "tree", .doc = "Dependencies by application.", .type = Type::kObject, .open = true},
    {.name = "systems",
     .doc = "Systems that are entered at the root of the tree.",
     .type = Type::kArray,
     .of = Type::kObject,
     .unique = true,
     .members = kSystem},
};

const Entity& applications() {
  static const Entity& entity = *model::find_entity("applications");
  return entity;
}
const Entity& systems() {
  static const Entity& entity = *model::find_entity("system");
  return entity;
}

/// The array at a field; made when there is none.
Array& links_of(Object& body, const char* field) {
  Value& value = body[field];
  if (!value.is_array()) value = Array();
  return value.get_array();
}

auto find_link(Array& links, const ObjectId& id) {
  return std::find_if(links.begin(), links.end(), [&](const Value& link) {
    const auto known = link.is_object() ? ObjectId::parse(json::text_or(link.get_object(), "_id")) : std::nullopt;
    return known == id;
  });
}

/// An active document on which the actor has the role; nullopt otherwise.
Result<std::optional<Document>> find_writable(Transaction& tx, store::Store& store, const Context& context,
                                              const Entity& entity, const ObjectId& id, int role = store::kWrite) {
  TRY_ASSIGN(auto found, store.documents().find(tx, entity, id));
  if (!found || !found->active) return std::optional<Document>();
  const auto access = store.documents().access(tx, found->access);
  if (access->role_of(context.actor.principal) < role) return std::optional<Document>();
  return found;
}

/// False when the bodies are equal: then nothing is written.
Result<bool> keep(Transaction& tx, store::Store& store, const Context& context, const Document& before,
                  Document after) {
  if (std::string_view(after.entity->name) == "servers") TRY(link_services(store, tx, &before, after));
  Array changes = describe_changes(before, after);
  if (changes.empty()) return false;
  pin_changes(before, after, context.actor, tx.now());
  after.updated = tx.now();
  TRY(store.documents().update(tx, before, after, {.verb = "update", .changes = std::move(changes)}));
  return true;
}

/// A link of the tree as the original stores it: its id in lower case, the rest as it was sent.
Result<Value> read_link(const Value& sent) {
  if (!sent.is_object()) return model::violation("tree", "must hold arrays of objects", "object.base");
  Object link = sent.get_object();
  const Value* id = link.if_contains("_id");
  const auto parsed = id != nullptr && id->is_string() ? ObjectId::parse(id->get_string()) : std::nullopt;
  if (!parsed) return bad_id(id == nullptr ? "undefined" : json::scalar_text(*id));
  link["_id"] = parsed->hex();
  link.erase("_links");
  return Value(std::move(link));
}

Result<Array> read_branch(const Value& sent) {
  if (!sent.is_array()) return model::violation("tree", "must hold arrays", "array.base");
  Array links;
  for (const Value& one : sent.get_array()) {
    TRY_ASSIGN(Value link, read_link(one));
    links.emplace_back(std::move(link));
  }
  return links;
}

/// Who is to get which links.
struct Branch {
  const Entity* entity;
  const char* field;
  ObjectId id;
  Array links;
};

Result<std::vector<Branch>> read_branches(const Object& body) {
  TRY_ASSIGN(const Object valid, model::validate_fields(kTree, body, true));
  std::vector<Branch> out;
  std::optional<Array> root;
  if (const Value* tree = valid.if_contains("tree")) {
    for (const auto& member : tree->get_object()) {
      TRY_ASSIGN(Array links, read_branch(member.value()));
      if (member.key() == "root") {
        root = std::move(links);
        continue;
      }
      const auto id = ObjectId::parse(member.key());
      if (!id) return bad_id(member.key());
      out.push_back({&applications(), kDependencies, *id, std::move(links)});
    }
  }
  const Value* listed = valid.if_contains("systems");
  if (listed == nullptr) return out;
  if (listed->get_array().size() > kMaxSystems)
    return model::violation("systems", "must contain less than or equal to 3 items", "array.max");
  for (const Value& system : listed->get_array()) {
    const std::string_view text = json::text_or(system.get_object(), "_id");
    const auto id = ObjectId::parse(text);
    if (!id) return bad_id(text);
    if (root) out.push_back({&systems(), "entry", *id, *root});
  }
  return out;
}

}  // namespace

Result<Object> Relations::attach(const Context& context, const Relation& relation, const ObjectId& parent,
                                 const std::vector<ObjectId>& children) {
  const Entity& parents = *model::find_entity(relation.parent);
  const Entity& kind = *model::find_entity(relation.child);
  Object reference;
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto found, find_writable(tx, store_, context, parents, parent, store::kRead));
    if (!found) return not_there();
    reference = Object();
    if (const Value* name = found->body.if_contains("name")) reference["name"] = *name;
    reference["_id"] = parent.hex();
    if (const Value* family = found->body.if_contains("family")) reference["family"] = *family;
    int matched = 0;
    for (const ObjectId& id : children) {
      TRY_ASSIGN(const auto child, find_writable(tx, store_, context, kind, id));
      if (!child) continue;
      ++matched;
      Document after = *child;
      Array& links = links_of(after.body, relation.field);
      if (find_link(links, parent) != links.end()) continue;
      links.emplace_back(reference);
      TRY(keep(tx, store_, context, *child, std::move(after)));
    }
    return matched > 0 ? Result<void>() : Result<void>(not_allowed());
  }));
  return reference;
}

Result<void> Relations::detach(const Context& context, const Relation& relation, const ObjectId& parent,
                               const std::vector<ObjectId>& children) {
  const Entity& parents = *model::find_entity(relation.parent);
  const Entity& kind = *model::find_entity(relation.child);
  return store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    // A parent that was deleted meanwhile must not keep its links for ever.
    TRY_ASSIGN(const auto found, store_.documents().find(tx, parents, parent));
    if (!found || store_.documents().access(tx, found->access)->role_of(context.actor.principal) < store::kRead)
      return not_there();
    int matched = 0;
    for (const ObjectId& id : children) {
      TRY_ASSIGN(const auto child, find_writable(tx, store_, context, kind, id));
      if (!child) continue;
      ++matched;
      Document after = *child;
      Array& links = links_of(after.body, relation.field);
      for (auto at = find_link(links, parent); at != links.end(); at = find_link(links, parent)) links.erase(at);
      if (links.empty() && !child->body.contains(relation.field)) continue;
      TRY(keep(tx, store_, context, *child, std::move(after)));
    }
    return matched > 0 ? Result<void>() : Result<void>(not_allowed());
  });
}

Result<Object> Relations::add_dependency(const Context& context, const ObjectId& application, const Object& body) {
  TRY_ASSIGN(Object link, model::validate_fields(kAdded, body, true));
  const auto on = ObjectId::parse(link.at("_id").get_string());
  if (!on) return bad_id(link.at("_id").get_string());
  link["_id"] = on->hex();
  // As the original: it is validated and not kept.
  link.erase("environment");
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto found, find_writable(tx, store_, context, applications(), application, store::kAdmin));
    if (!found) return not_allowed();
    Document after = *found;
    Array& links = links_of(after.body, kDependencies);
    if (find_link(links, *on) != links.end()) return not_allowed();
    links.emplace_back(link);
    TRY(keep(tx, store_, context, *found, std::move(after)));
    return {};
  }));
  return link;
}

Result<Object> Relations::put_dependency(const Context& context, const ObjectId& application, const ObjectId& on,
                                         const Object& body) {
  TRY_ASSIGN(const Object valid, model::validate_fields(kPut, body, true));
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto found, find_writable(tx, store_, context, applications(), application, store::kAdmin));
    if (!found) return not_allowed();
    Document after = *found;
    Array& links = links_of(after.body, kDependencies);
    const auto at = find_link(links, on);
    if (at == links.end()) return not_allowed();
    for (const char* name : {"name", "family"}) at->get_object()[name] = valid.at(name);
    TRY(keep(tx, store_, context, *found, std::move(after)));
    return {};
  }));
  return Object{{"_id", on.hex()}, {"name", valid.at("name")}, {"family", valid.at("family")}};
}

Result<void> Relations::remove_dependency(const Context& context, const ObjectId& application, const ObjectId& on) {
  return store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto found, find_writable(tx, store_, context, applications(), application));
    if (!found) return not_allowed();
    Document after = *found;
    Array& links = links_of(after.body, kDependencies);
    const auto at = find_link(links, on);
    if (at == links.end()) return {};
    links.erase(at);
    TRY(keep(tx, store_, context, *found, std::move(after)));
    return {};
  });
}

Result<Relations::Replaced> Relations::replace_dependencies(const Context& context, const Object& body) {
  TRY_ASSIGN(const std::vector<Branch> branches, read_branches(body));
  Replaced out;
  TRY(store_.write(context, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    // Systems that are entered at the root are not counted: the original tells of applications alone.
    const auto is_counted = [](const Branch& branch) { return branch.entity == &applications(); };
    out = {.wanted = static_cast<int>(std::count_if(branches.begin(), branches.end(), is_counted))};
    for (const Branch& branch : branches) {
      TRY_ASSIGN(const auto found, find_writable(tx, store_, context, *branch.entity, branch.id));
      if (!found) continue;
      Document after = *found;
      after.body[branch.field] = branch.links;
      TRY_ASSIGN(const bool changed, keep(tx, store_, context, *found, std::move(after)));
      if (!is_counted(branch)) continue;
      ++out.matched;
      out.changed += changed ? 1 : 0;
    }
    return {};
  }));
  return out;
}

Inventory::Hook link_entries(store::Store& store, const Context& context) {
  return [&store, &context](Transaction& tx, const Document*, Document& system) -> Result<void> {
    const Value* entries = system.body.if_contains("entry");
    if (entries == nullptr || !entries->is_array()) return {};
    Object reference{{"_id", system.id.hex()}};
    if (const Value* name = system.body.if_contains("name")) reference["name"] = *name;
    for (const Value& entry : entries->get_array()) {
      const auto id = entry.is_object() ? ObjectId::parse(json::text_or(entry.get_object(), "_id")) : std::nullopt;
      if (!id) continue;
      TRY_ASSIGN(const auto application, find_writable(tx, store, context, applications(), *id));
      if (!application) continue;
      Document after = *application;
      Array& links = links_of(after.body, "system");
      if (find_link(links, system.id) != links.end()) continue;
      links.emplace_back(reference);
      TRY(keep(tx, store, context, *application, std::move(after)));
    }
    return {};
  };
}

}  // namespace maestro::inventory
