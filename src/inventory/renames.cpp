#include "inventory/renames.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;
using store::Document;

/// A member of the renamed document that others copy.
struct Member {
  const char* name;
  bool only_known = false;  ///< copied where a copy is already
};

/// Where copies are: references {_id, name, ...} in a field (one, or an array of them), a plain field beside an id, or
/// the roles.
struct Place {
  enum class Kind { kReference, kBeside, kRoles } kind = Kind::kReference;
  const model::Entity* entity = nullptr;
  const char* field = "";
  const char* id_field = "";  ///< of kBeside
  std::vector<Member> members = {};
};

const model::Entity* of_collection(std::string_view name) {
  for (const model::Entity* entity : model::entities())
    if (name == entity->collection) return entity;
  return nullptr;
}

std::vector<Place> roles_places(const std::vector<Member>& in_roles, const std::vector<Member>& in_teams) {
  std::vector<Place> out;
  for (const model::Entity* entity : model::entities()) {
    if (entity->access == model::Access::kNone) continue;
    const bool team = entity->access == model::Access::kMembers;
    out.push_back({.kind = Place::Kind::kRoles, .entity = entity, .members = team ? in_teams : in_roles});
  }
  return out;
}

std::vector<Place> references(std::initializer_list<std::pair<const char*, const char*>> where,
                              const std::vector<Member>& members) {
  std::vector<Place> out;
  for (const auto& [collection, field] : where)
    if (const model::Entity* entity = of_collection(collection))
      out.push_back({.entity = entity, .field = field, .members = members});
  return out;
}

std::vector<Place> derive_places(std::string_view entity) {
  if (entity == "applications")
    return references({{"servers", "applications"}, {"applications", "deps"}, {"systems", "entry"}},
                      {{"name"}, {"family"}});
  if (entity == "system") return references({{"applications", "system"}}, {{"name"}});
  if (entity == "clients") return references({{"systems", "clients"}}, {{"name"}});
  if (entity == "datacenters") {
    // Connections first: what they discover takes the name from them.
    std::vector<Place> out{{.kind = Place::Kind::kBeside,
                            .entity = of_collection("connections"),
                            .field = "dc",
                            .id_field = "dc_id",
                            .members = {{"name"}}}};
    for (Place& place : references({{"servers", "datacenters"},
                                    {"applications", "datacenters"},
                                    {"volumes", "datacenters"},
                                    {"networks", "datacenters"},
                                    {"images", "datacenters"},
                                    {"flavors", "datacenters"},
                                    {"snapshots", "datacenters"}},
                                   {{"name"}}))
      out.push_back(std::move(place));
    return out;
  }
  const bool team = entity == "teams";
  if (!team && entity != "users") return {};
  const std::vector<Member> members =
      team ? std::vector<Member>{{"name"}} : std::vector<Member>{{"email"}, {"name", true}};
  std::vector<Place> out = references({{"connections", "owner_user"}}, members);
  for (Place& place : roles_places(members, {{"email"}, {"name"}})) out.push_back(std::move(place));
  return out;
}

const std::vector<Place>& places_of(std::string_view entity) {
  static const auto all = [] {
    std::map<std::string, std::vector<Place>, std::less<>> out;
    for (const model::Entity* each : model::entities()) out[each->name] = derive_places(each->name);
    return out;
  }();
  static const std::vector<Place> none;
  const auto found = all.find(entity);
  return found == all.end() ? none : found->second;
}

/// Brings the copies in one object after the document; false when they were right.
bool copy_members(Object& copy, const Place& place, const Document& renamed) {
  bool changed = false;
  for (const Member& member : place.members) {
    const Value* now = renamed.body.if_contains(member.name);
    if (now == nullptr) continue;
    const Value* known = copy.if_contains(member.name);
    if (known == nullptr ? member.only_known : json::equal(*known, *now)) continue;
    copy[member.name] = *now;
    changed = true;
  }
  return changed;
}

bool refers_to(const Object& reference, const ObjectId& id) {
  return ObjectId::parse(json::text_or(reference, "_id")) == id;
}

bool mend_references(Document& document, const Place& place, const Document& renamed) {
  Value* value = document.body.if_contains(place.field);
  if (value == nullptr) return false;
  bool changed = false;
  const auto mend = [&](Value& one) {
    if (one.is_object() && refers_to(one.get_object(), renamed.id))
      changed = copy_members(one.get_object(), place, renamed) || changed;
  };
  if (value->is_array()) {
    for (Value& one : value->get_array()) mend(one);
  } else {
    mend(*value);
  }
  return changed;
}

