// The listener of the original's audit service (10900), for peers that speak to it: the history of documents as the
// original kept it, and what peers say about documents of ours.
#include "api/routes/audit.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "inventory/audit_view.h"
#include "inventory/told.h"
#include "model/validate.h"

namespace maestro::api {
namespace {

using inventory::Telling;
using json::Array;
using json::Object;
using json::Value;

constexpr const char* kNobody = "MaestroServer";
constexpr std::size_t kMaxMail = 250;

Result<Answer> root(Call& call) {
  return json_answer(200, Object{{"app", "Maestro"},
                                 {"description", "Audit service of Maestro"},
                                 {"version", call.services.version},
                                 {"api_timeout", call.services.timeout_ms}});
}

/// Peers name kinds as the server's links do, or by their collection.
const model::Entity* kind(const Call& call) {
  const std::string& name = call.params.at(0);
  if (const model::Entity* entity = model::find_entity(name)) return entity;
  for (const model::Entity* entity : model::entities())
    if (name == entity->collection) return entity;
  return nullptr;
}

Result<ObjectId> id_of(const Call& call) {
  const auto id = ObjectId::parse(call.params.at(1));
  return id ? Result<ObjectId>(*id) : Result<ObjectId>(inventory::bad_id(call.params.at(1)));
}

Result<Answer> history(Call& call) {
  TRY_ASSIGN(const ObjectId id, id_of(call));
  const model::Entity* entity = kind(call);
  if (entity != nullptr) {
    TRY_ASSIGN(const auto found, call.services.store.documents().find(call.context, *entity, id));
    if (found) return own_audit_answer(call, *entity, id);
  }
  const std::string path = fmt::format("/audit/{}/{}", shown(call.params.at(0), 100), id.hex());
  const Object self{{"href", path}, {"method", "GET"}};
  return json_answer(200, Object{{"found", 0},
                                 {"limit", 20'000},
                                 {"total_pages", 0},
                                 {"current_page", 1},
                                 {"items", Array()},
                                 {"_links", Object{{"_self", self}}}});
}

struct Record {
  inventory::Told told;
  std::string entity;
  ObjectId id;
  std::string mail;
};

Result<Record> take(Call& call, Telling::Kind how) {
  Record out;
  out.entity = call.params.at(0);
  TRY_ASSIGN(out.id, id_of(call));
  out.mail = call.params.size() > 2 ? call.params.at(2) : std::string(kNobody);
  if (out.mail.size() > kMaxMail || out.mail.find('\0') != std::string::npos)
    return model::violation("user", "must be a string", "string.base");
  Telling telling{.kind = how, .mail = out.mail};
  if (how != Telling::Kind::kRemoved) {
    if (!call.body.is_object()) return model::violation("body", "must be an object", "object.base");
    telling.body = call.body.get_object();
  }
  const model::Entity* entity = kind(call);
  if (entity == nullptr) return out;
  TRY_ASSIGN(out.told, inventory::take_telling(call.context, call.services.store, *entity, out.id, telling));
  return out;
}

Object record_of(const Call& call, const Record& record, Object body) {
  const std::string at = to_iso(record.told.record != 0 ? record.told.at : call.services.clock.now());
  return {{"_id", inventory::audit_id(record.told.record)},
          {"entity", record.entity},
          {"entity_id", record.id.hex()},
          {"user", record.mail},
          {"body", std::move(body)},
          {"active", true},
          {"created_at", at},
          {"updated_at", at}};
}

/// [snapshot, record], as after an insertion of both.
Answer both(const Call& call, const Record& record, Object body) {
  const Object snapshot{
      {"_id", record.id.hex()}, {"entity", record.entity}, {"entity_id", record.id.hex()},
      {"body", call.body},      {"active", true},          {"updated_at", to_iso(call.services.clock.now())}};
  return untagged(json_answer(201, Value(Array{snapshot, record_of(call, record, std::move(body))})));
}

Result<Answer> created(Call& call) {
  TRY_ASSIGN(const Record record, take(call, Telling::Kind::kWhole));
  return both(call, record, call.body.get_object());
}

Result<Answer> replaced(Call& call) {
  TRY(take(call, Telling::Kind::kWhole));
  return empty_answer(204);
}

Result<Answer> patched(Call& call) {
  TRY_ASSIGN(const Record record, take(call, Telling::Kind::kPart));
  // There is nothing that it could be a part of.
  if (!record.told.ours) return forbidden("There is no snapshot of this document");
  return both(call, record, record.told.changes);
}

Result<Answer> removed(Call& call) {
  TRY_ASSIGN(const Record record, take(call, Telling::Kind::kRemoved));
  return untagged(json_answer(201, record_of(call, record, {{"removed", true}})));
}

}  // namespace

std::vector<Route> audit_service_routes() {
  using enum http::Method;
  std::vector<Route> out = {
      {.method = kGet,
       .pattern = "/",
       .auth = Auth::kPublic,
       .handler = root,
       .doc = "What runs here.",
       .tag = "audit"},
      {.method = kGet,
       .pattern = "/audit/:entity/:id",
       .auth = Auth::kPeer,
       .handler = history,
       .doc = "Every change of a document, oldest first.",
       .tag = "audit"},
  };
  struct Row {
    http::Method method;
    Handler handler;
    const char* doc;
  };
  for (const Row& row : {Row{kPost, created, "A document was made."}, Row{kPut, replaced, "A document was replaced."},
                         Row{kPatch, patched, "Members of a document were changed."},
                         Row{kDelete, removed, "A document was deleted."}}) {
    for (const char* pattern : {"/audit/:entity/:id", "/audit/:entity/:id/:user"})
      out.push_back({.method = row.method,
                     .pattern = pattern,
                     .auth = Auth::kPeer,
                     .handler = row.handler,
                     .doc = row.doc,
                     .tag = "audit"});
  }
  return out;
}

}  // namespace maestro::api
