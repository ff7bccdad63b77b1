// Conformance: runs, scopes, sightings, schedules and jobs.
#pragma once

#include "store/conformance/suite.h"

namespace maestro::store {

TEST_P(StoreConformance, RunsAndScopesKeepWhatTheyWereGiven) {
  const ObjectId connection = ObjectId::generate();
  auto run = make_run(connection, "instances");
  run.by = ObjectId::generate();
  run.by_name = "ann";
  RunScope scope;
  write([&](Transaction& transaction) {
    must(ledger().insert_run(transaction, run));
    scope = make_scope(run.id, "instances", "eu-west-1");
    must(ledger().insert_scope(transaction, connection, scope));
  });
  EXPECT_TRUE(run.id);
  EXPECT_GT(scope.id, 0);
  EXPECT_GT(scope.scope, 0);
  const std::int64_t first_seq = must(ledger().find_run(context, run.id))->seq;
  EXPECT_EQ(must(ledger().last_seq(context)), first_seq);
  EXPECT_GT(first_seq, run.seq);  // the scope's write counted too

  run.state = RunState::kPartial;
  run.message = "one region failed";
  run.cancel_requested = true;
  run.started = clock.now();
  run.finished = clock.now() + Millis(5);
  run.counts.seen = 4;
  run.counts.errors = 1;
  scope.state = RunState::kHeld;
  scope.attempt = 2;
  scope.pages = 3;
  scope.counts.created = 9;
  scope.message = "held";
  scope.error_code = "throttled";
  scope.hint = "wait";
  scope.held = {{"vanished", 3}, {"of", 4}};
  scope.next_attempt = clock.now() + Millis(7);
  scope.approved = true;
  write([&](Transaction& transaction) {
    must(ledger().update_scope(transaction, scope));
    must(ledger().update_run(transaction, run));
  });
  const auto stored = *must(ledger().find_run(context, run.id));
  EXPECT_EQ(stored.seq, run.seq);
  EXPECT_GT(stored.seq, first_seq);
  EXPECT_EQ(stored.connection, connection);
  EXPECT_EQ(stored.task, "instances");
  EXPECT_EQ(stored.trigger, "user");
  EXPECT_EQ(stored.by, run.by);
  EXPECT_EQ(stored.by_name, "ann");
  EXPECT_EQ(stored.state, RunState::kPartial);
  EXPECT_EQ(stored.message, run.message);
  EXPECT_TRUE(stored.cancel_requested);
  EXPECT_EQ(stored.started, run.started);
  EXPECT_EQ(stored.finished, run.finished);
  EXPECT_EQ(stored.created, run.created);
  EXPECT_EQ(stored.counts.to_json(), run.counts.to_json());
  const auto scopes = must(ledger().scopes(context, run.id));
  ASSERT_EQ(scopes.size(), 1u);
  const RunScope& read = scopes[0];
  EXPECT_EQ(read.id, scope.id);
  EXPECT_EQ(read.run, run.id);
  EXPECT_EQ(read.scope, scope.scope);
  EXPECT_EQ(read.resource, "instances");
  EXPECT_EQ(read.region, "eu-west-1");
  EXPECT_EQ(read.state, RunState::kHeld);
  EXPECT_EQ(read.attempt, 2);
  EXPECT_EQ(read.pages, 3);
  EXPECT_EQ(read.counts.created, 9);
  EXPECT_EQ(read.error_code, "throttled");
  EXPECT_EQ(read.hint, "wait");
  EXPECT_EQ(read.held, scope.held);
  EXPECT_EQ(read.next_attempt, scope.next_attempt);
  EXPECT_FALSE(read.started);
  EXPECT_TRUE(read.approved);
  write([&](Transaction& transaction) {
    EXPECT_EQ(must(ledger().find_scope(transaction, scope.id))->message, "held");
    EXPECT_FALSE(must(ledger().find_scope(transaction, 999)));
    // The same place is the same scope for the next run: sightings hang on it.
    auto next = make_run(connection, "instances");
    must(ledger().insert_run(transaction, next));
    RunScope again = make_scope(next.id, "instances", "eu-west-1"),
             other = make_scope(next.id, "instances", "eu-west-2");
    must(ledger().insert_scope(transaction, connection, again));
    must(ledger().insert_scope(transaction, connection, other));
    EXPECT_EQ(again.scope, scope.scope);
    EXPECT_NE(other.scope, scope.scope);
    EXPECT_EQ(must(ledger().scopes(transaction, next.id)).size(), 2u);
  });
  EXPECT_FALSE(must(ledger().find_run(context, ObjectId::generate())));
}

TEST_P(StoreConformance, RunsPageNewestFirstAndArePruned) {
  const ObjectId connection = ObjectId::generate(), other = ObjectId::generate();
  std::vector<ObjectId> ids;
  for (int i = 0; i < 10; ++i) {
    if (i % 3 == 0) clock.advance(Millis(1));  // several runs share a time
    auto run = make_run(connection, i % 2 == 0 ? "even" : "odd");
    run.state = i >= 8 ? RunState::kHeld : RunState::kSuccess;
    write([&](Transaction& transaction) {
      must(ledger().insert_run(transaction, run));
      RunScope scope = make_scope(run.id, "r", "x");
      must(ledger().insert_scope(transaction, connection, scope));
      auto foreign = make_run(other, "even");
      must(ledger().insert_run(transaction, foreign));
    });
    ids.push_back(run.id);
  }
  std::vector<ObjectId> paged;
  std::string cursor;
  do {
    const auto page = must(ledger().runs(context, connection, 3, cursor));
    for (const auto& run : page.runs) paged.push_back(run.id);
    cursor = page.next;
  } while (!cursor.empty());
  EXPECT_EQ(paged.size(), 10u);
  EXPECT_EQ(std::set(paged.begin(), paged.end()), std::set(ids.begin(), ids.end()));
  EXPECT_EQ(paged.back(), std::min({ids[0], ids[1], ids[2]}));
  const auto wrong = ledger().runs(context, connection, 3, "nonsense");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Code::kInvalid);

