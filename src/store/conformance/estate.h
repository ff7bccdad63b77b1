// An estate with everything a store can hold, written through its ports: for tests that copy, check and mend stores.
#pragma once

#include "store/conformance/suite.h"

namespace maestro::store {

/// A value for a field: each seed another, among them those that fit no column.
inline json::Value odd_value(int seed) {
  switch (seed % 14) {
    case 0:
      return "plain";
    case 1:
      return "Ünïcödé \U0001F600";
    case 2:
      return json::Value(std::string("zero \0 inside", 13));
    case 3:
      return json::Value(std::string(1000, 'x'));
    case 4:
      return "";
    case 5:
      return 42;
    case 6:
      return -0.125;
    case 7:
      return 1e300;
    case 8:
      return INT64_MAX;
    case 9:
      return true;
    case 10:
      return nullptr;
    case 11:
      return json::Array{"a", 1, nullptr};
    case 12:
      return json::Object{{"deep", json::Array{json::Object{{"k", "v"}}}}};
    default:
      return "quote ' \" \\ \n tab \t";
  }
}

/// Documents of every kind with `each` of them, changed, deleted, granted; runs, sightings, schedules, jobs; passwords,
/// secrets, settings. Numbers that the engine gives have gaps, also at their end.
inline void make_estate(Store& store, FakeClock& clock, int each = 30) {
  Context context;
  const Principal ann{Principal::Kind::kUser, ObjectId::generate()}, team{Principal::Kind::kTeam, ObjectId::generate()};
  context.actor.principal = ann;
  context.actor.name = "Änn O'Neil";
  const auto write = [&](const std::function<void(Transaction&)>& work) {
    clock.advance(Millis(1));
    must(store.write(context, Store::Priority::kInteractive, [&](Transaction& transaction) -> Result<void> {
      work(transaction);
      return {};
    }));
  };
  const auto role = [](const Principal& principal, int bits) {
    return RoleEntry{
        principal, bits, {{"refs", principal_refs(principal.kind)}, {"_id", principal.id.hex()}, {"role", bits}}};
  };
  std::vector<Document> documents;
  for (const model::Entity* entity : model::entities()) {
    for (int i = 0; i < each; ++i) {
      write([&](Transaction& transaction) {
        Document document;
        document.entity = entity;
        document.created = document.updated = clock.now() - Millis(i * 1000);
        document.owner = i % 2 == 0 ? ann : team;
        if (i % 3 == 0) document.key = fmt::format("aws/server|i-ключ-{}", i);
        document.access = must(store.documents().intern(
            transaction, i % 4 == 0 ? std::vector<RoleEntry>{}
                                    : std::vector<RoleEntry>{role(ann, kAdmin), role(team, i % 4 == 1 ? kRead : kWrite),
                                                             role({Principal::Kind::kNobody, ann.id}, kRead)}));
        if (i % 5 == 0) document.provenance = {{"u", json::Object{{"name", json::Object{{"n", "Änn"}}}}}};
        int field = 0;
        for (const Column& column : columns(*entity)) {
          const json::Value value =
              i < each / 2 ? json::Value(fmt::format("{}-{}", column.name, i % 3)) : odd_value(i + field++);
          if (column.exclusive)
            json::set(document.body, column.path, json::Value(fmt::format("{}-{}-{}", column.name, i, ann.id.hex())));
          else if (i % 6 != 0 || column.path == "name")
            json::set(document.body, column.path, value);
        }
        document.body["free"] = odd_value(i);
        if (i % 4 == 1 && find_column(*entity, "ipv4_private") != nullptr)
          document.body["ipv4_private"] = fmt::format("10.1.{}.7", i);
        must(store.documents().insert(transaction, document, {"create", {}}));
        documents.push_back(document);
      });
    }
  }
  store::Run run;
  run.connection = ObjectId::generate();
  run.task = "server-list";
  run.trigger = "user";
  run.by = ann.id;
  run.created = clock.now();
  RunScope scope;
  write([&](Transaction& transaction) {
    must(store.ledger().insert_run(transaction, run));
    scope.run = run.id;
    scope.resource = "aws/server";
    scope.region = "eu-west-1";
    scope.held = {{"vanished", 3}, {"names", json::Array{"ä"}}};
    must(store.ledger().insert_scope(transaction, run.connection, scope));
    run.state = RunState::kSuccess;
    run.finished = clock.now();
    must(store.ledger().update_run(transaction, run));
  });
  context.actor.run = run.id;
  for (std::size_t i = 0; i < documents.size(); i += 3) {
    write([&](Transaction& transaction) {
      const Document before = must(store.documents().find(transaction, *documents[i].entity, documents[i].id)).value();
      Document after = before;
      after.body["name"] = fmt::format("renamed {}", i);
      after.updated = clock.now();
      after.active = i % 2 == 0;
      must(store.documents().update(
          transaction, before, after,
          {"update", {json::Object{{"path", "name"}, {"old", nullptr}, {"new", odd_value(2)}}}}));
      must(store.ledger().see(transaction, scope.scope, {fmt::format("i-{}", i), after.row, std::string(64, 'a')}));
    });
  }
  write([&](Transaction& transaction) {
    for (const Document& document : documents) {
      if (std::string_view(document.entity->name) == "users") {
        must(store.vault().set_credential(transaction, document.id, "$argon2id$v=19$...", document.row % 2 == 0));
        const Time now = clock.now();
        must(store.accounts().add_login(
            transaction, {ObjectId::generate(), document.id, 1, now, now, now + Millis(9), "::1", "Änn's browser"}));
        must(store.accounts().add_token(
            transaction, {ObjectId::generate(), document.id, "Ünïcödé", true, now, now + Millis(7), std::nullopt},
            document.id.hex()));
        if (document.row % 7 == 0) must(store.accounts().add_administrator(transaction, document.id));
      }
      if (std::string_view(document.entity->name) == "connections") {
        must(store.vault().set_secret(transaction, document.id,
                                      {"key-1", std::string("\0\xff sealed \x80", 11) + document.id.hex()}));
      }
    }
    must(store.vault().set_value(transaction, "key_id", "0123abcd"));
    Schedule schedule;
    schedule.connection = run.connection;
    schedule.task = "server-list";
    schedule.next_at = clock.now();
    must(store.ledger().insert_schedule(transaction, schedule));
    for (int i = 0; i < 3; ++i) {
      Job job;
      job.type = "test";
      job.lane = i == 2 ? "other" : "provider";
      job.payload["number"] = odd_value(i);
      job.run_at = clock.now();
      must(store.ledger().enqueue(transaction, job));
    }
  });
  // The last number of a table need not be that of a row.
  const auto job = must(store.ledger().claim_job(context, "other", "me", Millis(1000)));
  write([&](Transaction& transaction) { must(store.ledger().finish_job(transaction, job.value())); });
}

}  // namespace maestro::store
