// Inventory: create, change, remove and grant, with the rules that every declared entity shares (spec sections 2 and
// 4).
//
// One service call is one transaction that writes change, history and counts together.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "inventory/past.h"
#include "store/store.h"

namespace maestro::inventory {

/// A document as its reader may see it.
struct View {
  store::Document document;
  std::shared_ptr<const store::AccessSet> access;
};

/// The wire words of refusals that clients read.
Error not_there();                    ///< 404 "Not Found"
Error not_allowed();                  ///< 400 "You not authorize to do this!"
Error bad_id(std::string_view text);  ///< 404 "Indentity <x> not exist"
/// 412: the document is no longer what the caller has read.
Error moved_on();

/// Whose eyes a list of this entity has when `actor` acts.
store::Viewer viewer(const model::Entity& entity, const Actor& actor, int role = store::kRead);

/// Which states of a document a change may meet, as store::Document::rev. Checked inside the transaction of the change,
/// after the rules of access: a stranger learns nothing from it. Fails with moved_on().
struct Expected {
  std::optional<std::vector<std::int64_t>> revisions = {};  ///< nullopt = any
};

/// Bounds of a list as of an earlier time.
inline constexpr std::size_t kMaxPastChanged = 1000;  ///< documents that have changed since
inline constexpr std::size_t kMaxPastDepth = 5000;    ///< end of the last page

/// Thread-safe. The roles of the context's acting principal count; for reading also those that its readers hold.
class Inventory {
 public:
  /// Runs inside the transaction, after the shared rules and before the write: may change `after` or refuse.
  /// `before` is nullptr on creation.
  using Hook = std::function<Result<void>(store::Transaction&, const store::Document* before, store::Document& after)>;

  /// Runs inside the transaction, after the write: what must be there with it or not at all.
  using After = std::function<Result<void>(store::Transaction&, const View&)>;

  /// What an entity demands beyond the shared rules, whatever route or service writes its documents: by entity name.
  /// Runs after the caller's hook, on creation, change, removal and restoration; not when roles are granted.
  using Rules = std::vector<std::pair<std::string_view, Hook>>;

  explicit Inventory(store::Store& store, Rules rules = {}) : store_(store), rules_(std::move(rules)) {}

  Result<View> get(const Context&, const model::Entity&, const ObjectId&);
  /// As it was at an instant; not_there() before its creation. Today's roles decide who may look.
  Result<Past> get_as_of(const Context&, const model::Entity&, const ObjectId&, Time instant);
  /// The page of a list as it was: what matched the filter then, in order of updated_at, as today's roles allow. The
  /// filter is tried on every document that has changed since; kInvalid beyond the bounds above. No cursors; an item's
  /// access set is today's.
  Result<store::ListPage> list_as_of(const Context&, const store::ListSpec&, Time instant);
  Result<View> create(const Context&, const model::Entity&, const json::Object& body, const Hook& hook = {},
                      const After& after = {});
  /// The same inside a transaction of the caller: for what makes several documents at once or none.
  Result<View> create(store::Transaction&, const Context&, const model::Entity&, const json::Object& body,
                      const Hook& hook = {});
  /// Replaces what a person may write; stored owner, access, times, and values that a connection states stay.
  Result<View> put(const Context&, const model::Entity&, const ObjectId&, const json::Object& body,
                   const Hook& hook = {}, const Expected& expected = {});
  struct Patched {
    View view;
    std::vector<std::string> fields;  ///< top-level fields that the body set
  };
  Result<Patched> patch(const Context&, const model::Entity&, const ObjectId&, const json::Object& body,
                        const Hook& hook = {}, const Expected& expected = {});
  /// Soft delete; needs role 7.
  Result<void> remove(const Context&, const model::Entity&, const ObjectId&, const Hook& hook = {},
                      const Expected& expected = {});
  /// Makes a soft-deleted document active again; needs role 7.
  Result<View> restore(const Context&, const model::Entity&, const ObjectId&, const Expected& expected = {},
                       const Hook& hook = {});

  // Roles (spec 2.4); all need role 7. The last administrator can be neither removed nor demoted.
  struct Granted {
    View view;
    json::Value items;  ///< the element, or the whole array after put_roles
  };
  Result<Granted> add_role(const Context&, const model::Entity&, const ObjectId&, const json::Object& body,
                           const Expected& expected = {});
  Result<Granted> put_roles(const Context&, const model::Entity&, const ObjectId&, const json::Value& body,
                            const Expected& expected = {});
  Result<Granted> put_role(const Context&, const model::Entity&, const ObjectId&, std::string_view holder,
                           const json::Object& body, const Expected& expected = {});
  Result<void> remove_role(const Context&, const model::Entity&, const ObjectId&, std::string_view holder,
                           const Expected& expected = {});

  /// Lets discovery write a field again that a person had set; needs role 3.
  Result<View> unpin(const Context&, const model::Entity&, const ObjectId&, std::string_view path,
                     const Expected& expected = {});

  store::Store& store() { return store_; }

 private:
  using Edit = std::function<Result<void>(store::Transaction&, const store::Document& before, store::Document& after)>;
  struct Rule {
    int role = store::kAdmin;
    bool wants_active = true;
    const char* verb = "";
    const Expected& expected;
    store::Change::Extent extent = store::Change::Extent::kUntold;
    const std::vector<std::string>* fields = nullptr;  ///< that a partial change names, once `edit` has run
  };
  Result<View> insert(store::Transaction&, const Context&, const model::Entity&, const json::Object& sent,
                      const json::Object& body, const Hook& hook);
  /// Reads, checks role, activity and what is expected, lets `edit` change a copy, writes with the rule's verb.
  Result<View> change(const Context&, const model::Entity&, const ObjectId&, const Rule& rule, const Edit& edit);
  /// The caller's hook, then the rules of the entity.
  Result<void> obey(store::Transaction&, const store::Document* before, store::Document& after, const Hook& hook);
  Result<Granted> regrant(const Context&, const model::Entity&, const ObjectId&, const Expected& expected,
                          const std::function<Result<json::Value>(std::vector<store::RoleEntry>&)>& edit,
                          store::Change::Extent extent = store::Change::Extent::kUntold);

  store::Store& store_;
  const Rules rules_;
};

}  // namespace maestro::inventory
