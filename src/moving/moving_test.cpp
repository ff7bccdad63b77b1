#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "auth/password.h"
#include "base/text.h"
#include "inventory/provenance.h"
#include "moving/move.h"
#include "moving/values.h"
#include "provider/clouds.h"
#include "schedule/documents.h"
#include "seed/seed.h"
#include "store_sqlite/backend_test.h"

namespace maestro::moving {
namespace {

using store::must;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const provider::Packs& packs() {
  static const provider::Packs all = must(provider::Packs::load(embedded_packs(), ""));
  return all;
}

/// A dump that the generator wrote, with what it says about it.
class Dump {
 public:
  explicit Dump(int seed, int documents = 200) {
    const std::string command = fmt::format("/usr/bin/python3 {}/tests/harness/old_dump.py {} {} {}",
                                            MAESTRO_SOURCE_DIR, folder(), seed, documents);
    if (std::system(command.c_str()) != 0) throw std::runtime_error("no dump");  // NOLINT(concurrency-mt-unsafe)
    std::ifstream file(folder() + "/expected.json");
    std::stringstream text;
    text << file.rdbuf();
    expected_ = json::parse_trusted(text.str()).get_object();
  }
  std::string folder() const { return std::filesystem::path(folder_.file()).parent_path() / "dump"; }
  std::string file(const std::string& name) const { return folder() + "/" + name; }
  const json::Object& expected() const { return expected_; }
  ObjectId id(const char* which) const {
    return *ObjectId::parse(json::text_or(expected_.at("ids").get_object(), which));
  }
  Options options() const {
    return {.folder = folder(), .databases = {}, .secret = std::string(json::text_or(expected_, "secret"))};
  }

 private:
  store_sqlite::Folder folder_;
  json::Object expected_;
};

/// A store of its own, moved into.
struct Moved {
  FakeClock clock{from_ms(1'700'000'000'000)};
  store_sqlite::FileBackend backend{clock};
  auth::Keyring keyring = must(auth::Keyring::from_secret(std::string(40, 'k')));
  Findings findings;
  std::unique_ptr<Survey> survey;
  Outcome outcome;

