#include "auth/administrators.h"

#include "auth/account_history.h"
#include "base/log.h"
#include "base/text.h"

namespace maestro::auth {
namespace {

using store::Transaction;
constexpr auto kInteractive = store::Store::Priority::kInteractive;

const model::Entity& users() {
  static const model::Entity& entity = *model::find_entity("users");
  return entity;
}

}  // namespace

std::set<std::string, std::less<>> read_addresses(std::string_view text) {
  std::set<std::string, std::less<>> out;
  std::string list(text);
  std::replace(list.begin(), list.end(), ' ', ',');
  for (const auto part : text::split(list, ','))
    if (const auto address = text::trim(part); !address.empty()) out.insert(text::lower(address));
  return out;
}

Result<std::vector<Administrators::Administrator>> Administrators::list(const Context& context) const {
  return store_.accounts().administrators(context);
}

Result<bool> Administrators::appoint(Transaction& tx, const ObjectId& user) const {
  TRY_ASSIGN(const auto found, store_.documents().find(tx, users(), user));
  if (!found || !found->active) return not_found("There is no such person");
  TRY_ASSIGN(const bool is_new, store_.accounts().add_administrator(tx, user));
  if (is_new) TRY(note(store_, tx, user, "administrator", false, true));
  return is_new;
}

Result<bool> Administrators::appoint(const Context& context, const ObjectId& user) const {
  bool is_new = false;
  TRY(store_.write(context, kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(is_new, appoint(tx, user));
    return {};
  }));
  return is_new;
}

Result<void> Administrators::dismiss(const Context& context, const ObjectId& user) const {
  return store_.write(context, kInteractive, [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto all, store_.accounts().administrators(tx));
    if (std::none_of(all.begin(), all.end(), [&](const auto& one) { return one.user == user; }))
      return not_found("This person is no administrator");
    if (all.size() == 1) return conflict("The last administrator cannot be removed: appoint another one first");
    TRY(store_.accounts().remove_administrator(tx, user));
    return note(store_, tx, user, "administrator", true, false);
  });
}

Result<void> Administrators::appoint_named(const Context& context) const {
  for (const std::string& address : named_) {
    TRY_ASSIGN(const auto user, store_.accounts().with_email(context, address));
    if (!user) continue;
    TRY_ASSIGN(const auto known, store_.accounts().by_login(context, user->id, {}));
    if (known && !known->administrator) TRY(appoint(context, user->id));
  }
  return {};
}

Result<void> Administrators::welcome(Transaction& tx, const store::Document& user, bool first) const {
  if (!first && !named_.contains(text::lower(json::text_or(user.body, "email")))) return {};
  TRY(appoint(tx, user.id));
  return {};
}

Result<void> Administrators::farewell(Transaction& tx, const ObjectId& user) const {
  TRY_ASSIGN(const auto all, store_.accounts().administrators(tx));
  if (all.size() == 1 && all.front().user == user)
    log::warn("the last administrator deletes the own account; see maestro administrators add");
  return store_.accounts().forget(tx, user);
}

}  // namespace maestro::auth