  const std::array connections = {connection, other};
  const auto latest = must(ledger().latest_runs(context, connections));
  ASSERT_EQ(latest.size(), 3u);
  EXPECT_EQ(latest[0].connection, connection);
  EXPECT_EQ(latest[2].connection, other);
  write([&](Transaction& transaction) {
    EXPECT_EQ(must(ledger().open_runs(transaction, connection, "")).size(), 2u);
    EXPECT_EQ(must(ledger().open_runs(transaction, connection, "even")).size(), 1u);
    must(ledger().prune_runs(transaction, connection, "even", 2));
  });
  // Of the even ones four are finished and two of those stay; the open one is not touched, nor are the others.
  EXPECT_EQ(must(ledger().runs(context, connection, 50, "")).runs.size(), 8u);
  EXPECT_EQ(must(ledger().runs(context, other, 50, "")).runs.size(), 10u);
  EXPECT_FALSE(must(ledger().find_run(context, ids[0])));
  EXPECT_TRUE(must(ledger().scopes(context, ids[0])).empty());
}

TEST_P(StoreConformance, ChangedRunsComeInTheOrderOfTheirChange) {
  std::vector<store::Run> all;
  for (int i = 0; i < 4; ++i) all.push_back(make_run(ObjectId::generate(), "t"));
  write([&](Transaction& transaction) {
    for (auto& run : all) must(ledger().insert_run(transaction, run));
  });
  const std::int64_t seq = must(ledger().last_seq(context));
  EXPECT_TRUE(must(ledger().changed_runs(context, seq, 10)).empty());
  write([&](Transaction& transaction) {
    must(ledger().update_run(transaction, all[2]));
    RunScope scope = make_scope(all[0].id, "r", "x");
    must(ledger().insert_scope(transaction, all[0].connection, scope));
  });
  const auto changed = must(ledger().changed_runs(context, seq, 10));
  ASSERT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed[0].id, all[2].id);
  EXPECT_EQ(changed[1].id, all[0].id);
  EXPECT_EQ(must(ledger().changed_runs(context, 0, 3)).size(), 3u);
}