  explicit Moved(const Options& options, std::size_t batch = 50, bool was_started = false)
      : survey(must(Survey::make({}, options, packs(), findings, {}))) {
    if (was_started) start();
    outcome = move(batch);
  }
  /// As each start of the instance does it: the number of documents given.
  std::int64_t start() { return must(seed::plant(backend.store(), {})); }
  Outcome move(std::size_t batch) {
    const Target target{.store = backend.store(),
                        .keyring = keyring,
                        .packs = packs(),
                        .envelope_secret = "of this one",
                        .batch = batch};
    return must(move_in({}, target, *survey, {}));
  }
  std::map<ObjectId, std::string> all(const char* entity) {
    store::ListSpec spec{
        .entity = model::find_entity(entity), .viewer = {.everything = true}, .active = std::nullopt, .limit = 1000};
    std::map<ObjectId, std::string> out;
    for (const auto& item : must(backend.store().documents().list({}, spec)).items) out[item.id] = item.text;
    return out;
  }
  store::Document get(const char* entity, const ObjectId& id) {
    auto found = must(backend.store().documents().find({}, *model::find_entity(entity), id));
    if (!found) throw std::runtime_error("the document is not there");
    return *found;
  }
};

TEST(Moving, CountsAddUpAndTheStoreIsSound) {
  const Dump dump(1);
  Moved moved(dump.options());
  EXPECT_THAT(moved.outcome.mistakes, IsEmpty());
  EXPECT_THAT(moved.backend.check(), IsEmpty());
  for (std::size_t i = 0; i < moved.outcome.tallies.size(); ++i) {
    const Tally& tally = moved.outcome.tallies[i];
    const Collection& collection = moved.survey->collections()[i];
    EXPECT_EQ(tally.read, tally.moved + tally.refused + tally.left) << collection.shown();
    const json::Value* wanted = dump.expected().at("counts").get_object().if_contains(collection.name);
    if (wanted != nullptr && collection.part == Collection::Part::kDocuments) {
      EXPECT_EQ(tally.read, wanted->get_int64()) << collection.name;
    }
  }
}

TEST(Moving, WhatItSaysInADryRunIsWhatItDoes) {
  const Dump dump(2);
  Moved moved(dump.options());
  EXPECT_EQ(moved.survey->tallies(), moved.outcome.tallies);
}

TEST(Moving, BatchesOfAnySizeEndAlike) {
  const Dump dump(3, 150);
  Moved large(dump.options(), 1000), small(dump.options(), 1);
  EXPECT_EQ(large.outcome.tallies, small.outcome.tallies);
  for (const char* which : {"odd", "hand", "machine", "replaced", "connection"}) {
    const char* entity = std::string_view(which) == "connection" ? "connections" : "servers";
    const store::Document a = large.get(entity, dump.id(which)), b = small.get(entity, dump.id(which));
    EXPECT_EQ(json::write(a.body), json::write(b.body)) << which;
    EXPECT_EQ(json::write(a.provenance), json::write(b.provenance)) << which;
    EXPECT_EQ(a.key, b.key);
    EXPECT_EQ(a.row, b.row);
  }
}

TEST(Moving, DiscoveredDocumentsBelongToTheirConnectionsOwnerAndCarryItsKey) {
  const Dump dump(4);
  Moved moved(dump.options());
  const store::Document machine = moved.get("servers", dump.id("plain"));
  EXPECT_EQ(machine.owner, (Principal{Principal::Kind::kUser, dump.id("ann")}));
  EXPECT_EQ(machine.key, "aws/ec2_instances|" + std::string(json::text_or(machine.body, "unique_id")));
  std::map<std::string, inventory::FieldSource> sources;
  for (auto& source : inventory::sources(machine)) sources[source.path] = source;
  EXPECT_EQ(sources.at("cpu").kind, inventory::FieldSource::Kind::kDiscovery);
  EXPECT_EQ(sources.at("cpu").by, dump.id("connection"));
  EXPECT_EQ(sources.at("metas.vpc_id").by, dump.id("connection"));
  EXPECT_FALSE(sources.contains("metas.old_only")) << "nothing here could state it, so nothing may clear it";
  EXPECT_FALSE(sources.contains("environment")) << "people type it too";

  const store::Document replaced = moved.get("servers", dump.id("replaced"));
  EXPECT_TRUE(inventory::is_pinned(replaced, "cpu"));
  EXPECT_TRUE(inventory::is_pinned(replaced, "environment"));
  EXPECT_FALSE(replaced.key.empty());
  EXPECT_FALSE(moved.get("servers", dump.id("deleted")).active);
}

TEST(Moving, WhatTheAuditKnowsOfEditsDecidesWhatIsTyped) {
  const Dump dump(5);
  Moved moved(dump.options());
  const store::Document machine = moved.get("servers", dump.id("machine"));
  EXPECT_TRUE(inventory::is_pinned(machine, "environment")) << "a person changed it last";
  EXPECT_FALSE(inventory::is_pinned(machine, "metas.vpc_id")) << "discovery changed it last";
  const json::Object& pin = machine.provenance.at("u").get_object().at("environment").get_object();
  EXPECT_EQ(json::text_or(pin, "n"), "bob@old.example.com");
  EXPECT_EQ(json::text_or(pin, "id"), dump.id("bob").hex());
}

TEST(Moving, HandMadeDocumentsAreTyped) {
  const Dump dump(6);
  Moved moved(dump.options());
  const store::Document hand = moved.get("servers", dump.id("hand"));
  EXPECT_TRUE(hand.key.empty());
  EXPECT_TRUE(inventory::is_pinned(hand, "cpu"));
  EXPECT_FALSE(inventory::is_pinned(hand, "owner"));
}

TEST(Moving, CredentialsAreSealedAnewAndTheOldEnvelopeIsGone) {
  const Dump dump(7);
  Moved moved(dump.options());
  const ObjectId id = dump.id("connection");
  const auto sealed = must(moved.backend.store().vault().secret({}, id));
  ASSERT_TRUE(sealed);
  const std::string plain = must(moved.keyring.open(*sealed, auth::connection_context(id)));
  EXPECT_EQ(json::parse_trusted(plain), dump.expected().at("credentials").get_object().at(id.hex()));
  const std::string envelope(json::text_or(moved.get("connections", id).body, "conn"));
  const std::string claims = *text::from_base64(text::split(envelope, '.')[1]);
  EXPECT_THAT(claims, HasSubstr("\"secret\":\"********\""));
  EXPECT_THAT(claims, testing::Not(HasSubstr("old/secret+key")));
}

TEST(Moving, OfActivePeopleWithOneAddressTheOldestStaysActive) {
  const Dump dump(16, 150);
  Moved moved(dump.options());
  EXPECT_THAT(moved.outcome.mistakes, IsEmpty());
  EXPECT_TRUE(moved.get("users", dump.id("ann")).active);
  EXPECT_TRUE(moved.get("users", dump.id("early_twin")).active) << "it stands behind the younger one in the dump";
  for (const char* which : {"again", "late_twin"}) {
    const store::Document user = moved.get("users", dump.id(which));
    EXPECT_FALSE(user.active) << which;
    EXPECT_NE(json::text_or(user.body, "email"), "") << which;
    EXPECT_TRUE(must(moved.backend.store().vault().credential({}, user.id))) << which;
  }
  const auto found = must(moved.backend.store().accounts().with_email({}, "TWIN@old.example.com"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, dump.id("early_twin"));

  std::map<std::string, Finding> told;
  for (const auto& [what, group] : moved.findings.groups())
    if (std::get<1>(what).starts_with("the same email")) told.emplace(group.examples[0].id, group.examples[0]);
  ASSERT_EQ(told.size(), 2U);
  const Finding& again = told.at(dump.id("again").hex());
  EXPECT_EQ(again.rule, "the same email as the older user " + dump.id("ann").hex() + ", letters in any case");
  EXPECT_THAT(again.done, HasSubstr("kept as deleted"));
  EXPECT_THAT(told, Contains(testing::Key(dump.id("late_twin").hex())));
}

TEST(Moving, TeamsKeepTheirMembersAndWhatTheyHold) {
  const Dump dump(17, 150);
  Moved moved(dump.options());
  store::Documents& documents = moved.backend.store().documents();
  const Principal team{Principal::Kind::kTeam, dump.id("team")};
  const store::Document shown = moved.get("teams", team.id);
  const auto members = documents.access(shown.access);
  EXPECT_EQ(members->role_of({Principal::Kind::kUser, dump.id("ann")}), 7);
  EXPECT_EQ(members->role_of({Principal::Kind::kUser, dump.id("bob")}), 1);
  EXPECT_FALSE(shown.body.contains("members"));
  EXPECT_EQ(shown.owner, (Principal{Principal::Kind::kUser, dump.id("ann")}));

  const store::Document server = moved.get("servers", dump.id("of_team"));
  EXPECT_EQ(server.owner, team);
  EXPECT_EQ(documents.access(server.access)->role_of(team), 7);
}

TEST(Moving, EventsStayWithTheirSchedule) {
  const Dump dump(19);
  Moved moved(dump.options());
  const auto events_of = [&](const ObjectId& schedule) {
    return must(moved.backend.store().documents().list(
                    {}, {.entity = model::find_entity("events"),
                         .viewer = {.readers = {{Principal::Kind::kSchedule, schedule}}}}))
        .items.size();
  };
  EXPECT_EQ(events_of(dump.id("timer")), 5U);
  EXPECT_EQ(events_of(dump.id("calendar")), 0U);
}

TEST(Moving, PasswordsAreInTheVaultAlone) {
  const Dump dump(8);
  Moved moved(dump.options());
  const auto credential = must(moved.backend.store().vault().credential({}, dump.id("ann")));
  ASSERT_TRUE(credential);
  EXPECT_TRUE(auth::verify_password(credential->hash, "old pass 0"));
  EXPECT_FALSE(auth::verify_password(credential->hash, "old pass 1"));
  EXPECT_FALSE(moved.get("users", dump.id("ann")).body.contains("password"));
}

TEST(Moving, HistoryFollowsTheAuditInOrderOfTime) {
  const Dump dump(9);
  Moved moved(dump.options());
  const auto rows =
      must(moved.backend.store().documents().history({}, {.row = moved.get("servers", dump.id("hand")).row}));
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[3].verb, "create");
  EXPECT_EQ(rows[3].at, from_ms(1'559'347'200'000));
  EXPECT_EQ(rows[3].actor, (Principal{Principal::Kind::kUser, dump.id("ann")}));
  EXPECT_EQ(rows[0].verb, "delete");
  EXPECT_EQ(rows[0].actor_name, "stranger@example.com");
  EXPECT_THAT(rows[1].changes, HasSubstr(R"({"path":"tags","old":[{"key":"a","value":"1"},{"key":"b","value":"3"}],)"
                                         R"("new":[{"key":"b","value":"3"}]})"));
}

TEST(Moving, SchedulesOfConnectionsAreKept) {
  const Dump dump(10);
  Moved moved(dump.options());
  EXPECT_EQ(moved.outcome.schedules, 4);
  for (const auto& [key, wanted] : dump.expected().at("schedules").get_object()) {
    const auto words = text::split(std::string_view(key), ' ');
    const auto all = must(moved.backend.store().ledger().schedules({}, *ObjectId::parse(words[0])));
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.task == words[1]; });
    ASSERT_NE(found, all.end()) << std::string(key);
    EXPECT_EQ(json::Value({found->enabled, found->every, found->period}), wanted) << std::string(key);
    EXPECT_GE(found->next_at, moved.clock.now());
  }
}

