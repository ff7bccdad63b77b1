// Relations: links between documents that are kept as copies of id and name in one of them (spec of the server API, 4
// and 6.3), and the dependencies of applications.
//
// One call is one transaction. A linked document changes like any other: it needs role 3 there, and its history tells.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "inventory/inventory.h"
#include "store/store.h"

namespace maestro::inventory {

/// Children of `child` carry references to documents of `parent` in the array `field`.
struct Relation {
  const char* parent = "";
  const char* child = "";
  const char* field = "";
};
inline constexpr Relation kServersOfApplication{.parent = "applications", .child = "servers", .field = "applications"};
inline constexpr Relation kApplicationsOfSystem{.parent = "system", .child = "applications", .field = "system"};
inline constexpr Relation kSystemsOfClient{.parent = "clients", .child = "system", .field = "clients"};

/// Thread-safe. Errors as Inventory: not_there() for a parent that one may not read, not_allowed() when no child could
/// be changed, bad_id() for a word that is no id.
class Relations {
 public:
  explicit Relations(store::Store& store) : store_(store) {}

  /// Links each child that one may write; the reference {name, _id, family} that was written.
  Result<json::Object> attach(const Context&, const Relation&, const ObjectId& parent,
                              const std::vector<ObjectId>& children);
  Result<void> detach(const Context&, const Relation&, const ObjectId& parent, const std::vector<ObjectId>& children);

  /// Body: {_id, name, family, environment?}; needs role 7. not_allowed() when it depends on it already.
  Result<json::Object> add_dependency(const Context&, const ObjectId& application, const json::Object& body);
  /// Body: {name, family, environment?}; needs role 7. not_allowed() when there is none.
  Result<json::Object> put_dependency(const Context&, const ObjectId& application, const ObjectId& on,
                                      const json::Object& body);
  /// Needs role 3; succeeds when there is none.
  Result<void> remove_dependency(const Context&, const ObjectId& application, const ObjectId& on);

  struct Replaced {
    int wanted = 0;   ///< applications and systems that the body names
    int matched = 0;  ///< of those, the ones that one may write
    int changed = 0;
  };
  /// Body: {tree: {application: [dependency]}, systems: [...]}; `tree.root` becomes the entry of each system. What one
  /// may not write is left out.
  Result<Replaced> replace_dependencies(const Context&, const json::Object& body);

 private:
  store::Store& store_;
};

/// For Inventory's writes of a document with an `entry`: those applications get a link back to it, where the actor may
/// write them. Links are never removed. Both references must outlive the hook.
Inventory::Hook link_entries(store::Store& store, const Context& context);

}  // namespace maestro::inventory