TEST_P(StoreConformance, SightingsTellWhoSeesWhat) {
  const ObjectId one = ObjectId::generate(), two = ObjectId::generate();
  std::vector<Document> rows;
  for (int i = 0; i < 3; ++i) rows.push_back(insert(sample(servers(), i)));
  RunScope a, b, c;
  write([&](Transaction& transaction) {
    auto first = make_run(one, "t"), second = make_run(two, "t");
    must(ledger().insert_run(transaction, first));
    must(ledger().insert_run(transaction, second));
    a = make_scope(first.id, "vm", "r1");
    b = make_scope(first.id, "vm", "r2");
    c = make_scope(second.id, "vm", "r1");
    must(ledger().insert_scope(transaction, one, a));
    must(ledger().insert_scope(transaction, one, b));
    must(ledger().insert_scope(transaction, two, c));
    must(ledger().see(transaction, a.scope, {"k0", rows[0].row, "h0"}));
    must(ledger().see(transaction, a.scope, {"k1", rows[1].row, "h1"}));
    must(ledger().see(transaction, b.scope, {"k0", rows[0].row, "h0"}));
    must(ledger().see(transaction, c.scope, {"k0", rows[0].row, "hx"}));
    must(ledger().see(transaction, a.scope,
                      {"k1", rows[1].row,
                       std::string("h\0\xff"
                                   "2",
                                   4)}));
  });
  auto seen = must(ledger().sightings(context, a.scope));
  std::sort(seen.begin(), seen.end(), [](const Sighting& x, const Sighting& y) { return x.key < y.key; });
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].hash, std::string("h\0\xff"
                                      "2",
                                      4));
  EXPECT_EQ(seen[1].row, rows[1].row);
  EXPECT_EQ(must(ledger().seers(context, rows[0].row)).size(), 3u);
  EXPECT_EQ(must(ledger().seers(context, rows[2].row)).size(), 0u);
  const std::array connections = {two, one, ObjectId::generate()};
  EXPECT_THAT(must(ledger().seen_counts(context, connections)), testing::ElementsAre(1, 2, 0));
  write([&](Transaction& transaction) { must(ledger().forget_hash(transaction, rows[0].row)); });
  for (const auto& scope : {a, b, c})
    for (const Sighting& sighting : must(ledger().sightings(context, scope.scope)))
      EXPECT_EQ(sighting.hash.empty(), sighting.row == rows[0].row);
  std::multiset<RowId> dropped;
  for (;;) {
    std::vector<RowId> some;
    write([&](Transaction& transaction) { some = must(ledger().unsee_connection(transaction, one, 2)); });
    if (some.empty()) break;
    EXPECT_LE(some.size(), 2u);
    dropped.insert(some.begin(), some.end());
  }
  EXPECT_THAT(dropped, testing::UnorderedElementsAre(rows[0].row, rows[0].row, rows[1].row));
  write([&](Transaction& transaction) {
    const auto left = must(ledger().seers(transaction, rows[0].row));
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].connection, two);
    EXPECT_EQ(left[0].region, "r1");
  });
}