TEST(Moving, TheDocumentOfATimerSaysWhatItDoes) {
  const Dump dump(18, 150);
  Moved moved(dump.options());
  const store::Document kept = moved.get("scheduler", dump.id("timer")),
                        mended = moved.get("scheduler", dump.id("calendar"));
  EXPECT_EQ(json::write(kept.body.at("interval")), R"({"every":17,"period":"minutes"})");
  EXPECT_EQ(json::text_or(mended.body, "period_type"), "interval");
  EXPECT_EQ(json::write(mended.body.at("cron")), R"({"minute":30})");
  for (const store::Document* document : {&kept, &mended}) {
    const auto link = schedule::link_of(*document);
    ASSERT_TRUE(link);
    for (const store::Schedule& timer : must(moved.backend.store().ledger().schedules({}, link->connection))) {
      if (timer.task != link->task) continue;
      EXPECT_EQ(json::bool_or(document->body, "enabled"), timer.enabled);
      EXPECT_EQ(json::Value(schedule::to_json({timer.every, timer.period})), document->body.at("interval"));
    }
  }
}

TEST(Moving, WhatAFirstStartGaveGivesWayToTheDump) {
  const Dump dump(19, 150);
  Moved before(dump.options(), 50, true), after(dump.options());
  EXPECT_THAT(before.outcome.mistakes, IsEmpty());
  EXPECT_THAT(before.backend.check(), IsEmpty());
  EXPECT_EQ(before.outcome.tallies, after.outcome.tallies);
  std::int64_t given = 0;
  for (const seed::Given& one : seed::kGiven) {
    EXPECT_EQ(before.all(one.entity), after.all(one.entity)) << "the dump's alone";
    given += static_cast<std::int64_t>(must(seed::rows(one)).size());
  }
  // The dump has two of the options, two of the services, one of them deleted, and one of the flavors.
  EXPECT_EQ(before.start(), given - 5);
  EXPECT_EQ(after.start(), given - 5);
  EXPECT_EQ(before.start(), 0);
  for (const seed::Given& one : seed::kGiven) {
    std::set<ObjectId> a, b;
    for (const auto& [id, text] : before.all(one.entity)) a.insert(id);
    for (const auto& [id, text] : after.all(one.entity)) b.insert(id);
    EXPECT_EQ(a, b) << one.entity;
  }
  EXPECT_FALSE(must(
      before.backend.store().documents().find({}, *model::find_entity("services"), seed::id_of("services", "Kafka"))))
      << "deleted in the dump";
  EXPECT_FALSE(before.get("services", dump.id("deleted_service")).active);
  EXPECT_EQ(json::write(before.get("adminer", dump.id("option")).body.at("value")),
            R"({"options":["Production","Our own stage"]})");
  EXPECT_THAT(before.backend.check(), IsEmpty());
}

