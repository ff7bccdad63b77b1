#include "inventory/told.h"

#include "inventory/past.h"
#include "store/projection.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;
using store::Document;

constexpr std::size_t kLookBack = 200;  ///< rows of history in which a telling may be known already

/// What clients see of the document.
Object face(store::Store& store, const Document& document) {
  return store::single_object(document, *store.documents().access(document.access), false, false);
}

/// Times, marks and access are kept here by other rules: a peer's word about them says nothing.
bool is_told(const model::Entity& entity, std::string_view name) {
  for (const char* own : {"_id", "created_at", "updated_at", "checksum", "accountant", "process", "conn", "password"})
    if (name == own) return false;
  return name != model::access_field(entity) && name.find('\0') == std::string_view::npos && !name.empty();
}

Object differing(store::Store& store, const Document& document, const Telling& telling) {
  if (telling.kind == Telling::Kind::kRemoved) return document.active ? Object{{"removed", true}} : Object();
  const Object known = face(store, document);
  Object out;
  for (const auto& member : telling.body) {
    if (!is_told(*document.entity, member.key())) continue;
    const Value* ours = known.if_contains(member.key());
    if (ours == nullptr) ours = document.body.if_contains(member.key());
    if (member.key() == "active" && member.value().is_bool() && member.value().get_bool() == document.active) continue;
    if (ours == nullptr ? !member.value().is_null() : !json::equal(*ours, member.value()))
      out[member.key()] = member.value();
  }
  return out;
}

/// Members whose newest word in history is this very value.
void leave_out_known(const std::vector<store::HistoryRow>& newest_first, Object& changes) {
  std::set<std::string> decided;
  for (const store::HistoryRow& row : newest_first) {
    const Value told = json::parse_trusted(row.changes);
    for (const Value& one : told.get_array()) {
      const Object& change = one.get_object();
      const std::string path(json::text_or(change, "path"));
      if (!decided.insert(path).second || row.verb != kTold) continue;
      const Value* wanted = changes.if_contains(path);
      const Value* now = change.if_contains("new");
      if (wanted != nullptr && now != nullptr && json::equal(*wanted, *now)) changes.erase(path);
    }
  }
}

}  // namespace

Result<Told> take_telling(const Context& context, store::Store& store, const model::Entity& entity, const ObjectId& id,
                          const Telling& telling) {
  Told out;
  TRY_ASSIGN(const auto found, store.documents().find(context, entity, id));
  if (!found) return out;
  out.ours = true;
  out.changes = differing(store, *found, telling);
  if (out.changes.empty()) return out;
  TRY_ASSIGN(const auto rows, store.documents().history(context, {.row = found->row, .limit = kLookBack}));
  leave_out_known(rows, out.changes);
  if (out.changes.empty()) return out;

  const Object known = face(store, *found);
  json::Array changes;
  for (const auto& member : out.changes) {
    Object change{{"path", member.key()}, {"new", member.value()}};
    if (const Value* ours = known.if_contains(member.key())) change["old"] = *ours;
    changes.emplace_back(std::move(change));
  }
  Context teller = context;
  teller.actor = {.principal = {Principal::Kind::kSystem, {}}, .name = telling.mail};
  TRY(store.write(teller, store::Store::Priority::kBulk, [&](store::Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto before, store.documents().find(tx, entity, id));
    if (!before) return not_found("Not Found");
    Document after = *before;
    out.at = tx.now();
    return store.documents().update(tx, *before, after, {.verb = kTold, .changes = changes});
  }));
  TRY_ASSIGN(const auto newest, store.documents().history(context, {.row = found->row, .limit = 1}));
  if (!newest.empty()) out.record = newest.front().id;
  return out;
}

}  // namespace maestro::inventory