TEST_P(StoreConformance, OneOfManyClaimersGetsASchedule) {
  Schedule schedule;
  schedule.connection = ObjectId::generate();
  schedule.task = "instances";
  schedule.next_at = clock.now();
  Schedule later = schedule, disabled = schedule;
  later.next_at += Millis(1000);
  disabled.enabled = false;
  write([&](Transaction& transaction) {
    for (Schedule* each : {&schedule, &later, &disabled}) must(ledger().insert_schedule(transaction, *each));
  });
  EXPECT_EQ(must(ledger().schedules(context, schedule.connection)).size(), 3u);
  const auto due = must(ledger().due(context, clock.now(), 10));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].id, schedule.id);
  EXPECT_EQ(due[0].task, "instances");
  std::atomic<int> winners = 0;
  {
    std::vector<std::jthread> claimers;
    for (int i = 0; i < 8; ++i) {
      claimers.emplace_back([&] {
        write([&](Transaction& transaction) {
          if (must(ledger().claim(transaction, due[0], clock.now() + Millis(300000)))) ++winners;
        });
      });
    }
  }
  EXPECT_EQ(winners, 1);
  EXPECT_TRUE(must(ledger().due(context, clock.now(), 10)).empty());
  write([&](Transaction& transaction) {
    schedule.every = 9;
    schedule.period = "hours";
    schedule.enabled = false;
    must(ledger().update_schedule(transaction, schedule));
  });
  EXPECT_EQ(must(ledger().schedules(context, schedule.connection))[0].every, 9);
  EXPECT_EQ(must(ledger().schedules(context, schedule.connection))[0].period, "hours");
  write([&](Transaction& transaction) { must(ledger().delete_schedules(transaction, schedule.connection)); });
  EXPECT_TRUE(must(ledger().schedules(context, schedule.connection)).empty());
}

TEST_P(StoreConformance, JobsAreLeasedInOrderAndFenced) {
  write([&](Transaction& transaction) {
    for (const int number : {2, 1, 3}) {
      Job job = make_job("bulk", number);
      job.run_at = clock.now() + Millis(number);
      must(ledger().enqueue(transaction, job));
    }
    Job elsewhere = make_job("provider", 9);
    must(ledger().enqueue(transaction, elsewhere));
  });
  EXPECT_FALSE(must(ledger().claim_job(context, "bulk", "w1", Millis(100))));  // not due yet
  EXPECT_EQ(must(ledger().waiting_jobs(context, "bulk")), 3);
  clock.advance(Millis(10));
  const Job first = *must(ledger().claim_job(context, "bulk", "w1", Millis(100)));
  EXPECT_EQ(json::int_or(first.payload, "number"), 1);
  EXPECT_EQ(first.attempt, 1);
  EXPECT_EQ(first.worker, "w1");
  EXPECT_EQ(first.type, "test");
  const Job second = *must(ledger().claim_job(context, "bulk", "w2", Millis(1000)));
  EXPECT_EQ(json::int_or(second.payload, "number"), 2);
  const Job third = *must(ledger().claim_job(context, "bulk", "w2", Millis(1000)));
  EXPECT_FALSE(must(ledger().claim_job(context, "bulk", "w3", Millis(100))));
  EXPECT_EQ(must(ledger().waiting_jobs(context, "bulk")), 0);

  clock.advance(Millis(90));
  EXPECT_TRUE(must(ledger().extend_job(context, first, Millis(100))));
  clock.advance(Millis(90));
  EXPECT_FALSE(must(ledger().claim_job(context, "bulk", "w3", Millis(100))));
  clock.advance(Millis(20));  // w1 is gone: its job is due again
  EXPECT_EQ(must(ledger().waiting_jobs(context, "bulk")), 1);
  const Job again = *must(ledger().claim_job(context, "bulk", "w3", Millis(100)));
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.attempt, 2);
  EXPECT_FALSE(must(ledger().extend_job(context, first, Millis(100))));
  const auto fenced = [&](const std::function<Result<void>(Transaction&)>& work) {
    const auto result = store.write(context, Store::Priority::kBulk, work);
    return !result.ok() && result.error().code == Code::kConflict;
  };
  EXPECT_TRUE(fenced([&](Transaction& transaction) { return ledger().check_lease(transaction, first); }));
  EXPECT_TRUE(fenced([&](Transaction& transaction) { return ledger().finish_job(transaction, first); }));
  EXPECT_TRUE(fenced([&](Transaction& transaction) { return ledger().release_job(transaction, first, clock.now()); }));
  write([&](Transaction& transaction) {
    must(ledger().check_lease(transaction, again));
    must(ledger().finish_job(transaction, again));
    must(ledger().release_job(transaction, second, clock.now() + Millis(500)));
  });
  EXPECT_FALSE(must(ledger().claim_job(context, "bulk", "w1", Millis(100))));
  EXPECT_EQ(must(ledger().waiting_jobs(context, "bulk")), 1);
  clock.advance(Millis(500));
  const Job released = *must(ledger().claim_job(context, "bulk", "w1", Millis(5000)));
  EXPECT_EQ(released.id, second.id);
  EXPECT_EQ(released.attempt, 2);
  write([&](Transaction& transaction) {
    must(ledger().finish_job(transaction, released));
    must(ledger().finish_job(transaction, third));
  });
  EXPECT_EQ(must(ledger().claim_job(context, "provider", "w1", Millis(100)))->attempt, 1);
}

