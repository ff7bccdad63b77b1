#include "demo/story.h"

#include "base/crypto.h"
#include "base/text.h"
#include "inventory/provenance.h"

namespace maestro::demo {
namespace {

using store::Document;

constexpr int kRounds = 3;
constexpr std::uint64_t kSessionTime = 40;

json::Object owner_object(const Holder& owner) {
  json::Object out;
  if (owner.principal.kind == Principal::Kind::kTeam) out["name"] = owner.name;
  out["email"] = owner.email;
  out["_id"] = owner.principal.id.hex();
  out["refs"] = principal_refs(owner.principal.kind);
  return out;
}

/// How many of the first `round` changes are by people, or by the connection.
int changes_by(const Fate& fate, bool person, int round) {
  int out = 0;
  for (int i = 0; i < round; ++i) out += fate.by_person[i] == person ? 1 : 0;
  return out;
}

}  // namespace

std::vector<Session> sessions(const Estate& estate) {
  std::vector<Session> out;
  using enum Session::Step;
  for (std::uint32_t i = 0; i < estate.slices().size(); ++i) {
    const Slice& slice = estate.slices()[i];
    Random random(estate.seed(), kSessionTime, i, 0);
    out.push_back({.step = kFind, .slice = i, .at = slice.made});
    out.push_back({.step = kEnter, .slice = i, .at = slice.made + Millis(30'000)});
    // Each round has its share of the time that is left, so that a document's changes come one after the other.
    const Time first = slice.made + std::chrono::hours(24);
    const std::int64_t half = (estate.until() - first).count() / kRounds / 2;
    for (std::uint8_t round = 1; round <= kRounds; ++round) {
      const Time from = first + Millis(half * 2 * (round - 1));
      out.push_back({.step = kChange, .round = round, .slice = i, .at = from + Millis(random.below(half))});
      out.push_back({.step = kEdit, .round = round, .slice = i, .at = from + Millis(half + random.below(half))});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Session& a, const Session& b) { return a.at < b.at; });
  return out;
}

Context Teller::acting(const Context& context, const Session& session) const {
  Context out = context;
  const Slice& slice = estate_.slices()[session.slice];
  const bool connection = session.step == Session::Step::kFind || session.step == Session::Step::kChange;
  if (slice.place < 0) {
    // Who keeps the accounts of people.
    const Holder keeper = estate_.company().person(0);
    out.actor = {.principal = keeper.principal,
                 .name = keeper.email,
                 .email = keeper.email,
                 .user = keeper.principal.id,
                 .run = {}};
    return out;
  }
  const Place& place = estate_.places()[static_cast<std::size_t>(slice.place)];
  if (connection) {
    out.actor = {.principal = {Principal::Kind::kConnection, place.connection},
                 .name = place.connection_name(),
                 .email = {},
                 .user = {},
                 .run = {}};
  } else {
    out.actor = estate_.company().member(place.team, mix(session.slice) + session.round);
  }
  return out;
}

std::vector<std::int64_t> Teller::touched(const Session& session) const {
  const Slice& slice = estate_.slices()[session.slice];
  const Place* place = slice.place < 0 ? nullptr : &estate_.places()[static_cast<std::size_t>(slice.place)];
  std::vector<std::int64_t> out;
  using enum Session::Step;
  for (std::int64_t i = slice.first; i < slice.last; ++i) {
    const Fate fate = estate_.fate(slice.kind, place, i);
    const bool by_person = session.step == kEnter || session.step == kEdit;
    bool takes = fate.by_hand == by_person;
    if (session.round > 0) {
      const bool changes = fate.rounds >= session.round && fate.by_person[session.round - 1] == by_person;
      takes = changes || (takes && fate.deleted && session.round == kRounds);
    }
    if (takes) out.push_back(i);
  }
  return out;
}

Result<store::SetId> Teller::set_id(store::Transaction& tx, std::int64_t set) {
  store::SetId& known = sets_[static_cast<std::size_t>(set)];
  if (known != 0) return known;
  TRY_ASSIGN(const store::SetId id, store_.documents().intern(tx, estate_.access().entries(set)));
  fresh_.emplace_back(set, id);
  known = id;
  return id;
}

void Teller::committed() { fresh_.clear(); }

Result<void> Teller::tell(store::Transaction& tx, const Session& session, const std::vector<std::int64_t>& indexes,
                          Tally& tally, std::string& text) {
  // A transaction that runs again has lost the sets that its first run made.
  for (const auto& [set, id] : fresh_) sets_[static_cast<std::size_t>(set)] = 0;
  fresh_.clear();
  const Slice& slice = estate_.slices()[session.slice];
  for (const std::int64_t index : indexes) {
    const Item item = estate_.item(slice, index);
    TRY(session.round == 0 ? make(tx, item, tally, text) : change(tx, item, session, tally, text));
  }
  return {};
}

Result<void> Teller::make(store::Transaction& tx, const Item& item, Tally& tally, std::string& text) {
  const Kind& kind = *kinds()[item.kind];
  const model::Entity& entity = entity_of(kind);
  Document document;
  document.id = item.id;
  document.entity = &entity;
  document.created = kind.created != nullptr && !item.by_hand ? kind.created(item) : tx.now();
  document.updated = tx.now();
  if (item.place != nullptr) document.owner = item.place->owner.principal;
  std::int64_t set = -1;
  if (entity.access != model::Access::kNone) {
    set = estate_.access_set(item.kind, item.place, item.index);
    TRY_ASSIGN(document.access, set_id(tx, set));
    if (entity.shows_owner) document.body["owner"] = owner_object(item.place->owner);
  }
  json::Object fields;
  kind.describe(item, 0, fields);
  if (item.by_hand) {
    for (auto& member : fields) document.body[member.key()] = std::move(member.value());
    if (entity.identity[0] != '\0') {
      Document nothing;
      nothing.entity = &entity;
      Document typed = document;
      inventory::pin_changes(nothing, typed, tx.context().actor, tx.now());
      document.provenance = std::move(typed.provenance);
    }
  } else {
    document.key = fmt::format("{}|{}", kind.resource(*item.place), kind.key(item));
    inventory::merge_reading(document, fields, {}, item.place->connection);
    if (model::find_field(entity, "accountant") != nullptr)
      document.body["accountant"] = json::Array{item.place->connection.hex()};
  }
  TRY(store_.documents().insert(tx, document, {.verb = "create", .changes = inventory::describe_creation(document)}));
  if (item.place == nullptr && item.index < Company::kDemoPeople) {
    TRY(store_.vault().set_credential(tx, document.id, password_hash_, false));
    // The one who sees everything also administers it.
    if (item.index == 0) TRY(store_.accounts().add_administrator(tx, document.id));
  }
  ++tally.documents;
  ++tally.history;
  append(document, set, text);
  return {};
}

Result<void> Teller::write(store::Transaction& tx, const Document& before, Document& after, const char* verb,
                           Tally& tally) {
  json::Array changes = inventory::describe_changes(before, after);
  if (changes.empty()) return {};
  after.updated = tx.now();
  TRY(store_.documents().update(tx, before, after, {.verb = verb, .changes = std::move(changes)}));
  ++tally.history;
  return {};
}

Result<void> Teller::change(store::Transaction& tx, const Item& item, const Session& session, Tally& tally,
                            std::string& text) {
  const Kind& kind = *kinds()[item.kind];
  const bool by_person = session.step == Session::Step::kEdit;
  const Fate fate = estate_.fate(item.kind, item.place, item.index);
  TRY_ASSIGN(auto found, store_.documents().find(tx, entity_of(kind), item.id));
  if (!found) return conflict(fmt::format("A document of the demo data is gone: {} {}", kind.entity, item.id.hex()));
  Document before = std::move(*found);
  Document after = before;
  if (fate.rounds >= session.round && fate.by_person[session.round - 1] == by_person) {
    const int round = changes_by(fate, by_person, session.round);
    json::Object fields;
    if (by_person) {
      kind.edit(item, round, before.body, fields);
      for (auto& member : fields) after.body[member.key()] = std::move(member.value());
      inventory::keep_discovered(before, after);
      inventory::pin_changes(before, after, tx.context().actor, tx.now());
    } else {
      kind.describe(item, round, fields);
      inventory::merge_reading(after, fields, {}, item.place->connection);
    }
    TRY(write(tx, before, after, "update", tally));
  }
  if (fate.deleted && session.round == kRounds && fate.by_hand == by_person) {
    before = after;
    after.active = false;
    TRY(write(tx, before, after, by_person ? "delete" : "retire", tally));
    ++tally.deleted;
  }
  append(after, estate_.access_set(item.kind, item.place, item.index), text);
  return {};
}

const std::string& Teller::roles_hash(std::int64_t set) {
  std::string& known = roles_hashes_[static_cast<std::size_t>(set)];
  if (known.empty()) {
    std::string text;
    for (const store::RoleEntry& entry : estate_.access().entries(set)) text += json::write(entry.wire);
    known = text::to_hex(crypto::sha256(text));
  }
  return known;
}

void Teller::append(Document& document, std::int64_t set, std::string& text) {
  text += fmt::format("{} {} {} {} {} {} {} {} ", document.entity->name, document.id.hex(), document.active,
                      to_ms(document.created), to_ms(document.updated), document.owner.id.hex(), document.key,
                      document.access == 0 ? std::string("-") : roles_hash(set));
  // Moved there and back: a copy would cost more than the text.
  for (json::Object* part : {&document.body, &document.provenance}) {
    json::Value value(std::move(*part));
    text += json::canonical(value);
    text += '\n';
    *part = std::move(value.get_object());
  }
}

}  // namespace maestro::demo