TEST(Moving, ASecondCallWritesNothingAndAnotherDumpIsRefused) {
  const Dump dump(11, 150), other(12, 150);
  Moved moved(dump.options());
  const Outcome again = moved.move(50);
  EXPECT_TRUE(again.was_done);
  EXPECT_EQ(again.tallies, moved.outcome.tallies);
  const auto survey = must(Survey::make({}, other.options(), packs(), moved.findings, {}));
  const auto refused =
      move_in({}, {.store = moved.backend.store(), .keyring = moved.keyring, .packs = packs(), .envelope_secret = "x"},
              *survey, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kConflict);
}

TEST(Moving, StoppedAfterAnyTransactionItCarriesOn) {
  const Dump dump(13, 150);
  FakeClock clock{from_ms(1'700'000'000'000)};
  store_sqlite::FileBackend backend{clock};
  const auth::Keyring keyring = must(auth::Keyring::from_secret(std::string(40, 'k')));
  Findings findings;
  const auto survey = must(Survey::make({}, dump.options(), packs(), findings, {}));
  const Target target{
      .store = backend.store(), .keyring = keyring, .packs = packs(), .envelope_secret = "x", .batch = 20};
  int calls = 0;
  for (bool done = false; !done; ++calls) {
    ASSERT_LT(calls, 100);
    std::stop_source stop;
    Context context;
    context.stop = stop.get_token();
    const auto outcome =
        move_in(context, target, *survey, [&](std::string_view, std::int64_t) { stop.request_stop(); });
    done = outcome.ok();
    if (done) {
      EXPECT_FALSE(must(is_half_done({}, backend.store())));
      EXPECT_THAT(outcome->mistakes, IsEmpty());
      EXPECT_EQ(outcome->tallies, survey->tallies());
    }
  }
  EXPECT_GT(calls, 5);
  EXPECT_THAT(backend.check(), IsEmpty());
}

