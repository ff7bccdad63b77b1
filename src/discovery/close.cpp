#include "discovery/progress.h"
#include "discovery/scope.h"
#include "discovery/work.h"
#include "inventory/provenance.h"

// What has vanished: the one place where discovery takes something away. It acts only on a listing that proved its end,
// and every doubt ends in keeping.

namespace maestro::discovery {
namespace {

using store::Document;
using store::RunState;
using store::Transaction;

constexpr std::size_t kAskedAtOnce = 200;
constexpr std::size_t kOrphansLookedAt = 10'000;
constexpr std::size_t kNamesShown = 20;
constexpr std::size_t kKeysShown = 100;

}  // namespace

std::string account_mark(const json::Object& body) {
  for (const char* path : {"metas.account_id", "datacenters.account_id", "datacenters.project_id"}) {
    if (std::string text = json::text_at(body, path); !text.empty()) return text;
  }
  return {};
}

std::string ScopeReader::flaws_text() const {
  std::string out = fmt::format("{} {} the listing incomplete, so nothing was retired: ", flaw_count_,
                                flaw_count_ == 1 ? "problem makes" : "problems make");
  for (std::size_t i = 0; i < flaws_.size(); ++i) out += (i == 0 ? "" : "; ") + flaws_[i];
  if (flaw_count_ > flaws_.size()) out += fmt::format("; and {} more", flaw_count_ - flaws_.size());
  return out;
}

Result<void> ScopeReader::close() {
  if (flaw_count_ > 0) return end(RunState::kPartial, flaws_text());
  Drop drop;
  TRY_ASSIGN(const bool searched, find_missing(drop));
  if (!searched) return {};
  if (needs_approval(drop)) return hold(drop);
  std::size_t kept = 0;
  if (resource_->confirms && drop.size() > 0) {
    std::optional<Error> refused;
    TRY_ASSIGN(const bool go, confirm(drop, kept, refused));
    if (!go) return {};
    if (refused && may_pass(refused->code) && scope_.attempt < engine_.options().attempts) return try_later(*refused);
    if (refused) {
      return end(RunState::kPartial,
                 fmt::format("{} resources were missing from the listing, but the provider could not be asked about "
                             "them; nothing was retired: {}",
                             drop.size(), refused->message),
                 &*refused, true);
    }
  }
  TRY_ASSIGN(const bool retired, retire(drop));
  if (!retired) return {};
  if (kept > 0) {
    return end(RunState::kPartial,
               fmt::format("{} resources were missing from the listing but still exist when asked for by id; "
                           "nothing was retired for them",
                           kept),
               nullptr, true);
  }
  return end(RunState::kSuccess, "", nullptr, true);
}

Result<bool> ScopeReader::find_missing(Drop& drop) {
  std::vector<const store::Sighting*> unseen;
  for (const auto& [key, sighting] : known_)
    if (!seen_.contains(key)) unseen.push_back(&sighting);
  std::sort(unseen.begin(), unseen.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  for (std::size_t from = 0; from < unseen.size(); from += kBatch) {
    if (context_.stopped()) {
      TRY(give_back());
      return false;
    }
    Drop part;
    const Work work = [&](Transaction& tx) -> Result<void> {
      part = {};
      for (std::size_t i = from; i < std::min(unseen.size(), from + kBatch); ++i) {
        TRY_ASSIGN(const auto row, store_.documents().find_row(tx, unseen[i]->row));
        // What is retired already (a terminated machine that left the list) is no drop; nor is what now belongs to
        // others.
        if (!row || !row->active || row->owner != connection_.owner) {
          part.over.push_back(*unseen[i]);
        } else {
          part.gone.push_back({.key = unseen[i]->key, .row = row->row, .name = display_name(*row, unseen[i]->key)});
        }
      }
      return {};
    };
    TRY_ASSIGN(const bool go, write(work));
    if (!go) return false;
    std::move(part.gone.begin(), part.gone.end(), std::back_inserter(drop.gone));
    std::move(part.over.begin(), part.over.end(), std::back_inserter(drop.over));
  }
  // Without a way to ask for single ids, documents that nobody sees are left alone: this connection never saw them.
  return resource_->confirms ? find_orphans(drop) : Result<bool>(true);
}

Result<bool> ScopeReader::find_orphans(Drop& drop) {
  const std::string prefix = row_key(*resource_, "");
  std::vector<Missing> found;
  const Work work = [&](Transaction& tx) -> Result<void> {
    found.clear();
    TRY_ASSIGN(const auto rows, store_.documents().unseen(tx, *entity_, connection_.owner, prefix, kOrphansLookedAt));
    const std::string datacenter(json::text_or(connection_.body, "dc_id"));
    for (const Document& row : rows) {
      const std::string key = row.key.substr(prefix.size());
      if (datacenter.empty() || json::text_at(row.body, "datacenters._id") != datacenter) continue;
      if (!resource_->global && region_word(json::text_at(row.body, "datacenters.region")) != scope_.region) continue;
      // Several accounts may share a datacenter and a region: only the account that had it can say that it is gone.
      const std::string mark = account_mark(row.body);
      if (mark.empty() ? !accounts_.empty() : !accounts_.contains(mark)) continue;
      if (!seen_.contains(key)) found.push_back({.key = key, .row = row.row, .name = display_name(row, key)});
    }
    return {};
  };
  TRY_ASSIGN(const bool go, write(work));
  if (go) drop.orphans = std::move(found);
  return go;
}

bool ScopeReader::needs_approval(const Drop& drop) const {
  const Options& options = engine_.options();
  const auto missing = static_cast<std::int64_t>(drop.size());
  const auto before = static_cast<double>(known_.size() - drop.over.size() + drop.orphans.size());
  const bool large = missing > options.drop_count && static_cast<double>(missing) > options.drop_share * before;
  const bool unaskable = resource_->confirms && drop.size() > options.confirm_limit;
  if (!large && !unaskable) return false;
  if (!scope_.approved) return true;
  // The yes was given to what was shown then; a little more may have gone since.
  const std::int64_t shown = json::int_or(scope_.held, "vanished");
  return missing > shown + std::max<std::int64_t>(5, shown / 10);
}

Result<void> ScopeReader::hold(const Drop& drop) {
  json::Array names;
  json::Array keys;
  for (const auto* list : {&drop.gone, &drop.orphans}) {
    for (const Missing& missing : *list) {
      if (names.size() < kNamesShown) names.emplace_back(missing.name);
      if (keys.size() < kKeysShown) keys.emplace_back(missing.key);
    }
  }
  const std::size_t before = known_.size() - drop.over.size() + drop.orphans.size();
  const Work work = [&](Transaction& tx) -> Result<void> {
    TRY(close_older_holds(tx));
    scope_.approved = false;
    scope_.held = {{"vanished", drop.size()}, {"of", before}, {"names", names}, {"keys", keys}};
    return write_end(tx, RunState::kHeld,
                     fmt::format("{} of {} resources are missing from the listing; nothing is retired until somebody "
                                 "approves it",
                                 drop.size(), before));
  };
  TRY_ASSIGN(const bool go, write(work));
  static_cast<void>(go);
  return {};
}

Result<bool> ScopeReader::confirm(Drop& drop, std::size_t& kept, std::optional<Error>& refused) {
  std::vector<std::string> keys;
  for (const auto* list : {&drop.gone, &drop.orphans})
    for (const Missing& missing : *list) keys.push_back(missing.key);
  std::unordered_set<std::string> there;
  for (std::size_t from = 0; from < keys.size(); from += kAskedAtOnce) {
    if (from > 0) {
      // A long questioning stays visible as progress, and notices a cancellation.
      const Work alive = [&](Transaction& tx) { return store_.ledger().update_scope(tx, scope_); };
      TRY_ASSIGN(const bool go, write(alive));
      if (!go) return false;
    }
    const std::span<const std::string> some(keys.data() + from, std::min(kAskedAtOnce, keys.size() - from));
    auto answer = account_->still_there(context_, *resource_, region_, some);
    if (context_.stopped()) {
      TRY(give_back());
      return false;
    }
    if (!answer.ok()) {
      refused = answer.error();
      return true;
    }
    for (std::string& key : *answer) there.insert(std::move(key));
  }
  const auto exists = [&](const Missing& missing) { return there.contains(missing.key); };
  kept = std::erase_if(drop.gone, exists) + std::erase_if(drop.orphans, exists);
  return true;
}

Result<bool> ScopeReader::retire(const Drop& drop) {
  // One list of steps, in batches that let other writers in.
  std::vector<std::function<Result<void>(Transaction&, store::Counts&)>> steps;
  for (const store::Sighting& sighting : drop.over) {
    steps.emplace_back([this, &sighting](Transaction& tx, store::Counts&) -> Result<void> {
      TRY(store_.ledger().unsee(tx, scope_.scope, sighting.key));
      TRY_ASSIGN(const auto before, store_.documents().find_row(tx, sighting.row));
      if (!before) return {};
      Document after = *before;
      TRY_ASSIGN(const bool moved, write_accountant(tx, store_, after, {}));
      return moved ? store_.documents().update(tx, *before, after, {.verb = "", .changes = {}}) : Result<void>();
    });
  }
  for (const Missing& missing : drop.gone) {
    steps.emplace_back([this, &missing](Transaction& tx, store::Counts& counts) -> Result<void> {
      TRY(store_.ledger().unsee(tx, scope_.scope, missing.key));
      return retire_row(tx, missing, counts);
    });
  }
  for (const Missing& missing : drop.orphans) {
    steps.emplace_back(
        [this, &missing](Transaction& tx, store::Counts& counts) { return retire_row(tx, missing, counts); });
  }
  for (std::size_t from = 0; from < steps.size(); from += kBatch) {
    if (context_.stopped()) {
      TRY(give_back());
      return false;
    }
    const Work work = [&](Transaction& tx) -> Result<void> {
      store::Counts counts;
      for (std::size_t i = from; i < std::min(steps.size(), from + kBatch); ++i) TRY(steps[i](tx, counts));
      scope_.counts += counts;
      TRY(store_.ledger().update_scope(tx, scope_));
      run_.counts += counts;
      return store_.ledger().update_run(tx, run_);
    };
    TRY_ASSIGN(const bool go, write(work));
    if (!go) return false;
  }
  return true;
}

Result<void> ScopeReader::retire_row(Transaction& tx, const Missing& missing, store::Counts& counts) {
  TRY_ASSIGN(const auto before, store_.documents().find_row(tx, missing.row));
  if (!before || before->owner != connection_.owner) return {};
  Document after = *before;
  TRY_ASSIGN(const bool moved, write_accountant(tx, store_, after, {}));
  // Another connection, or another region of this one, still sees it: it lives on.
  TRY_ASSIGN(const auto seers, store_.ledger().seers(tx, before->row));
  if (!before->active || !seers.empty())
    return moved ? store_.documents().update(tx, *before, after, {.verb = "", .changes = {}}) : Result<void>();
  after.active = false;
  after.updated = tx.now();
  TRY(store_.documents().update(tx, *before, after,
                                {.verb = "retire", .changes = inventory::describe_changes(*before, after)}));
  ++counts.retired;
  return {};
}

Result<void> ScopeReader::close_older_holds(Transaction& tx) {
  TRY_ASSIGN(auto open, store_.ledger().open_runs(tx, run_.connection, run_.task));
  for (store::Run& other : open) {
    if (other.id == run_.id) continue;
    TRY_ASSIGN(auto scopes, store_.ledger().scopes(tx, other.id));
    bool closed = false;
    for (store::RunScope& scope : scopes) {
      if (scope.scope != scope_.scope || scope.state != RunState::kHeld) continue;
      scope.state = RunState::kCanceled;
      scope.message = "A later run read this listing again and decides; nothing was retired here";
      scope.finished = tx.now();
      TRY(store_.ledger().update_scope(tx, scope));
      closed = true;
    }
    if (closed) TRY(settle(tx, store_, other, {.keep_runs = engine_.options().keep_runs, .tell_connection = false}));
  }
  return {};
}

}  // namespace maestro::discovery
