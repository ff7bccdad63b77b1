// The suite that every store adapter must pass: what the ports promise, tested through the ports alone.
//
// An adapter's test includes store/conformance/*.h and instantiates StoreConformance with a function that makes an
// empty store. Nothing here knows an engine.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "json/json.h"
#include "store/match.h"
#include "store/projection.h"
#include "store/store.h"

namespace maestro::store {

/// An empty store of an adapter, removed at the end.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Store& store() = 0;
  /// The same data as another process has it open; where there can be but one process, the same store.
  virtual Store& other() { return store(); }
  /// Problems of the data that the adapter itself can find: counts, orphans.
  virtual std::vector<std::string> check() = 0;
};
using MakeBackend = std::function<std::unique_ptr<Backend>(const Clock&)>;

struct Maker {
  std::string name;
  MakeBackend make;
};

template <typename T>
T must(Result<T> result) {
  if (!result.ok())
    throw std::runtime_error(fmt::format("{}: {}", code_name(result.error().code), result.error().message));
  return std::move(result).value();
}
inline void must(Result<void> result) {
  if (!result.ok())
    throw std::runtime_error(fmt::format("{}: {}", code_name(result.error().code), result.error().message));
}

class StoreConformance : public testing::TestWithParam<Maker> {
 public:
  StoreConformance() : clock(from_ms(1'700'000'000'000)), backend(GetParam().make(clock)), store(backend->store()) {
    ann = {Principal::Kind::kUser, ObjectId::generate()};
    bob = {Principal::Kind::kUser, ObjectId::generate()};
    team = {Principal::Kind::kTeam, ObjectId::generate()};
    context.actor.principal = ann;
    context.actor.name = "ann";
  }
  void TearDown() override { EXPECT_THAT(backend->check(), testing::IsEmpty()); }

  void write(const std::function<void(Transaction&)>& work, Store::Priority priority = Store::Priority::kInteractive) {
    must(store.write(context, priority, [&](Transaction& transaction) -> Result<void> {
      work(transaction);
      return {};
    }));
  }

  static RoleEntry entry(const Principal& principal, int role) {
    return {principal, role, {{"refs", principal_refs(principal.kind)}, {"_id", principal.id.hex()}, {"role", role}}};
  }
  SetId intern(const std::vector<RoleEntry>& entries) {
    SetId id = 0;
    write([&](Transaction& transaction) { id = must(documents().intern(transaction, entries)); });
    return id;
  }

  /// A document whose declared scalar fields all hold something that depends on `seed`.
  Document sample(const model::Entity& entity, int seed, SetId access = 0) const {
    Document document;
    document.entity = &entity;
    document.id = ObjectId::generate();
    document.created = clock.now() + Millis(seed % 7);
    document.updated = clock.now() + Millis(seed);
    document.owner = ann;
    document.access = access;
    for (const model::FlatField& flat : model::flatten(entity)) {
      const std::string name = flat.field->name;
      if (flat.path == "created_at" || flat.path == "active" || flat.path == model::access_field(entity) ||
          flat.path == "owner" || flat.path.starts_with("owner.")) {
        continue;
      }
      switch (flat.field->type) {
        case model::Type::kNumber:
          json::set(document.body, flat.path, seed % 5 + 1);
          break;
        case model::Type::kBoolean:
          json::set(document.body, flat.path, seed % 2 == 0);
          break;
        case model::Type::kString:
        case model::Type::kEmail:
        case model::Type::kIp:
        case model::Type::kUri:
        case model::Type::kStringOrNumber:
          json::set(
              document.body, flat.path,
              json::Value(fmt::format("{}-{}", name, seed % (flat.field->index == model::Index::kEq ? 3 : 1000))));
          break;
        case model::Type::kArray:
          json::set(document.body, flat.path, json::Array{json::Object{{"key", name}, {"name", "n"}, {"value", seed}}});
          break;
        default:
          break;
      }
    }
    return document;
  }
  Document insert(Document document, const Change& change = {"create", {}}) {
    write([&](Transaction& transaction) { must(documents().insert(transaction, document, change)); });
    return document;
  }
  Document update(const Document& before, Document after, const Change& change = {"update", {}}) {
    write([&](Transaction& transaction) { must(documents().update(transaction, before, after, change)); });
    return after;
  }
  Document get(const Document& document) { return get(*document.entity, document.id); }
  Document get(const model::Entity& entity, const ObjectId& id) {
    auto found = must(documents().find(context, entity, id));
    if (!found) throw std::runtime_error("the document is not there");
    return *found;
  }

  static ListSpec list_of(const model::Entity& entity) {
    ListSpec spec;
    spec.entity = &entity;
    spec.viewer.everything = true;
    spec.limit = 1000;
    return spec;
  }
  static Filter leaf(std::string path, Condition::Op op, std::vector<json::Value> values = {}) {
    Filter filter;
    filter.kind = Filter::Kind::kLeaf;
    filter.leaf = {std::move(path), op, std::move(values)};
    return filter;
  }
  static Filter join(Filter::Kind kind, std::vector<Filter> children) {
    Filter filter;
    filter.kind = kind;
    filter.children = std::move(children);
    return filter;
  }
  std::vector<ObjectId> ids(const ListSpec& spec) {
    std::vector<ObjectId> out;
    for (const ListItem& item : must(documents().list(context, spec)).items) out.push_back(item.id);
    return out;
  }

  store::Run make_run(const ObjectId& connection, std::string task) const {
    store::Run run;
    run.connection = connection;
    run.task = std::move(task);
    run.trigger = "user";
    run.created = clock.now();
    return run;
  }
  static RunScope make_scope(const ObjectId& run, std::string resource, std::string region) {
    RunScope scope;
    scope.run = run;
    scope.resource = std::move(resource);
    scope.region = std::move(region);
    return scope;
  }
  Job make_job(std::string lane, int number = 0) const {
    Job job;
    job.type = "test";
    job.lane = std::move(lane);
    job.payload["number"] = number;
    job.run_at = clock.now();
    return job;
  }

  Documents& documents() { return store.documents(); }
  Ledger& ledger() { return store.ledger(); }
  Vault& vault() { return store.vault(); }

  FakeClock clock;
  std::unique_ptr<Backend> backend;
  Store& store;
  Context context;
  Principal ann, bob, team;
};

inline const model::Entity& servers() { return *model::find_entity("servers"); }

/// Two documents as equal as a round trip through a store must leave them.
inline void expect_same(const Document& a, const Document& b) {
  EXPECT_EQ(a.row, b.row);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.entity, b.entity);
  EXPECT_EQ(a.active, b.active);
  EXPECT_EQ(a.created, b.created);
  EXPECT_EQ(a.updated, b.updated);
  EXPECT_EQ(a.rev, b.rev);
  EXPECT_EQ(a.owner, b.owner);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.access, b.access);
  EXPECT_EQ(json::canonical(a.body), json::canonical(b.body));
  EXPECT_EQ(json::canonical(a.provenance), json::canonical(b.provenance));
}

}  // namespace maestro::store
