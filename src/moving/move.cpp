#include "moving/move.h"

#include "base/text.h"
#include "connections/connections.h"
#include "moving/mark.h"
#include "schedule/timers.h"
#include "seed/seed.h"

namespace maestro::moving {
namespace {

using Part = Collection::Part;
using Stage = Mark::Stage;
using store::Transaction;

/// Documents wait in memory for their transaction: not more than so many bytes of them.
constexpr std::size_t kBatchBytes = 8 << 20;

class Mover {
 public:
  Mover(const Context& context, const Target& target, const Survey& survey, const OnProgress& on_progress)
      : context_(context), target_(target), survey_(survey), on_progress_(on_progress), store_(target.store) {}

  Result<Outcome> run() {
    TRY(start());
    Outcome out{
        .tallies = {}, .schedules = 0, .carried_on = 0, .was_done = mark_.stage == Stage::kDone, .mistakes = {}};
    for (const Tally& tally : mark_.tallies) out.carried_on += tally.moved;
    while (mark_.stage == Stage::kDocuments) TRY(move_collection());
    if (mark_.stage == Stage::kTimers) TRY(set_timers());
    if (mark_.stage == Stage::kChanges) TRY(tell_changes());
    out.tallies = mark_.tallies;
    out.schedules = mark_.schedules;
    TRY(add_up(out));
    return out;
  }

 private:
  /// A document of the batch; nothing to write when it is refused.
  struct Waiting {
    std::int64_t after = 0;  ///< where the next one begins
    std::optional<Ready> ready;
  };

  Result<void> start() {
    const std::string dump = text::to_hex(survey_.census().hash());
    TRY_ASSIGN(auto found, find_mark(context_, store_));
    if (found) {
      mark_ = std::move(*found);
      if (mark_.dump == dump && mark_.without_credentials == survey_.without_credentials()) return {};
      return conflict(mark_.stage == Stage::kDone
                          ? "Another dump was moved into this instance: a dump goes into an empty one"
                          : "This instance is half filled from another dump, or with other flags: run that command "
                            "again, or choose an empty instance");
    }
    for (const seed::Given& given : seed::kGiven) {
      TRY_ASSIGN(auto seeds, seed::planted(store_, context_, given));
      std::move(seeds.begin(), seeds.end(), std::back_inserter(seeds_));
    }
    for (const model::Entity* entity : model::entities()) {
      TRY_ASSIGN(const std::int64_t count, count_of(*entity));
      const auto given =
          std::count_if(seeds_.begin(), seeds_.end(), [&](const auto& one) { return one.entity == entity; });
      if (count == given) continue;
      return conflict(
          fmt::format("This instance holds {} already: a dump goes into an empty one, because every document "
                      "keeps its id",
                      text::lower(entity->label_plural)));
    }
    mark_.dump = dump;
    mark_.without_credentials = survey_.without_credentials();
    mark_.tallies.resize(survey_.collections().size());
    for (std::size_t i = 0; i < mark_.tallies.size(); ++i) {
      const Tally& seen = survey_.tallies()[i];
      // What has no place here is not read a second time.
      const Part part = survey_.collections()[i].part;
      if (part != Part::kDocuments && part != Part::kAudits) mark_.tallies[i] = seen;
    }
    return {};
  }

  Result<std::int64_t> count_of(const model::Entity& entity) {
    store::ListSpec spec;
    spec.entity = &entity;
    spec.viewer.everything = true;
    spec.active = std::nullopt;
    return store_.documents().count(context_, spec);
  }

  /// One transaction: `work` and what the mark says afterwards.
  Result<void> commit(const Mark& after, const store::Store::Work& work) {
    Mark written = after;
    TRY(store_.write(context_, store::Store::Priority::kBulk, [&](Transaction& tx) -> Result<void> {
      if (to_ms(written.began) == 0) written.began = tx.now();
      fresh_scopes_.clear();  // of an attempt that was rolled back
      TRY(work(tx));
      return store_.vault().set_value(tx, Mark::kName, written.write());
    }));
    mark_ = std::move(written);
    scopes_.merge(fresh_scopes_);
    return {};
  }

  Result<void> move_collection() {
    Mark after = mark_;
    if (mark_.collection == survey_.collections().size()) {
      after.stage = Stage::kTimers;
      after.next = 0;
      return commit(after, [](Transaction&) { return Result<void>(); });
    }
    const Collection& collection = survey_.collections()[mark_.collection];
    if (collection.part == Part::kDocuments) {
      std::vector<Waiting> batch;
      std::size_t bytes = 0;
      const std::string what = "writing " + collection.shown();
      const std::size_t number = mark_.collection;
      TRY(walk(context_, collection, mark_.next, [&](Stored& stored) -> Result<void> {
        bytes += stored.bytes.size();
        batch.push_back(wait(collection, {number, stored.offset}, stored));
        if (batch.size() < target_.batch && bytes < kBatchBytes) return {};
        TRY(write(batch));
        batch.clear();
        bytes = 0;
        if (on_progress_) on_progress_(what, mark_.tallies[number].read);
        return {};
      }));
      if (!batch.empty()) TRY(write(batch));
      after = mark_;
    }
    ++after.collection;
    after.next = 0;
    // The next transaction says so: one of its own is not worth it.
    mark_ = std::move(after);
    return {};
  }