TEST_P(StoreConformance, ALaneInOrderWaitsForItsOldestJob) {
  write([&](Transaction& transaction) {
    for (const int number : {1, 2}) {
      Job job = make_job("audit", number);
      must(ledger().enqueue(transaction, job));
    }
    Job elsewhere = make_job("bulk", 9);
    must(ledger().enqueue(transaction, elsewhere));
  });
  const auto next = [&](const char* worker) {
    return must(ledger().claim_next(context, "audit", worker, Millis(100)));
  };
  const Job first = *next("w1");
  EXPECT_EQ(json::int_or(first.payload, "number"), 1);
  EXPECT_FALSE(next("w2"));  // the second one is due, but not its turn
  write([&](Transaction& transaction) { must(ledger().release_job(transaction, first, clock.now() + Millis(500))); });
  EXPECT_FALSE(next("w2"));
  clock.advance(Millis(500));
  EXPECT_EQ(next("w2")->id, first.id);
  clock.advance(Millis(200));  // w2 is gone
  const Job again = *next("w3");
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.attempt, 3);
  write([&](Transaction& transaction) { must(ledger().finish_job(transaction, again)); });
  EXPECT_EQ(json::int_or(next("w1")->payload, "number"), 2);
}

TEST_P(StoreConformance, AnObserverLearnsOfEveryWriteAndItsRefusalUndoesIt) {
  struct Witness final : Observer {
    Result<void> written(Transaction&, const Document* before, const Document& after, const Change& change) override {
      seen.push_back(
          fmt::format("{} {} {}", before == nullptr ? "new" : "old", json::text_or(after.body, "name"), change.verb));
      return refuses ? Result<void>(invalid("no")) : Result<void>();
    }
    std::vector<std::string> seen;
    bool refuses = false;
  };
  static Witness witness;  // outlives the store, as the port asks
  witness = {};
  store.observe(witness);
  Document document = sample(servers(), 1);
  document.body["name"] = "a";
  write([&](Transaction& transaction) { must(documents().insert(transaction, document, {.verb = "create"})); });
  Document after = document;
  after.body["name"] = "b";
  const auto change = [&](Transaction& transaction) {
    return documents().update(transaction, document, after, {.verb = "update"});
  };
  witness.refuses = true;
  EXPECT_FALSE(store.write(context, Store::Priority::kBulk, change).ok());
  EXPECT_EQ(json::text_or(get(servers(), document.id).body, "name"), "a");
  witness.refuses = false;
  write([&](Transaction& transaction) { must(change(transaction)); });
  EXPECT_EQ(witness.seen, (std::vector<std::string>{"new a create", "old b update", "old b update"}));
}

