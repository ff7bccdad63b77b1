#include "siblings/audit_teller.h"

#include "base/log.h"
#include "store/projection.h"

namespace maestro::siblings {
namespace {

using json::Object;
using json::Value;
using store::Document;
using Extent = store::Change::Extent;

constexpr std::size_t kLanes = 4;
constexpr int kTries = 5;  ///< of a call that the peer fails at
constexpr Millis kFirstPause{1'000};
constexpr Millis kLongestPause{300'000};

bool is_people(const model::Entity& entity) {
  const std::string_view name(entity.name);
  return name == "users" || name == "teams";
}

/// What the original's server picked of a document for its audit.
Object picked(store::Transaction& tx, store::Store& store, const Document& document) {
  const model::Entity& entity = *document.entity;
  Object single = store::single_object(document, *store.documents().access(tx, document.access), false, false);
  Object out;
  if (is_people(entity)) {
    for (const char* name : {"name", "email"})
      if (const Value* value = single.if_contains(name)) out[name] = *value;
    return out;
  }
  if (std::string_view(entity.name) == "servers") {
    single.erase("_id");
    return single;
  }
  for (const model::Field& field : entity.fields) {
    if (field.written != model::Written::kYes || field.origin == model::Origin::kServer) continue;
    if (const Value* value = single.if_contains(field.name)) out[field.name] = *value;
  }
  return out;
}

Object picked_of_patch(const Document& document, const std::vector<std::string>& fields) {
  Object out;
  for (const std::string& name : fields) {
    if (is_people(*document.entity) && name != "name" && name != "email") continue;
    if (const Value* value = document.body.if_contains(name)) out[name] = *value;
  }
  return out;
}

/// The original put the address into the path as it was; what would end the path or the line is escaped here.
std::string path_word(std::string_view mail) {
  std::string out;
  for (const char c : mail) {
    const bool plain = c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '/' && c != '%';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string lane_of(const ObjectId& id) {
  return fmt::format("audit.{}", id.bytes().back() % kLanes);  // the same in every process
}

Millis pause_after(int attempt) {
  Millis pause = kFirstPause;
  for (int i = 1; i < attempt && pause < kLongestPause; ++i) pause *= 2;
  return std::min(pause, kLongestPause);
}

}  // namespace

std::vector<std::string> AuditTeller::lanes() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kLanes; ++i) out.push_back(fmt::format("audit.{}", i));
  return out;
}

Result<void> AuditTeller::written(store::Transaction& tx, const Document* before, const Document& after,
                                  const store::Change& change) {
  const model::Entity& entity = *after.entity;
  if (!entity.audited || siblings_.place(Service::kAudit) != Siblings::Place::kElsewhere) return {};
  const Actor& actor = tx.context().actor;
  const bool discovered = actor.principal.kind == Principal::Kind::kConnection && !change.verb.empty();
  if (change.extent == Extent::kUntold && !discovered) return {};
  // Registration was not audited.
  if (before == nullptr && std::string_view(entity.name) == "users") return {};
  Object payload;
  if (discovered) {
    payload["method"] = before == nullptr ? "POST" : "PUT";
    Object whole = store::single_object(after, *store_.documents().access(tx, after.access), false, false);
    whole.erase("_id");
    payload["body"] = std::move(whole);
  } else if (change.extent == Extent::kGone) {
    payload["method"] = "DELETE";
  } else if (change.extent == Extent::kPart) {
    payload["method"] = "PATCH";
    payload["body"] = picked_of_patch(after, change.fields);
  } else {
    payload["method"] = "PUT";
    payload["body"] = picked(tx, store_, after);
  }
  std::string path = fmt::format("/audit/{}/{}", entity.name, after.id.hex());
  if (!discovered && !actor.email.empty()) path += "/" + path_word(actor.email);
  payload["path"] = path;
  store::Job job{.type = kTellJob, .lane = lane_of(after.id), .payload = std::move(payload), .run_at = tx.now()};
  return store_.ledger().enqueue(tx, job);
}

Result<void> AuditTeller::handle(const Context& context, const store::Job& job) {
  const provider::HttpCall call = json_call(json::text_or(job.payload, "method"), json::text_or(job.payload, "path"),
                                            job.payload.if_contains("body"));
  const auto answer = siblings_.send(context, Service::kAudit, call);
  const bool disabled = siblings_.place(Service::kAudit) != Siblings::Place::kElsewhere;
  const bool failed = answer.ok() && answer->status >= 500;
  const bool again = !disabled && (!answer.ok() || (failed && job.attempt < kTries));
  if (answer.ok() && answer->status >= 400 && !again)
    log::warn("the audit service refused to be told", {{"path", call.url}, {"status", answer->status}});
  if (again && job.attempt % 10 == 1)
    log::warn("the audit service cannot be told yet",
              {{"path", call.url}, {"error", answer.ok() ? "it failed" : answer.error().message}});
  return store_.write(context, store::Store::Priority::kBulk, [&](store::Transaction& tx) -> Result<void> {
    return again ? store_.ledger().release_job(tx, job, tx.now() + pause_after(job.attempt))
                 : store_.ledger().finish_job(tx, job);
  });
}

}  // namespace maestro::siblings