  Waiting wait(const Collection& collection, const Place& place, Stored& stored) {
    Waiting out{.after = stored.offset + static_cast<std::int64_t>(stored.bytes.size()), .ready = {}};
    if (survey_.census().is_doubled(place) || survey_.census().is_skipped(place)) {
      left_ += survey_.census().is_skipped(place) ? 1 : 0;
      return out;
    }
    std::vector<Remark> remarks;
    out.ready = survey_.converter().convert(collection, place, std::move(stored), remarks);
    return out;
  }

  Result<void> write(std::vector<Waiting>& batch) {
    Mark after = mark_;
    Tally& tally = after.tallies[mark_.collection];
    after.next = batch.back().after;
    for (const Waiting& one : batch) {
      ++tally.read;
      if (one.ready) ++tally.moved;
    }
    const auto unwritten =
        tally.read - mark_.tallies[mark_.collection].read - (tally.moved - mark_.tallies[mark_.collection].moved);
    tally.left += left_;
    tally.refused += unwritten - left_;
    TRY(commit(after, [&](Transaction& tx) -> Result<void> {
      for (Waiting& one : batch)
        if (one.ready) TRY(insert(tx, *one.ready));
      return clear_seeds(tx);
    }));
    seeds_.clear();
    left_ = 0;
    return {};
  }

  /// What a first start gave makes room for what the dump has of the same names; the next start gives what is lacking
  /// then. In the transaction of the first documents: an instance is never without both.
  Result<void> clear_seeds(Transaction& tx) {
    if (seeds_.empty()) return {};
    for (const store::Document& seed : seeds_) {
      TRY_ASSIGN(const auto now, store_.documents().find(tx, *seed.entity, seed.id));
      if (now) TRY(store_.documents().erase(tx, *now));
    }
    return store_.vault().set_value(tx, seed::kMark, "0");
  }

  Result<void> insert(Transaction& tx, Ready& ready) {
    store::Document& document = ready.document;
    if (document.entity->access != model::Access::kNone) {
      TRY_ASSIGN(document.access, store_.documents().intern(tx, ready.roles));
    }
    if (std::string_view(document.entity->name) == "connections") TRY(seal(tx, ready));
    TRY(store_.documents().insert(tx, document, {.verb = "", .changes = {}}));
    if (!ready.password.empty()) TRY(store_.vault().set_credential(tx, document.id, ready.password, false));
    if (!ready.sight) return {};
    const Sight& sight = *ready.sight;
    TRY_ASSIGN(const std::int64_t scope, scope_of(tx, sight));
    // No hash: the first reading looks at it in any case.
    return store_.ledger().see(tx, scope, {.key = sight.key, .row = document.row, .hash = {}});
  }

  /// Asked for once: a server of databases is far away.
  Result<std::int64_t> scope_of(Transaction& tx, const Sight& sight) {
    const std::string name = fmt::format("{}|{}|{}", sight.connection.hex(), sight.resource, sight.region);
    for (const auto* known : {&scopes_, &fresh_scopes_})
      if (const auto found = known->find(name); found != known->end()) return found->second;
    TRY_ASSIGN(const std::int64_t id, store_.ledger().intern_scope(tx, sight.connection, sight.resource, sight.region));
    fresh_scopes_.emplace(name, id);
    return id;
  }

  Result<void> seal(Transaction& tx, Ready& ready) {
    json::Object& body = ready.document.body;
    const provider::Provider* provider = provider::find_provider(json::text_or(body, "provider"));
    const provider::Method* method =
        provider == nullptr ? nullptr : provider::find_method(*provider, json::text_or(body, "service"));
    const json::Object credentials = ready.credentials.value_or(json::Object());
    const ObjectId& id = ready.document.id;
    body["conn"] = connections::make_envelope(target_.envelope_secret, method, credentials, id);
    if (!ready.credentials) return {};
    return store_.vault().set_secret(tx, id,
                                     target_.keyring.seal(json::write(credentials), auth::connection_context(id)));
  }

  Result<void> set_timers() {
    Mark after = mark_;
    after.stage = Stage::kChanges;
    after.next = 0;
    std::vector<store::Schedule> schedules;
    TRY_ASSIGN(const schedule::Template form, schedule::read_template(store_, context_));
    for (const ObjectId& connection : survey_.connections()) {
      const auto its = survey_.timers().of(connection, *survey_.census().source(connection), form, mark_.began);
      schedules.insert(schedules.end(), its.begin(), its.end());
    }
    after.schedules = static_cast<std::int64_t>(schedules.size());
    return commit(after, [&](Transaction& tx) -> Result<void> {
      for (store::Schedule schedule : schedules) {
        TRY(store_.ledger().insert_schedule(tx, schedule));
        TRY(tell_documents(tx, schedule));
      }
      return {};
    });
  }

