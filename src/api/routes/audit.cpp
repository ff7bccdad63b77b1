// The history of a document as the original's audit service shows it (spec of the audit service, 2): a view of our own
// history, or the answer of that service where it runs elsewhere.
#include "api/routes/audit.h"

#include "api/routes/tables.h"
#include "api/services.h"
#include "inventory/audit_view.h"
#include "inventory/past.h"

namespace maestro::api {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr std::size_t kDefaultLimit = 20'000;
constexpr std::size_t kHistoryAtOnce = 2'000;

Result<Answer> audit(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  // Also a document that is not there is refused as one that may not be seen.
  if (!call.services.inventory.get(call.context, call.entity(), id).ok()) return inventory::not_allowed();
  return audit_answer(call, call.entity(), id);
}

Result<Answer> audit_me(Call& call) { return audit_answer(call, call.entity(), call.context.actor.user); }

/// Mail addresses of those who acted; the original knew people by nothing else.
class Names {
 public:
  explicit Names(Call& call) : call_(call) {}

  Result<std::string> of(const store::HistoryRow& row) {
    static const model::Entity& users = *model::find_entity("users");
    if (row.verb == inventory::kTold) return row.actor_name;
    if (row.actor.kind == Principal::Kind::kConnection || row.actor.kind == Principal::Kind::kSystem)
      return std::string("MaestroServer");
    const auto known = emails_.find(row.actor.id);
    if (known != emails_.end()) return known->second;
    std::string& email = emails_[row.actor.id];
    email = row.actor_name;
    TRY_ASSIGN(const auto user, call_.services.store.documents().find(call_.context, users, row.actor.id));
    if (user && user->body.contains("email")) email = json::text_or(user->body, "email");
    return email;
  }

 private:
  Call& call_;
  std::map<ObjectId, std::string> emails_;
};

}  // namespace

Result<Answer> audit_answer(Call& call, const model::Entity& entity, const ObjectId& id) {
  using siblings::Service, siblings::Siblings;
  const Siblings& siblings = call.services.siblings;
  const std::string path = fmt::format("/audit/{}/{}", entity.name, id.hex());
  switch (siblings.place(Service::kAudit)) {
    case Siblings::Place::kDisabled:
      return siblings::disabled(Service::kAudit);
    case Siblings::Place::kElsewhere: {
      TRY_ASSIGN(const Value answer, siblings.call(call.context, Service::kAudit, "GET", path));
      return json_answer(200, answer);
    }
    case Siblings::Place::kHere:
      break;
  }
  return own_audit_answer(call, entity, id);
}

Result<Answer> own_audit_answer(Call& call, const model::Entity& entity, const ObjectId& id) {
  const std::string path = fmt::format("/audit/{}/{}", entity.name, id.hex());
  TRY_ASSIGN(const auto limit, call.number("limit", kDefaultLimit, 1, kDefaultLimit));
  TRY_ASSIGN(const auto page, call.number("page", 1, 1, 1'000'000));
  const Value* order = call.query.if_contains("ascending");
  const bool newest_first = order != nullptr && json::scalar_text(*order) == "0";
  TRY_ASSIGN(const auto document, call.services.store.documents().find(call.context, entity, id));
  if (!document) return inventory::not_allowed();

  std::vector<store::HistoryRow> rows;  // newest first
  for (std::int64_t before = 0;;) {
    TRY_ASSIGN(auto more, call.services.store.documents().history(
                              call.context, {.row = document->row, .before = before, .limit = kHistoryAtOnce}));
    const bool last = more.size() < kHistoryAtOnce;
    if (!more.empty()) before = more.back().id;
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    if (last) break;
  }
  if (!newest_first) std::reverse(rows.begin(), rows.end());

  const std::size_t size = static_cast<std::size_t>(limit), first = (static_cast<std::size_t>(page) - 1) * size;
  const std::size_t pages = (rows.size() + size - 1) / size;
  if (first >= rows.size() && !rows.empty()) return not_found("Data not found");
  Names names(call);
  Array items;
  for (std::size_t i = first; i < std::min(rows.size(), first + size); ++i) {
    const store::HistoryRow& row = rows[i];
    const std::string record = inventory::audit_id(row.id);
    TRY_ASSIGN(std::string user, names.of(row));
    const Object self{{"href", "/audit/" + record}, {"method", "GET"}};
    items.emplace_back(Object{{"_id", record},
                              {"updated_at", to_iso(row.at)},
                              {"entity", entity.name},
                              {"entity_id", id.hex()},
                              {"user", std::move(user)},
                              {"body", inventory::audit_body(row)},
                              {"_links", Object{{"_self", self}}}});
  }
  const auto link = [&](std::int64_t number) {
    return Object{{"href", fmt::format("{}?page={}&limit={}", path, number, limit)}, {"method", "GET"}};
  };
  Object links{{"_self", link(page)}};
  const auto last = static_cast<std::int64_t>(pages);
  if (page > 1) links["prev"] = link(page - 1);
  if (page < last) links["next"] = link(page + 1);
  if (last > 1) {
    links["first"] = link(1);
    links["last"] = link(last);
  }
  return json_answer(200, Object{{"found", rows.size()},
                                 {"limit", limit},
                                 {"total_pages", pages},
                                 {"current_page", page},
                                 {"items", std::move(items)},
                                 {"_links", std::move(links)}});
}

std::vector<Route> audit_routes() {
  std::vector<Route> out;
  for (const model::Entity* entity : model::entities()) {
    if (!entity->has_audit_route) continue;
    const bool people = std::string_view(entity->name) == "users";
    out.push_back({.method = http::Method::kGet,
                   .pattern = people ? std::string("/me/audit") : fmt::format("/{}/:id/audit", entity->route),
                   .handler = people ? audit_me : audit,
                   .doc = "Every change, oldest first, as the original's audit service shows it.",
                   .tag = entity->route,
                   .entity = entity,
                   .team = entity->access == model::Access::kRoles ? store::kRead : 0});
  }
  return out;
}

}  // namespace maestro::api
