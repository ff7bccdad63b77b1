#include <gmock/gmock.h>

#include <random>

#include "discovery/bed_test.h"
#include "store_sqlite/store.h"

// Random sequences of estates, faults, crashes, cancellations and edits against an oracle that knows only this: what
// each connection must still be credited with seeing, and what it may have seen at most.

namespace maestro::discovery {
namespace {

using store::RunState;

/// What one connection has said.
struct Belief {
  std::string account;
  ObjectId owner;
  std::set<std::string> must;  ///< seen by a reading that nothing has revoked
  std::set<std::string> may;   ///< seen by some reading, perhaps
};

class Oracle : public testing::TestWithParam<unsigned>, public Bed {
 protected:
  Oracle()
      : Bed([](const std::string& path, const Clock& c) { return store_sqlite::open({.path = path, .clock = &c}); },
            {.attempts = 4, .batch = 3, .drop_count = 4, .drop_share = 0.5}),
        random(GetParam()) {}

  int dice(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random); }
  std::string some_id() { return fmt::format("i-{:03}", dice(14)); }
  static bool is_live(const FakeItem& item) { return json::bool_or(item.fields, "active", true); }

  void change_estate(const std::string& account) {
    FakeClouds::Estate& estate = clouds.at(account, "r1", resource);
    for (int i = dice(6); i > 0; --i) {
      const std::string id = some_id();
      switch (dice(5)) {
        case 0:
          estate.erase(id);
          break;
        case 1:
          estate[id].fields["active"] = false;
          break;
        default:
          estate[id].fields["name"] = fmt::format("n{}", dice(1000));
          estate[id].fields["active"] = true;
      }
      if (const auto at = estate.find(id); at != estate.end() && !at->second.fields.contains("name"))
        at->second.fields["name"] = "x";
    }
    if (dice(12) == 0) estate.clear();
  }

  /// What a person does between two runs.
  void edit() {
    const auto all = rows();
    if (all.empty()) return;
    const store::Document& document = all[static_cast<std::size_t>(dice(static_cast<int>(all.size())))];
    const Context who = user(document.owner.id, "p");
    const std::string id(json::text_or(document.body, "unique_id"));
    if (!document.active) return;
    if (dice(2) == 0) {
      const std::string name = fmt::format("typed{}", dice(100));
      ASSERT_TRUE(inventory.patch(who, *document.entity, document.id, {{"name", name}}).ok());
      typed[document.id] = name;
    } else {
      ASSERT_TRUE(inventory.remove(who, *document.entity, document.id).ok());
      for (auto& [conn, belief] : beliefs)
        if (belief.owner == document.owner.id) belief.must.erase(id);
    }
  }

  void run_once(const ObjectId& conn) {
    Belief& belief = beliefs.at(conn);
    const auto& estate = clouds.at(belief.account, "r1", resource);
    const store::Run run = start(conn, task);
    const int trouble = dice(10);
    const int page = dice(6) + 1;
    clouds.fault = [&, trouble, page](const FakeClouds::Place& place) -> std::optional<Error> {
      if (place.page != page) return std::nullopt;
      if (trouble == 0) return unauthenticated("no");
      if (trouble == 1 && dice(2) == 0) return unavailable("later");
      if (trouble == 2) {
        EXPECT_TRUE(runs.cancel(ann(), run.id).ok());
      }
      return std::nullopt;
    };
    clouds.bend = [&, trouble](const FakeClouds::Place&, provider::Page& read) {
      if (trouble == 3) read.doubts.emplace_back("doubt");
    };
    store->armed = trouble == 4 || trouble == 5;
    store->writes = 0;
    store->crash_at = dice(9);
    store->after_commit = dice(2) == 0;
    store::Run ended = work_through(run);
    store->armed = false;
    clouds.fault = nullptr;
    clouds.bend = nullptr;
    if (ended.state == RunState::kHeld && dice(2) == 0) {
      ASSERT_TRUE(runs.decide(ann(), ended.id, scope(ended).id, dice(3) > 0).ok());
      ended = work_through(ended);
    }
    std::set<std::string> live, dead;
    for (const auto& [id, item] : estate) (is_live(item) ? live : dead).insert(id);
    // A machine that is over but still listed is seen as well: if it lives again, this connection counts for it.
    std::set<std::string> listed = live;
    listed.insert(dead.begin(), dead.end());
    belief.may.insert(listed.begin(), listed.end());
    // The provider's own word that a machine is over counts at once, whoever else still lists it.
    for (auto& [other, theirs] : beliefs) {
      if (theirs.owner != belief.owner) continue;
      for (const std::string& id : dead) theirs.must.erase(id);
    }
    if (ended.state == RunState::kSuccess) {
      belief.must = live;
      belief.may = listed;
      for (const auto& [id, item] : estate) {
        const auto document = row(id, belief.owner);
        if (!document) {
          EXPECT_FALSE(is_live(item)) << id;
          continue;
        }
        EXPECT_EQ(document->active, is_live(item)) << id;
        const auto mine = typed.find(document->id);
        EXPECT_EQ(json::text_or(document->body, "name"),
                  mine != typed.end() ? mine->second : json::text_or(item.fields, "name"));
      }
    } else {
      // No listing that proves nothing may take anything away.
      EXPECT_EQ(ended.counts.retired, retired_by_word(ended)) << ended.message;
    }
  }