bool mend_beside(Document& document, const Place& place, const Document& renamed) {
  if (ObjectId::parse(json::text_or(document.body, place.id_field)) != renamed.id) return false;
  const Value* now = renamed.body.if_contains(place.members.front().name);
  const Value* known = document.body.if_contains(place.field);
  if (now == nullptr || (known != nullptr && json::equal(*known, *now))) return false;
  document.body[place.field] = *now;
  return true;
}

/// The holder's names in the roles. Sets are shared and never edited: the document moves to another one.
Result<bool> mend_roles(store::Transaction& tx, store::Store& store, Document& document, const Place& place,
                        const Document& renamed) {
  std::vector<store::RoleEntry> entries = store.documents().access(tx, document.access)->entries;
  bool changed = false;
  for (store::RoleEntry& entry : entries)
    if (refers_to(entry.wire, renamed.id)) changed = copy_members(entry.wire, place, renamed) || changed;
  if (!changed) return false;
  TRY_ASSIGN(document.access, store.documents().intern(tx, entries));
  return true;
}

/// Whether `who` may read the document, as themselves or as a member of a team.
Result<bool> reads(store::Transaction& tx, store::Store& store, const Principal& who, const Document& document) {
  static const model::Entity& teams = *model::find_entity("teams");
  const auto access = store.documents().access(tx, document.access);
  if (access->role_of(who) >= store::kRead) return true;
  if (who.kind != Principal::Kind::kUser) return false;
  for (const store::RoleEntry& entry : access->entries) {
    if (entry.principal.kind != Principal::Kind::kTeam || entry.role < store::kRead) continue;
    TRY_ASSIGN(const auto team, store.documents().find(tx, teams, entry.principal.id));
    if (team && team->active && store.documents().access(tx, team->access)->role_of(who) >= store::kRead) return true;
  }
  return false;
}

/// Anybody can write any id into a document of their own: a new name is told only where its owner may read it.
Result<bool> may_follow(store::Transaction& tx, store::Store& store, const Document& copy, const Document& renamed) {
  const Principal& owner = copy.owner;
  const bool is_somebody = owner.kind == Principal::Kind::kUser || owner.kind == Principal::Kind::kTeam;
  // People are known to everybody, and a team to itself.
  if (!is_somebody || renamed.entity->access == model::Access::kNone || owner.id == renamed.id ||
      owner == renamed.owner)
    return true;
  return reads(tx, store, owner, renamed);
}

Result<bool> mend(store::Transaction& tx, store::Store& store, Document& document, const Place& place,
                  const Document& renamed) {
  switch (place.kind) {
    case Place::Kind::kReference:
      return mend_references(document, place, renamed);
    case Place::Kind::kBeside:
      return mend_beside(document, place, renamed);
    case Place::Kind::kRoles:
      return mend_roles(tx, store, document, place, renamed);
  }
  return false;
}

}  // namespace

/// How far a job got: two steps a place, for active and for deleted documents.
struct Renames::Position {
  const model::Entity* entity = nullptr;
  ObjectId id;
  std::size_t step = 0;
  std::string cursor;
  int pass = 1;

  static Position of(const store::Job& job) {
    Position out;
    out.entity = model::find_entity(json::text_or(job.payload, "entity"));
    out.id = ObjectId::parse(json::text_or(job.payload, "id")).value_or(ObjectId());
    out.step = static_cast<std::size_t>(std::max<std::int64_t>(0, json::int_or(job.payload, "step")));
    out.cursor = std::string(json::text_or(job.payload, "cursor"));
    out.pass = static_cast<int>(json::int_or(job.payload, "pass", 1));
    return out;
  }
  Object payload() const {
    return {{"entity", entity->name},
            {"id", id.hex()},
            {"step", static_cast<std::int64_t>(step)},
            {"cursor", cursor},
            {"pass", pass}};
  }
  const std::vector<Place>& places() const { return places_of(entity->name); }
  bool over() const { return step >= places().size() * 2; }
  const Place& place() const { return places()[step / 2]; }

