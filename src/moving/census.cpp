#include "moving/census.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "moving/values.h"
#include "store/projection.h"

namespace maestro::moving {
namespace {

using Part = Collection::Part;

ObjectId derived_id(const Collection& collection, const json::Object& body) {
  const json::Value* id = body.if_contains("_id");
  return ObjectId::from_bytes(
      crypto::sha256(collection.name + "|" + json::canonical(id != nullptr ? *id : body)).data());
}

bool is_active(const json::Object& body) { return json::bool_or(body, "active"); }

}  // namespace

std::string shown_id(const json::Object& body) {
  const json::Value* id = body.if_contains("_id");
  if (id == nullptr) return "(no _id)";
  const std::string text = json::scalar_text(*id);
  return text.empty() ? json::write(*id) : text;
}

void Census::skip(const Place& place, const Stored& stored) {
  hash_ = crypto::sha256(hash_ + std::string(stored.bytes));
  skipped_.insert(place);
}

void Census::take(const Collection& collection, const Place& place, const Stored& stored, Findings& findings) {
  hash_ = crypto::sha256(hash_ + std::string(stored.bytes));
  if (collection.part == Part::kAudits) return take_audit(stored.body);
  if (collection.part != Part::kDocuments) return;
  const auto tell = [&](const char* field, std::string rule, std::string done) {
    findings.add({collection.shown(), shown_id(stored.body), field, std::move(rule), std::move(done)});
  };
  auto own = read_id(stored.body.if_contains("_id"));
  ObjectId id = own.value_or(ObjectId());
  auto& known = ids_[collection.name];
  if (!own) {
    id = derived_id(collection, stored.body);
    renamed_[place] = id;
    tell("_id", "an id that is no object id", "renamed to one made from it");
  }
  if (known.contains(id)) {
    doubled_.insert(place);
    tell("_id", "a second document with the same id", "refused: the first one counts");
    return;
  }
  if (all_ids_.contains(id)) {
    id = derived_id(collection, stored.body);
    renamed_[place] = id;
    tell("_id", "a document of another collection has the same id", "renamed to one made from it");
  }
  known.insert(id);
  all_ids_.insert(id);
  take_claims(collection, place, stored.body, id);
  if (collection.name == "connections") take_connection(stored.body, id);
}

void Census::take_claims(const Collection& collection, const Place& place, const json::Object& body,
                         const ObjectId& id) {
  if (!is_active(body)) return;
  store::Document document;
  Claim claim{
      .born = {}, .id = id, .place = place, .collection = collection.shown(), .shown_id = shown_id(body), .values = {}};
  for (const store::Column& column : store::columns(*collection.entity)) {
    if (!column.exclusive) continue;
    if (document.body.empty()) document.body = body;
    const auto value = store::column_value(document, column);
    if (const auto* text = std::get_if<std::string>(&value)) claim.values.emplace_back(column.path, text::lower(*text));
  }
  if (claim.values.empty()) return;
  const json::Value* created = body.if_contains("created_at");
  claim.born = created == nullptr ? time_of(id) : read_time(*created).value_or(time_of(id));
  claims_[collection.entity].push_back(std::move(claim));
}

void Census::settle_claims(Findings& findings) {
  for (auto& [entity, claims] : claims_) {
    std::sort(claims.begin(), claims.end(),
              [](const Claim& a, const Claim& b) { return std::tie(a.born, a.id) < std::tie(b.born, b.id); });
    std::map<std::pair<std::string, std::string>, ObjectId> holders;
    for (const Claim& claim : claims) {
      const auto taken = std::find_if(claim.values.begin(), claim.values.end(),
                                      [&](const auto& value) { return holders.contains(value); });
      if (taken != claim.values.end()) {
        outdone_.insert(claim.place);
        findings.add({claim.collection, claim.shown_id, taken->first,
                      fmt::format("the same {} as the older {} {}, letters in any case", taken->first,
                                  text::lower(entity->label), holders.at(*taken).hex()),
                      fmt::format("kept as deleted, with all that belongs to it: to have both active, change its {} in "
                                  "the original and dump again",
                                  taken->first)});
        continue;
      }
      for (const auto& value : claim.values) {
        holders.emplace(value, claim.id);
        if (std::string_view(entity->name) == "users" && value.first == "email") mails_.emplace(value.second, claim.id);
      }
    }
  }
  claims_.clear();
}

void Census::take_connection(const json::Object& body, const ObjectId& id) {
  Source source{.owner = {},
                .provider = std::string(json::text_or(body, "provider")),
                .datacenter = std::string(json::text_or(body, "dc_id")),
                .active = is_active(body)};
  for (const char* name : {"owner_user", "owner"}) {
    const json::Value* owner = body.if_contains(name);
    if (owner == nullptr || !owner->is_object() || source.owner.kind != Principal::Kind::kNobody) continue;
    if (const auto whose = read_id(owner->get_object().if_contains("_id")))
      source.owner = holder(*whose, json::text_or(owner->get_object(), "refs"));
  }
  sources_.emplace(id, std::move(source));
}

namespace {

/// One record of the audit as far as it counts here.
struct Change {
  ObjectId document;
  Edit edit;
  bool by_discovery = false;
  std::vector<std::string> granules;
};

std::optional<Change> read_change(const json::Object& record) {
  const auto id = read_id(record.if_contains("entity_id"));
  const json::Value* body = record.if_contains("body");
  if (!id || body == nullptr || !body->is_object()) return std::nullopt;
  const json::Value* at = record.if_contains("updated_at");
  Change out{.document = *id,
             .edit = {.by = std::string(json::text_or(record, "user")),
                      .at = at == nullptr ? Time() : read_time(*at).value_or(Time())},
             .granules = {}};
  out.by_discovery = out.edit.by.empty() || out.edit.by == kDiscoverer;
  for (const auto& member : body->get_object()) {
    const std::string name(member.key());
    if (!member.value().is_object()) {
      out.granules.push_back(name);
      continue;
    }
    for (const auto& inner : member.value().get_object()) out.granules.push_back(name + "." + std::string(inner.key()));
  }
  return out;
}

}  // namespace

void Census::take_audit(const json::Object& record) {
  const auto change = read_change(record);
  if (!change || change->by_discovery) return;
  Edits& edits = edits_[change->document];
  for (const std::string& granule : change->granules) {
    Edit& known = edits[granule];
    if (known.by.empty() || known.at <= change->edit.at) known = change->edit;
  }
}

void Census::outdate(const json::Object& record) {
  const auto change = read_change(record);
  if (!change || !change->by_discovery) return;
  const auto found = edits_.find(change->document);
  if (found == edits_.end()) return;
  for (const std::string& granule : change->granules) {
    const auto edit = found->second.find(granule);
    if (edit != found->second.end() && edit->second.at < change->edit.at) found->second.erase(edit);
  }
}

bool Census::has(const std::string& collection, const ObjectId& id) const {
  const auto found = ids_.find(collection);
  return found != ids_.end() && found->second.contains(id);
}

Principal Census::holder(const ObjectId& id, std::string_view refs) const {
  using Kind = Principal::Kind;
  if (has("users", id)) return {Kind::kUser, id};
  if (has("teams", id)) return {Kind::kTeam, id};
  return {holder_kind(refs), id};
}

const Source* Census::source(const ObjectId& connection) const {
  const auto found = sources_.find(connection);
  return found == sources_.end() ? nullptr : &found->second;
}

const Edits* Census::edits(const ObjectId& document) const {
  const auto found = edits_.find(document);
  return found == edits_.end() ? nullptr : &found->second;
}

std::optional<ObjectId> Census::user_by_mail(std::string_view mail) const {
  const auto found = mails_.find(text::lower(mail));
  return found == mails_.end() ? std::nullopt : std::optional(found->second);
}

ObjectId Census::id_of(const Place& place, const Collection& collection, const json::Object& body) const {
  const auto renamed = renamed_.find(place);
  if (renamed != renamed_.end()) return renamed->second;
  const auto own = read_id(body.if_contains("_id"));
  return own ? *own : derived_id(collection, body);
}

}  // namespace maestro::moving