  /// Retirements of a run that the provider stated item by item.
  std::int64_t retired_by_word(const store::Run& run) {
    std::int64_t count = 0;
    const auto entries = *store->documents().history(Context(), {.row = {}, .run = run.id, .limit = 1000});
    for (const auto& entry : entries) {
      if (entry.verb != "retire") continue;
      const auto document = *store->documents().find(Context(), *model::find_entity("servers"), entry.document);
      const Belief& belief = beliefs.at(run.connection);
      const auto& estate = clouds.at(belief.account, "r1", resource);
      const auto at = estate.find(std::string(json::text_or(document->body, "unique_id")));
      if (at != estate.end() && !is_live(at->second)) ++count;
    }
    return count;
  }

  std::string story(const std::string& id, const ObjectId& owner) {
    const auto document = row(id, owner);
    std::string out;
    for (const auto& entry : history(*document))
      out.insert(0, fmt::format("{} {} by {} {}\n", to_iso(entry.at), entry.verb, entry.actor.id.hex().substr(18),
                                entry.changes.substr(0, 150)));
    const auto seers = *store->ledger().seers(Context(), document->row);
    for (const auto& seer : seers) out += "seen by " + seer.connection.hex().substr(18) + "\n";
    for (const auto& [conn, belief] : beliefs) {
      out += conn.hex().substr(18) + " last runs:";
      const auto page = *runs.list(Context(), conn, 4, "");
      for (const auto& run : page.runs)
        out += fmt::format(" {} {} ({});", to_iso(run.created).substr(11, 8), store::run_state_name(run.state),
                           run.message);
      out += "\n";
    }
    return out;
  }

  void check() {
    std::map<ObjectId, std::set<std::string>> must, may;
    for (const auto& [conn, belief] : beliefs) {
      must[belief.owner].insert(belief.must.begin(), belief.must.end());
      may[belief.owner].insert(belief.may.begin(), belief.may.end());
    }
    std::set<std::pair<ObjectId, std::string>> once;
    for (const auto& document : rows())
      EXPECT_TRUE(once.emplace(document.owner.id, document.key).second) << "twice: " << document.key;
    for (const ObjectId& owner : {ann_id, bob_id}) {
      const auto now = active(owner);
      for (const std::string& id : must[owner])
        EXPECT_TRUE(now.contains(id)) << id << " was retired wrongly: " << story(id, owner);
      for (const std::string& id : now)
        EXPECT_TRUE(may[owner].contains(id)) << id << " should be gone: " << story(id, owner);
    }
    for (const auto& [conn, belief] : beliefs) {
      const std::vector<ObjectId> one{conn};
      const auto latest = *runs.latest(Context(), one);
      for (const auto& run : latest) EXPECT_TRUE(is_final(run.state) || run.state == RunState::kHeld);
    }
    EXPECT_EQ(*store->ledger().waiting_jobs(Context(), kProviderLane), 0);
  }

  std::mt19937 random;
  // Half of the lives with a resource that can be asked for by id, half without.
  std::string resource = GetParam() % 2 == 0 ? "aws/machines" : "aws/boxes";
  std::string task = GetParam() % 2 == 0 ? "server-list" : "box-list";
  std::map<ObjectId, Belief> beliefs;
  std::map<ObjectId, std::string> typed;  ///< names that people gave
};

TEST_P(Oracle, RandomLivesEndInTheTruth) {
  // Two connections of one owner onto one account, one onto a second account with the same ids, and another tenant.
  for (const auto& [owner, account] : {std::pair(ann_id, "shared"), {ann_id, "shared"}, {bob_id, "shared"}})
    beliefs[connect(owner, account)] = {.account = account, .owner = owner, .must = {}, .may = {}};
  for (int step = 0; step < 25; ++step) {
    change_estate("shared");
    if (dice(3) == 0) edit();
    auto at = beliefs.begin();
    std::advance(at, dice(static_cast<int>(beliefs.size())));
    run_once(at->first);
    check();
    if (HasFailure()) {
      ADD_FAILURE() << "seed " << GetParam() << ", step " << step;
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Oracle, testing::Range(1U, 31U));

}  // namespace
}  // namespace maestro::discovery