TEST(Moving, CredentialsAreNotLostWithoutAWord) {
  const Dump dump(14, 150);
  Findings findings;
  for (const bool wrong : {false, true}) {
    Options options = dump.options();
    options.secret = wrong ? std::optional<std::string>("wrong") : std::nullopt;
    const auto survey = must(Survey::make({}, options, packs(), findings, {}));
    EXPECT_EQ(survey->check_secret().error().code, Code::kInvalid);
    options.without_credentials = true;
    EXPECT_TRUE(must(Survey::make({}, options, packs(), findings, {}))->check_secret().ok());
  }
}

TEST(Moving, DamageIsNamedWithFileAndPlace) {
  const Dump dump(15, 150);
  const std::string path = dump.file("maestro-client/servers.bson");
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, size - 50);
  Findings findings;
  const auto survey = Survey::make({}, dump.options(), packs(), findings, {});
  ASSERT_FALSE(survey.ok());
  EXPECT_THAT(survey.error().message,
              testing::AllOf(HasSubstr("servers.bson is damaged at byte"), HasSubstr("the file ends after")));
}

TEST(Values, TimesAreReadInEveryFormThatIsStored) {
  const Time wanted = from_ms(1'595'356'664'000);
  for (const char* text :
       {"2020-07-21T18:37:44Z", "2020-07-21T18:37:44.000Z", "2020-07-21 18:37:44", "2020-07-21T18:37:44.000000",
        "2020-07-21T18:37:44.000000+00:00", "2020-07-21T20:37:44+0200", "Tue Jul 21 2020 18:37:44 GMT+0000 (UTC)",
        "Tue, 21 Jul 2020 18:37:44 GMT", " 2020-07-21T18:37:44 "})
    EXPECT_EQ(read_time(json::Value(text)), wanted) << text;
  EXPECT_EQ(read_time(json::Value(1'595'356'664)), wanted);
  EXPECT_EQ(read_time(json::Value(1'595'356'664'000.0)), wanted);
  EXPECT_EQ(read_time(json::Object{{"$date", 1'595'356'664'000}}), wanted);
  EXPECT_EQ(read_time(json::Value("2020-07-21")), from_ms(1'595'289'600'000));
  for (const json::Value& none : {json::Value("yesterday"), json::Value(""), json::Value(nullptr), json::Value(true),
                                  json::Value(-1), json::Value("2020-13-01"), json::Value("2020-07-21T25:00:00Z")})
    EXPECT_FALSE(read_time(none)) << json::write(none);
}

TEST(Replay, RecordsChangeMemberByMemberAndIndexByIndex) {
  const auto after = [](const char* before, const char* record) {
    json::Object body = json::parse_trusted(before).get_object();
    apply_record(body, json::parse_trusted(record).get_object());
    return json::write(body);
  };
  EXPECT_EQ(after(R"({"a":1})", R"({"a":2,"b":3})"), R"({"a":2,"b":3})");
  EXPECT_EQ(after(R"({"a":1,"b":2})", R"({"a":null})"), R"({"b":2})");
  EXPECT_EQ(after(R"({"o":{"x":1,"y":2}})", R"({"o":{"y":3}})"), R"({"o":{"x":1,"y":3}})");
  EXPECT_EQ(after(R"({"l":[1,2,3]})", R"({"l":{"0":null,"2":9,"3":10}})"), R"({"l":[2,9,10]})");
  EXPECT_EQ(after(R"({"l":[{"a":1}]})", R"({"l":{"0":{"b":2}}})"), R"({"l":[{"a":1,"b":2}]})");
  EXPECT_EQ(after(R"({"l":[1]})", R"({"l":[4,5]})"), R"({"l":[4,5]})");
  EXPECT_EQ(after(R"({"l":[1]})", R"({"l":{"name":"now an object"}})"), R"({"l":{"name":"now an object"}})");
}

}  // namespace
}  // namespace maestro::moving
