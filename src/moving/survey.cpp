#include "moving/survey.h"

#include <algorithm>

#include "moving/values.h"

namespace maestro::moving {
namespace {

using Part = Collection::Part;

std::string of_owner(const store::Document& document, std::string_view text) {
  return fmt::format("{}|{}|{}|{}", document.entity->name, static_cast<int>(document.owner.kind),
                     document.owner.id.hex(), text);
}

const char* why_left(Part part) {
  switch (part) {
    case Part::kLastStates:
      return "follows from the documents";
    case Part::kResults:
      return "rows of a report: this version has no place for them; the report itself is moved";
    case Part::kNotNeeded:
      return "housekeeping of the original";
    default:
      return "no collection of Maestro";
  }
}

/// With its database shared, the audit's last states are among the inventory's snapshots.
bool is_last_state(const Collection& collection, const json::Object& body) {
  return collection.name == "snapshots" && body.contains("entity") && body.contains("entity_id") &&
         body.contains("body");
}

}  // namespace

Result<std::unique_ptr<Survey>> Survey::make(const Context& context, Options options, const provider::Packs& packs,
                                             Findings& findings, const OnProgress& on_progress) {
  std::unique_ptr<Survey> out(new Survey(std::move(options), packs));
  TRY_ASSIGN(out->collections_, find_collections(out->options_.folder, out->options_.databases));
  out->tallies_.resize(out->collections_.size());
  TRY(out->count(context, findings, on_progress));
  TRY(out->look(context, findings, on_progress));
  TRY(out->look_at_changes(context, findings, on_progress));
  return out;
}

Result<void> Survey::count(const Context& context, Findings& findings, const OnProgress& on_progress) {
  std::int64_t done = 0;
  for (std::size_t i = 0; i < collections_.size(); ++i) {
    const Collection& collection = collections_[i];
    Tally& tally = tallies_[i];
    const std::string what = "looking at " + collection.shown();
    TRY(walk(context, collection, 0, [&](const Stored& stored) -> Result<void> {
      ++tally.read;
      const Place place{i, stored.offset};
      if (is_last_state(collection, stored.body) && collection.part == Part::kDocuments) {
        census_.skip(place, stored);
        ++tally.left;
      } else {
        census_.take(collection, place, stored, findings);
        if (collection.part != Part::kDocuments && collection.part != Part::kAudits) ++tally.left;
      }
      if (on_progress) on_progress(what, ++done);
      return {};
    }));
    if (tally.left > 0) {
      const Part part = collection.part == Part::kDocuments ? Part::kLastStates : collection.part;
      findings.add({collection.shown(), fmt::format("({} documents)", tally.left), "", why_left(part), "left behind"});
    }
  }
  census_.settle_claims(findings);
  for (const Collection& collection : collections_) {
    if (collection.part != Part::kAudits) continue;
    TRY(walk(context, collection, 0, [&](const Stored& stored) -> Result<void> {
      census_.outdate(stored.body);
      return {};
    }));
  }
  return {};
}

Result<void> Survey::look(const Context& context, Findings& findings, const OnProgress& on_progress) {
  std::int64_t done = 0;
  for (std::size_t i = 0; i < collections_.size(); ++i) {
    const Collection& collection = collections_[i];
    Tally& tally = tallies_[i];
    if (collection.part != Part::kDocuments) continue;
    const std::string what = "trying " + collection.shown();
    TRY(walk(context, collection, 0, [&](Stored& stored) -> Result<void> {
      if (on_progress) on_progress(what, ++done);
      const Place place{i, stored.offset};
      if (census_.is_skipped(place)) return {};
      if (census_.is_doubled(place)) {
        ++tally.refused;
        return {};
      }
      ++tally.moved;
      const std::string id = shown_id(stored.body);
      const bool has_envelope = collection.name == "connections" && stored.body.contains("conn");
      std::vector<Remark> remarks;
      const Ready ready = converter_.convert(collection, place, std::move(stored), remarks);
      if (has_envelope) {
        ++envelopes_;
        opened_ += ready.credentials.has_value() ? 1 : 0;
      }
      if (collection.name == "connections" && ready.document.active) connections_.push_back(ready.document.id);
      if (collection.name == "schedulers") timers_.take(ready.document.body, ready.document.active, remarks);
      check_identity(ready, place, remarks);
      check_document(collection, ready, census_, !identities_.discoverer(ready.document.body), remarks);
      for (Remark& remark : remarks)
        findings.add({collection.shown(), id, std::move(remark.field), std::move(remark.rule), std::move(remark.done)});
      return {};
    }));
  }
  std::sort(connections_.begin(), connections_.end());
  return {};
}

Result<void> Survey::look_at_changes(const Context& context, Findings& findings, const OnProgress& on_progress) {
  TRY_ASSIGN(Replay replay, Replay::plan(context, collections_, census_, &findings));
  for (std::int64_t done = 1;; ++done) {
    if (context.stopped()) return unavailable("Stopped");
    TRY_ASSIGN(const auto told, replay.next());
    if (!told) return {};
    Tally& tally = tallies_[told->collection];
    ++(told->row.verb.empty() ? tally.left : tally.moved);
    if (on_progress) on_progress("trying changes", done);
  }
}

void Survey::check_identity(const Ready& ready, const Place& place, std::vector<Remark>& remarks) {
  const store::Document& document = ready.document;
  if (document.entity->identity[0] == '\0') return;
  if (!document.key.empty()) {
    const auto [at, is_new] = keys_.emplace(of_owner(document, document.key), document.id);
    if (!is_new) census_.keyless.insert(place);
  }
  const json::Value* value = json::find(document.body, document.entity->identity);
  const std::string id = value == nullptr ? std::string() : json::scalar_text(*value);
  if (id.empty() || !document.active) return;
  const auto [at, is_new] = unique_ids_.emplace(of_owner(document, id), document.id);
  if (is_new) return;
  remarks.push_back({document.entity->identity,
                     "the provider id of another document of this owner, " + at->second.hex(),
                     "kept as is: discovery goes on with the first"});
}

Result<void> Survey::check_secret() const {
  if (envelopes_ == 0 || opened_ > 0 || options_.without_credentials) return {};
  if (!options_.secret) {
    return invalid(fmt::format(
        "The dump has {} connections with credentials. Give the original's MAESTRO_SECRETJWT, by "
        "--secret-file FILE or as MAESTRO_IMPORT_SECRETJWT, or say --without-credentials to enter them again",
        envelopes_));
  }
  return invalid(fmt::format(
      "The secret opens the credentials of none of the {} connections: it is not the MAESTRO_SECRETJWT that "
      "the original ran with. --without-credentials moves them without",
      envelopes_));
}

}  // namespace maestro::moving
