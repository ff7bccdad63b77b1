#include "discovery/scope.h"

#include "base/log.h"
#include "discovery/progress.h"

namespace maestro::discovery {
namespace {

constexpr std::size_t kFlawsShown = 3;

}  // namespace

using store::RunState;
using store::Store;
using store::Transaction;

Result<void> read_scope(Engine& engine, const Context& context, const store::Job& job) {
  return ScopeReader(engine, context, job).run();
}

Result<void> ScopeReader::run() {
  auto done = read();
  // A lost lease or a store out of reach is no fault of the scope: whoever takes the job next carries on.
  if (done.ok() || done.error().code == Code::kConflict || done.error().code == Code::kUnavailable) return done;
  log::error("discovery scope broke off", {{"scope", scope_.id}, {"error", done.error().message}});
  return end(RunState::kFailed, "An internal error ended the reading: " + done.error().message, &done.error());
}

Result<void> ScopeReader::read() {
  TRY_ASSIGN(const bool begun, begin());
  if (!begun) return {};
  TRY_ASSIGN(const bool opened, open());
  if (!opened) return {};
  while (true) {
    if (context_.stopped()) return give_back();
    auto page = listing_->next(context_);
    if (!page.ok()) return fail(page.error());
    if (!*page) break;
    TRY_ASSIGN(const bool go, take(**page));
    if (!go) return {};
  }
  return close();
}

Result<bool> ScopeReader::enter(Transaction& tx) {
  store::Ledger& ledger = store_.ledger();
  TRY(ledger.check_lease(tx, job_));
  TRY_ASSIGN(auto scope, ledger.find_scope(tx, json::int_or(job_.payload, "scope")));
  TRY_ASSIGN(auto run, ledger.find_run(tx, payload_id(job_, "run")));
  if (!scope || !run || scope->run != run->id || is_final(scope->state) || scope->state == RunState::kHeld) {
    TRY(ledger.finish_job(tx, job_));
    return false;
  }
  scope_ = std::move(*scope);
  run_ = std::move(*run);
  TRY_ASSIGN(auto connection, store_.documents().find(tx, connections_entity(), run_.connection));
  std::string why;
  if (run_.cancel_requested) {
    why = "Canceled";
  } else if (!connection || !connection->active) {
    why = "The connection was deleted";
  } else if (!is_enabled(*connection)) {
    why = "The connection is switched off";
  }
  if (!why.empty()) {
    TRY(write_end(tx, RunState::kCanceled, why + ": nothing was retired"));
    return false;
  }
  connection_ = std::move(*connection);
  return true;
}

Result<bool> ScopeReader::write(const Work& work) {
  bool go = false;
  const auto guarded = [&](Transaction& tx) -> Result<void> {
    TRY_ASSIGN(go, enter(tx));
    return go ? work(tx) : Result<void>();
  };
  TRY(store_.write(write_context_, Store::Priority::kBulk, guarded));
  return go;
}

Result<void> ScopeReader::write_end(Transaction& tx, RunState state, std::string message) {
  scope_.state = state;
  scope_.message = std::move(message);
  scope_.finished = tx.now();
  scope_.next_attempt.reset();
  TRY(store_.ledger().update_scope(tx, scope_));
  TRY(settle(tx, store_, run_, {.keep_runs = engine_.options().keep_runs}));
  return store_.ledger().finish_job(tx, job_);
}

Result<bool> ScopeReader::begin() {
  bool over = false;
  const Work work = [&](Transaction& tx) -> Result<void> {
    over = scope_.attempt >= engine_.options().attempts;
    if (over) {
      return write_end(tx, RunState::kFailed,
                       fmt::format("Given up after {} tries that never came to an end: the worker stopped each time",
                                   scope_.attempt));
    }
    ++scope_.attempt;
    if (!scope_.started) scope_.started = tx.now();
    scope_.state = RunState::kRunning;
    scope_.message.clear();
    scope_.error_code.clear();
    scope_.hint.clear();
    scope_.finished.reset();
    scope_.next_attempt.reset();
    // Each reading starts at the first page; what earlier ones of this run have changed stays counted.
    scope_.pages = 0;
    scope_.counts.seen = scope_.counts.unchanged = scope_.counts.errors = 0;
    TRY(store_.ledger().update_scope(tx, scope_));
    return settle(tx, store_, run_);
  };
  TRY_ASSIGN(const bool go, write(work));
  if (!go || over) return false;
  write_context_ = acting(context_, connection_, run_.id);
  TRY_ASSIGN(auto sightings, store_.ledger().sightings(write_context_, scope_.scope));
  known_.reserve(sightings.size());
  for (store::Sighting& sighting : sightings) {
    std::string key = sighting.key;
    known_.emplace(std::move(key), std::move(sighting));
  }
  return true;
}

Result<bool> ScopeReader::open() {
  resource_ = engine_.packs().find(scope_.resource);
  entity_ = resource_ == nullptr ? nullptr : model::find_entity(resource_->entity);
  Error error;
  if (resource_ == nullptr || entity_ == nullptr) {
    error = invalid("The resource " + scope_.resource + " is not known to this version");
  } else {
    region_ = resource_->global ? std::string() : scope_.region;
    links_.emplace(store_, connection_, scope_.region);
    auto opened = engine_.runs().open_connection(write_context_, connection_);
    if (opened.ok()) {
      auto account = engine_.clouds().open(*opened);
      if (account.ok()) {
        account_ = std::move(*account);
        auto listing = account_->list(*resource_, region_);
        if (listing.ok()) {
          listing_ = std::move(*listing);
          return true;
        }
        error = listing.error();
      } else {
        error = account.error();
      }
    } else {
      error = opened.error();
    }
  }
  TRY(fail(error));
  return false;
}

Result<bool> ScopeReader::take(const provider::Page& page) {
  const std::size_t batch = std::max<std::size_t>(engine_.options().batch, 1);
  std::size_t from = 0;
  do {
    const std::size_t to = std::min(page.items.size(), from + batch);
    TRY_ASSIGN(const bool go, take_batch(page, from, to));
    if (!go) return false;
    from = to;
  } while (from < page.items.size());
  const auto flaw = [&](const std::string& text) {
    if (flaws_.size() < kFlawsShown) flaws_.push_back(text);
    ++flaw_count_;
  };
  for (const std::string& error : page.item_errors) flaw(error);
  for (const std::string& doubt : page.doubts) flaw(doubt);
  return true;
}

Result<bool> ScopeReader::take_batch(const provider::Page& page, std::size_t from, std::size_t to) {
  PageResult result;
  std::vector<std::string> taken;
  const Work work = [&](Transaction& tx) -> Result<void> {
    result = {};
    taken.clear();
    std::unordered_set<std::string_view> here;
    const Scene scene{.store = store_,
                      .resource = *resource_,
                      .entity = *entity_,
                      .connection = connection_,
                      .scope = scope_.scope,
                      .known = known_,
                      .links = *links_,
                      .document_bytes = engine_.options().document_bytes};
    Reconciler reconciler(tx, scene, result);
    reconciler.expect(std::span(page.items).subspan(from, to - from));
    for (std::size_t i = from; i < to; ++i) {
      const provider::Item& item = page.items[i];
      if (item.key.empty()) {
        ++result.counts.errors;
        result.errors.emplace_back("An item without an id was listed");
        continue;
      }
      if (seen_.contains(item.key) || !here.insert(item.key).second) {
        result.errors.push_back(item.key + " was listed twice");
        continue;
      }
      TRY(reconciler.take(item));
      taken.push_back(item.key);
      if (std::string mark = account_mark(item.fields); !mark.empty()) accounts_.insert(std::move(mark));
    }
    if (to == page.items.size()) {
      scope_.pages = page.number;
      result.counts.errors += static_cast<std::int64_t>(page.item_errors.size());
    }
    scope_.counts += result.counts;
    TRY(store_.ledger().update_scope(tx, scope_));
    run_.counts += result.counts;
    return store_.ledger().update_run(tx, run_);
  };
  TRY_ASSIGN(const bool go, write(work));
  if (!go) return false;
  for (std::string& key : taken) seen_.insert(std::move(key));
  for (std::string& error : result.errors) {
    if (flaws_.size() < kFlawsShown) flaws_.push_back(std::move(error));
    ++flaw_count_;
  }
  return true;
}

Result<void> ScopeReader::end(RunState state, const std::string& message, const Error* error, bool proven) {
  const Work work = [&](Transaction& tx) -> Result<void> {
    if (error != nullptr) {
      scope_.error_code = code_name(error->code);
      scope_.hint = hint(error->code, resource_);
    }
    if (proven) TRY(close_older_holds(tx));
    scope_.held = {};
    return write_end(tx, state, message.empty() ? summary(scope_.counts) : message);
  };
  TRY_ASSIGN(const bool go, write(work));
  if (go) {
    log::info("discovery scope ended", {{"run", run_.id.hex()},
                                        {"resource", scope_.resource},
                                        {"region", scope_.region},
                                        {"state", store::run_state_name(state)},
                                        {"seen", scope_.counts.seen},
                                        {"message", scope_.message}});
  }
  return {};
}

Result<void> ScopeReader::fail(const Error& error) {
  if (context_.stopped()) return give_back();
  if (may_pass(error.code) && scope_.attempt < engine_.options().attempts) return try_later(error);
  const bool half = scope_.pages > 0 && may_pass(error.code);
  std::string message = error.message;
  if (half) {
    message = fmt::format("The listing broke off after {} pages, so nothing was retired: {}", scope_.pages, message);
  } else if (may_pass(error.code)) {
    message += fmt::format(" (tried {} times)", scope_.attempt);
  }
  return end(half ? RunState::kPartial : RunState::kFailed, message, &error);
}

Result<void> ScopeReader::try_later(const Error& error) {
  const Work work = [&](Transaction& tx) -> Result<void> {
    const Millis pause =
        backoff(engine_.options(), scope_.attempt, static_cast<std::uint64_t>(scope_.id), error.retry_after_ms);
    scope_.state = RunState::kRetrying;
    scope_.message = error.message;
    scope_.error_code = code_name(error.code);
    scope_.hint = hint(error.code, resource_);
    scope_.next_attempt = tx.now() + pause;
    TRY(store_.ledger().update_scope(tx, scope_));
    TRY(settle(tx, store_, run_));
    return store_.ledger().release_job(tx, job_, *scope_.next_attempt);
  };
  TRY_ASSIGN(const bool go, write(work));
  static_cast<void>(go);
  return {};
}

Result<void> ScopeReader::give_back() {
  const Work work = [&](Transaction& tx) -> Result<void> {
    // An orderly stop is no failed try.
    scope_.attempt = std::max(0, scope_.attempt - 1);
    scope_.state = RunState::kQueued;
    scope_.message = "Interrupted by a restart: starts again";
    TRY(store_.ledger().update_scope(tx, scope_));
    TRY(settle(tx, store_, run_));
    return store_.ledger().release_job(tx, job_, tx.now());
  };
  TRY_ASSIGN(const bool go, write(work));
  static_cast<void>(go);
  return {};
}

}  // namespace maestro::discovery
