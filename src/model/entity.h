// Entity and Field: what a thing is. Tables, routes, filters, validation, history, OpenAPI and forms derive from them.
//
// One file in model/entities/ declares one entity; cmake/Catalog.cmake collects the folder. Everything here is
// constexpr data: no allocation, no registration. The rules of a field follow the original's schema (spec of the server
// API, 0.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maestro::model {

enum class Type {
  kAny,
  kString,
  kNumber,
  kBoolean,
  kArray,
  kObject,
  kIp,     ///< v4 or v6, optional CIDR
  kEmail,  ///< lenient: a@b is one
  kUri,    ///< http or https only
  kStringOrNumber,
  kObjectId,  ///< 24 hex
};

enum class Need { kNo, kOnCreate, kAlways };
/// What happens to a value in a body of a user.
enum class Written {
  kYes,
  kOnce,     ///< by its creation alone: a later value is ignored
  kDropped,  ///< silently ignored: not in the writable list
  kRefused,  ///< in the writable list without a rule: always 422
};
/// Where a value is shown. kList implies kSingle for top-level fields.
enum class Show { kHidden, kSingle, kList };
/// How fast filters on it are. kNone = one cancellable scan.
enum class Index {
  kNone,
  kEq,     ///< few distinct values: exact filters and counts
  kRange,  ///< ordered: sort, from, to
  kText,   ///< sort, exact, substring
};
/// Who writes it, as a rule: decides whether a discovered value replaces and clears it.
enum class Origin { kUser, kDiscovery, kServer };
enum class Group { kGeneral, kHardware, kNetwork, kPlacement, kAccess, kSoftware, kProvenance, kOther };

struct Field {
  const char* name = "";
  const char* doc = "";    ///< required; a field without it does not build
  const char* label = "";  ///< for people; empty = the name
  Type type = Type::kAny;
  Need need = Need::kNo;
  Written written = Written::kYes;
  Show show = Show::kHidden;
  Index index = Index::kNone;
  Origin origin = Origin::kUser;
  Group group = Group::kOther;
  const char* unit = "";
  bool list_default = false;  ///< a column of the UI's list unless the person chose others
  bool exclusive = false;     ///< no two active documents have the same text, in any case of letters; needs an index
  bool moment = false;        ///< a text that holds a point in time, ISO 8601: lists compare it as one

  // Rules; 0 / -1 = no limit.
  int min_length = 0;
  int max_length = 0;
  bool positive = false;
  double min = 0;  ///< checked when has_min
  double max = 0;  ///< checked when not 0
  bool has_min = false;
  std::span<const char* const> one_of = {};  ///< of a text, or of a number in digits
  const char* fallback = "";                 ///< default of a missing value, as JSON text; creation only
  bool always_fallback = false;              ///< injected by the original on every validation; here still creation only

  // Arrays.
  Type of = Type::kAny;        ///< type of the elements
  bool unique = false;         ///< no two equal elements
  const char* unique_by = "";  ///< no two elements with this property equal (both missing counts as equal)

  // Shape of an object, or of the elements of an array of objects. `open` = other members are allowed.
  std::span<const Field> members = {};
  bool open = false;
};

enum class Access { kNone, kRoles, kMembers };
/// Which writes the generic routes of an entity offer.
enum class Writes { kAll, kPatch, kNothing };

/// Renames a key inside `query` before it is applied (spec 3.3).
struct Alias {
  const char* from;
  const char* to;
};

struct Entity {
  const char* name = "";        ///< in _links, audit paths, relations
  const char* route = "";       ///< first path segment
  const char* collection = "";  ///< table of the narrow rows; the original's collection
  const char* label = "";
  const char* label_plural = "";
  const char* doc = "";
  Access access = Access::kRoles;
  Writes writes = Writes::kAll;
  const char* own_writes = "";   ///< those of them that a file of its own in api/routes answers: "POST PUT"
  bool administered = false;     ///< everybody reads it, only administrators of the instance write it
  bool visible_inactive = true;  ///< GET one shows soft-deleted rows
  bool audited = true;           ///< write answers carry `user` and `_id` (the original's entities with hooks)
  bool has_roles_routes = true;
  bool has_audit_route = true;
  bool shows_updated = true;         ///< `updated_at` is shown
  bool shows_owner = true;           ///< `owner` is stored and shown
  bool autocompletes = false;        ///< has a list of names as one types
  bool tombstone_on_put = false;     ///< PUT sets checksum:"tombstone" (tells old discovery that a person edited it)
  bool links_entries = false;        ///< the applications in its `entry` get a link back to it
  int kept_days = 0;                 ///< goes for good so many days after its creation; 0 = never
  const char* raises = "";           ///< boolean field that every change sets: somebody else waits for it
  const char* identity = "";         ///< dotted field that holds the provider's id of a hand-made row ("unique_id")
  const char* legacy_identity = "";  ///< a second one, tried after it ("datacenters.instance_id")
  std::span<const Field> fields = {};
  std::span<const char* const> relations = {};  ///< fields whose `_id` members are object ids
  std::span<const Alias> aliases = {};
  const char* defaults = "{}";  ///< merged into missing top-level keys of a created body (JSON object text)
};

// ---- the catalog --------------------------------------------------------------------------------------------------

/// Every declared entity, sorted by file name. Defined by the generated unit.
std::span<const Entity* const> entities();
/// By name; nullptr when there is none.
const Entity* find_entity(std::string_view name);
/// By first path segment in lower case; nullptr when there is none.
const Entity* find_entity_by_route(std::string_view route);

/// Top-level field or dotted member; nullptr when it is not declared (members of open objects included).
const Field* find_field(const Entity& entity, std::string_view path);
/// True when a provider mapping may write `path`: declared, or inside an open object or an untyped field.
bool is_mappable(const Entity& entity, std::string_view path);

/// A field with its dotted path, for tables and forms that need the flat view.
struct FlatField {
  std::string path;
  const Field* field;
};
/// Every declared field, members of objects (not of arrays) included, depth first.
std::vector<FlatField> flatten(const Entity& entity);
/// Dotted paths of list items / of one document (spec 7: list and single fields), `_id` and times included.
const std::vector<std::string>& list_paths(const Entity& entity);
const std::vector<std::string>& single_paths(const Entity& entity);
/// The field that holds the access set on the wire: "roles", "members", or "" for entities without.
const char* access_field(const Entity& entity);

// ---- checked by the compiler --------------------------------------------------------------------------------------

constexpr bool fields_are_sound(std::span<const Field> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name[0] == '\0' || fields[i].doc[0] == '\0') return false;
    for (std::size_t k = 0; k < i; ++k)
      if (std::string_view(fields[i].name) == fields[k].name) return false;
    if (!fields_are_sound(fields[i].members)) return false;
  }
  return true;
}
constexpr bool catalog_is_sound(std::span<const Entity* const> all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i]->doc[0] == '\0' || !fields_are_sound(all[i]->fields)) return false;
    for (std::size_t k = 0; k < i; ++k) {
      if (std::string_view(all[i]->name) == all[k]->name || std::string_view(all[i]->route) == all[k]->route)
        return false;
    }
  }
  return true;
}

}  // namespace maestro::model