  /// Each document of a timer says what the timer does, as it will whenever one of them changes.
  Result<void> tell_documents(Transaction& tx, const store::Schedule& schedule) {
    TRY_ASSIGN(const auto documents, schedule::find_documents(store_, tx, schedule.connection, schedule.task));
    for (const store::Document& before : documents) {
      store::Document after = before;
      schedule::write_timer(schedule, after);
      if (after.body != before.body) TRY(store_.documents().update(tx, before, after, {.verb = "", .changes = {}}));
    }
    return {};
  }

  Result<void> tell_changes() {
    TRY_ASSIGN(Replay replay, Replay::plan(context_, survey_.collections(), survey_.census(), nullptr));
    // What is told already is gone through again: later records build on it.
    for (std::int64_t i = 0; i < mark_.next; ++i) TRY(replay.next());
    for (bool more = true; more;) {
      if (context_.stopped()) return unavailable("Stopped; the same command carries on");
      Mark after = mark_;
      std::vector<store::HistoryRow> rows;
      while (rows.size() < target_.batch) {
        TRY_ASSIGN(auto told, replay.next());
        more = told.has_value();
        if (!more) break;
        ++after.next;
        Tally& tally = after.tallies[told->collection];
        ++tally.read;
        ++(told->row.verb.empty() ? tally.left : tally.moved);
        if (!told->row.verb.empty()) rows.push_back(std::move(told->row));
      }
      if (!more) after.stage = Stage::kDone;
      TRY(commit(after, [&](Transaction& tx) -> Result<void> {
        for (store::HistoryRow& row : rows) {
          TRY_ASSIGN(row.row, row_of(tx, row));
          TRY(store_.documents().record(tx, row));
        }
        return {};
      }));
      if (on_progress_) on_progress_("writing history", mark_.next);
    }
    return {};
  }

  Result<store::RowId> row_of(Transaction& tx, const store::HistoryRow& row) {
    if (const auto known = rows_.find(row.document); known != rows_.end()) return known->second;
    TRY_ASSIGN(const auto found, store_.documents().find(tx, *model::find_entity(row.entity), row.document));
    if (!found) return internal(fmt::format("{} {} is not in the store", row.entity, row.document.hex()));
    rows_.emplace(row.document, found->row);
    return found->row;
  }

  Result<void> add_up(Outcome& out) {
    std::map<const model::Entity*, std::int64_t> wanted;
    for (std::size_t i = 0; i < out.tallies.size(); ++i) {
      const Tally& tally = out.tallies[i];
      const Collection& collection = survey_.collections()[i];
      if (tally.read != tally.moved + tally.refused + tally.left)
        out.mistakes.push_back(fmt::format("{}: {} read, but {} moved, {} refused and {} left behind",
                                           collection.shown(), tally.read, tally.moved, tally.refused, tally.left));
      if (!(tally == survey_.tallies()[i]))
        out.mistakes.push_back(fmt::format("{}: {} were to be moved, {} were", collection.shown(),
                                           survey_.tallies()[i].moved, tally.moved));
      if (collection.part == Part::kDocuments) wanted[collection.entity] += tally.moved;
    }
    if (out.was_done) return {};  // people have worked with it since
    for (const auto& [entity, count] : wanted) {
      TRY_ASSIGN(const std::int64_t there, count_of(*entity));
      if (there != count)
        out.mistakes.push_back(
            fmt::format("{}: {} moved, but the store holds {}", text::lower(entity->label_plural), count, there));
    }
    return {};
  }

  const Context& context_;
  const Target& target_;
  const Survey& survey_;
  const OnProgress& on_progress_;
  store::Store& store_;
  Mark mark_;
  std::int64_t left_ = 0;               ///< of the batch
  std::vector<store::Document> seeds_;  ///< given by a start of the instance, until the first documents are in
  std::unordered_map<ObjectId, store::RowId> rows_;
  std::map<std::string, std::int64_t> scopes_, fresh_scopes_;  ///< committed, and of the running transaction
};

}  // namespace

Result<Outcome> move_in(const Context& context, const Target& target, const Survey& survey,
                        const OnProgress& on_progress) {
  TRY(survey.check_secret());
  return Mover(context, target, survey, on_progress).run();
}

Result<bool> is_half_done(const Context& context, store::Store& store) {
  TRY_ASSIGN(const auto mark, find_mark(context, store));
  return mark && mark->stage != Mark::Stage::kDone;
}

}  // namespace maestro::moving