  store::ListSpec spec(std::size_t limit) const {
    const Place& at = place();
    store::ListSpec out{.entity = at.entity, .viewer = {.everything = true}};
    // In the order of creation, which edits leave alone: a walk that goes on behind its last row misses none.
    out.active = step % 2 == 0;
    out.sort = "created_at";
    out.descending = false;
    out.limit = limit;
    out.cursor = cursor;
    out.count = store::Count::kNone;
    if (at.kind == Place::Kind::kRoles) {
      const bool team = std::string_view(entity->name) == "teams";
      out.viewer = {.everything = false,
                    .readers = {{team ? Principal::Kind::kTeam : Principal::Kind::kUser, id}},
                    .role = store::kRead};
      return out;
    }
    const std::string path = at.kind == Place::Kind::kBeside ? at.id_field : std::string(at.field) + "._id";
    out.filter.children.push_back({.kind = store::Filter::Kind::kLeaf,
                                   .leaf = {.path = path, .op = store::Condition::Op::kEq, .values = {Value(id.hex())}},
                                   .children = {}});
    return out;
  }
};

Result<void> Renames::written(store::Transaction& tx, const Document* before, const Document& after,
                              const store::Change&) {
  if (before == nullptr) return {};
  const std::vector<Place>& places = places_of(after.entity->name);
  const bool renamed = std::any_of(places.begin(), places.end(), [&](const Place& place) {
    return std::any_of(place.members.begin(), place.members.end(), [&](const Member& member) {
      const Value* old = before->body.if_contains(member.name);
      const Value* now = after.body.if_contains(member.name);
      return now != nullptr && (old == nullptr || !json::equal(*old, *now));
    });
  });
  if (!renamed) return {};
  Position start;
  start.entity = after.entity;
  start.id = after.id;
  store::Job job{.type = kRenameJob, .lane = kRenameLane, .payload = start.payload(), .run_at = tx.now()};
  return store_.ledger().enqueue(tx, job);
}

Result<void> Renames::leave(store::Transaction& tx, const store::Job& job, const Position& next) {
  if (!next.over()) {
    store::Job rest{.type = kRenameJob, .lane = kRenameLane, .payload = next.payload(), .run_at = tx.now()};
    TRY(store_.ledger().enqueue(tx, rest));
  } else if (next.pass < options_.passes) {
    Position again = next;
    again.step = 0;
    again.cursor.clear();
    ++again.pass;
    store::Job later{
        .type = kRenameJob, .lane = kRenameLane, .payload = again.payload(), .run_at = tx.now() + options_.pause};
    TRY(store_.ledger().enqueue(tx, later));
  }
  return store_.ledger().finish_job(tx, job);
}

Result<void> Renames::handle(const Context& context, const store::Job& job) {
  const auto bulk = store::Store::Priority::kBulk;
  Position position = Position::of(job);
  if (position.entity == nullptr || !position.id)
    return store_.write(context, bulk,
                        [&](store::Transaction& tx) -> Result<void> { return store_.ledger().finish_job(tx, job); });
  store::ListPage page;
  while (!position.over() && page.items.empty() && !context.stopped()) {
    auto listed = store_.documents().list(context, position.spec(options_.page));
    if (!listed.ok() && listed.error().code == Code::kInvalid && !position.cursor.empty()) {
      position.cursor.clear();  // of an older program: the step is done again
      continue;
    }
    if (!listed.ok()) return std::move(listed).error();
    page = std::move(*listed);
    if (!page.items.empty()) break;
    ++position.step;
    position.cursor.clear();
  }
  Position next = position;
  if (!page.items.empty()) {
    next.cursor = page.next;
    if (page.next.empty()) ++next.step;
  }
  std::size_t done = 0;
  do {
    const std::size_t end = std::min(page.items.size(), done + options_.batch);
    TRY(store_.write(context, bulk, [&](store::Transaction& tx) -> Result<void> {
      TRY(store_.ledger().check_lease(tx, job));
      TRY_ASSIGN(const auto renamed, store_.documents().find(tx, *position.entity, position.id));
      for (std::size_t i = done; renamed && i < end; ++i) {
        const Place& place = position.place();
        TRY_ASSIGN(const auto before, store_.documents().find(tx, *place.entity, page.items[i].id));
        if (!before) continue;
        Document after = *before;
        TRY_ASSIGN(const bool changed, mend(tx, store_, after, place, *renamed));
        if (!changed) continue;
        TRY_ASSIGN(const bool told, may_follow(tx, store_, *before, *renamed));
        if (told) TRY(store_.documents().update(tx, *before, after, {}));
      }
      return end == page.items.size() ? leave(tx, job, next) : Result<void>();
    }));
    done = end;
  } while (done < page.items.size());
  return {};
}

}  // namespace maestro::inventory