TEST_P(StoreConformance, ManyWorkersTakeEachJobOnce) {
  constexpr int kJobs = 60;
  write([&](Transaction& transaction) {
    for (int i = 0; i < kJobs; ++i) {
      Job job = make_job("bulk", i);
      must(ledger().enqueue(transaction, job));
    }
  });
  std::mutex mutex;
  std::multiset<std::int64_t> taken;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 6; ++i) {
      workers.emplace_back([&, i] {
        while (auto job = must(ledger().claim_job(context, "bulk", fmt::format("w{}", i), Millis(60000)))) {
          const std::scoped_lock lock(mutex);
          taken.insert(job->id);
        }
      });
    }
  }
  EXPECT_EQ(taken.size(), static_cast<std::size_t>(kJobs));
  EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), static_cast<std::size_t>(kJobs));
}

TEST_P(StoreConformance, RowsThatWereExpectedAreReadAsTheyAre) {
  std::vector<Document> rows;
  for (int i = 0; i < 5; ++i) rows.push_back(insert(sample(servers(), i)));
  const Document user = insert(sample(*model::find_entity("users"), 9));
  RunScope first, second;
  write([&](Transaction& transaction) {
    store::Run run = make_run(ObjectId::generate(), "server-list");
    must(ledger().insert_run(transaction, run));
    first = make_scope(run.id, "aws/server", "a");
    second = make_scope(run.id, "aws/server", "b");
    must(ledger().insert_scope(transaction, run.connection, first));
    must(ledger().insert_scope(transaction, run.connection, second));
    must(ledger().see(transaction, first.scope, {"k0", rows[0].row, "h"}));
    must(ledger().see(transaction, first.scope, {"k1", rows[1].row, "h"}));
    must(ledger().see(transaction, first.scope, {"k1 again", rows[1].row, "h"}));
    must(ledger().see(transaction, second.scope, {"k1", rows[1].row, "h"}));
  });
  write([&](Transaction& transaction) {
    documents().expect_rows(transaction, servers(),
                            {rows[2].row, rows[0].row, rows[1].row, user.row, 1'000'000, rows[3].row, rows[0].row});
    const auto find = [&](const Document& document) { return must(documents().find_row(transaction, document.row)); };
    const auto seers = [&](const Document& document) { return must(ledger().seers(transaction, document.row)).size(); };
    expect_same(*find(rows[2]), rows[2]);
    // Read ahead by now, and changed: once through the port that read it, once through another.
    Document named = rows[0];
    named.body["name"] = "named";
    must(documents().update(transaction, rows[0], named, {"update", {}}));
    expect_same(*find(rows[0]), named);
    expect_same(*find(rows[0]), named);
    EXPECT_EQ(documents().update(transaction, rows[0], named, {"update", {}}).error().code, Code::kConflict);
    expect_same(*find(rows[1]), rows[1]);
    expect_same(*find(user), user);
    EXPECT_FALSE(must(documents().find_row(transaction, 1'000'000)));
    expect_same(*find(rows[4]), rows[4]);
    EXPECT_EQ(seers(rows[2]), 0u);
    EXPECT_EQ(seers(rows[0]), 1u);
    EXPECT_EQ(seers(rows[1]), 2u);
    must(ledger().unsee(transaction, second.scope, "k1"));
    EXPECT_EQ(seers(rows[1]), 1u);
    must(ledger().see(transaction, first.scope, {"k0", rows[3].row, "h"}));
    EXPECT_EQ(seers(rows[0]), 0u);
    EXPECT_EQ(seers(rows[3]), 1u);
  });
  // What nobody has read in this transaction is looked at before it is changed.
  Document stale = rows[0];
  const auto refused = store.write(context, Store::Priority::kBulk, [&](Transaction& transaction) -> Result<void> {
    return documents().update(transaction, rows[0], stale, {"update", {}});
  });
  EXPECT_EQ(refused.error().code, Code::kConflict);
}

}  // namespace maestro::store
