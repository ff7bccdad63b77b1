// Conformance: searches and facets, against an oracle in memory.
#pragma once

#include "store/conformance/oracle.h"
#include "store/search_text.h"

namespace maestro::store {

class SearchConformance : public ListConformance {
 public:
  SearchSpec looking_for(std::string text) const {
    SearchSpec spec;
    spec.text = std::move(text);
    spec.kinds.assign(model::entities().begin(), model::entities().end());
    spec.everything = true;
    spec.limit = 1000;
    return spec;
  }
  std::set<ObjectId> found(const SearchSpec& spec) {
    std::set<ObjectId> out;
    const SearchPage page = must(documents().search(context, spec));
    EXPECT_FALSE(page.capped);
    for (const SearchGroup& group : page.groups) {
      EXPECT_EQ(group.found, static_cast<std::int64_t>(group.hits.size()));
      for (const SearchHit& hit : group.hits) {
        EXPECT_TRUE(out.insert(hit.item.id).second);
        EXPECT_THAT(hit.item.text, testing::StartsWith("{\"_id\":\"" + hit.item.id.hex()));
      }
    }
    return out;
  }
  /// All words occur in the text of an active document that the viewer may read.
  std::set<ObjectId> expected(const SearchSpec& spec, const std::vector<std::string>& words) const {
    std::set<ObjectId> out;
    for (const Document& document : oracle.documents) {
      std::string_view match;
      if (document.active && sees(spec, document) && rank(search_text(document).text, words, match) > 0)
        out.insert(document.id);
    }
    return out;
  }
  bool sees(const SearchSpec& spec, const Document& document) const {
    if (spec.everything || document.entity->access == model::Access::kNone) return true;
    const auto set = oracle.sets.find(document.access);
    return set != oracle.sets.end() && AccessSet{0, set->second, ""}.role_of(spec.readers) >= kRead;
  }
};

TEST_P(SearchConformance, WordsAddressesAndIdsFindTheirDocuments) {
  Document web = sample(servers(), 1);
  web.body["name"] = "Web-Prod-01";
  web.body["ipv4_private"] = "10.1.2.3";
  web.body["tags"] =
      json::Array{json::Object{{"key", "Env"}, {"value", "Prod"}}, json::Object{{"key", "n"}, {"value", 7}}};
  web.body["metas"] =
      json::Object{{"nics", json::Array{json::Object{{"mac", "0A:1b:2c:3d:4e:5f"}, {"v6", "fd00::12"}}}}};
  Document db = sample(servers(), 2);
  db.body["name"] = "db-prod \"quoted\" 100%_\\x";
  db.body["ipv4_private"] = "10.1.200.3";
  Document center = sample(*model::find_entity("datacenters"), 3);
  center.body["name"] =
      "Prodigy \xC3\x9C"
      "ber";
  add(web);
  add(db);
  add(center);
  const auto found = [&](const char* text) { return SearchConformance::found(looking_for(text)); };
  using testing::ElementsAre;
  using testing::UnorderedElementsAre;
  EXPECT_THAT(found("web-prod"), ElementsAre(web.id));
  EXPECT_THAT(found("PROD"), UnorderedElementsAre(web.id, db.id, center.id));
  EXPECT_THAT(found("prod web"), ElementsAre(web.id));
  EXPECT_THAT(found("env=prod"), ElementsAre(web.id));
  EXPECT_THAT(found("n=7 0a:1b"), ElementsAre(web.id));
  EXPECT_THAT(found("\"quoted\" 100%_\\x"), ElementsAre(db.id));
  EXPECT_THAT(found("\xC3\x9C"
                    "ber"),
              ElementsAre(center.id));
  EXPECT_THAT(found("10.1.2"), UnorderedElementsAre(web.id, db.id));  // the start of two addresses
  EXPECT_THAT(found("10.1.2.3"), ElementsAre(web.id));
  EXPECT_THAT(found("10.1.0.0/16"), UnorderedElementsAre(web.id, db.id));
  EXPECT_THAT(found("10.1.2.0/24"), ElementsAre(web.id));
  EXPECT_THAT(found("fd00::/8"), ElementsAre(web.id));
  EXPECT_THAT(found(web.id.hex().c_str()), ElementsAre(web.id));
  for (const char* nothing :
       {"", "  ", "no such thing", "10.9.0.0/16", "' OR 1=1 --", "NEAR(a b)", "*", "\"", "AND OR NOT"})
    EXPECT_THAT(found(nothing), testing::IsEmpty()) << nothing;
  EXPECT_TRUE(documents().search(context, looking_for(std::string("prod\0x", 6))).ok());
  EXPECT_THAT(found(std::string(500, 'x').c_str()), testing::IsEmpty());

  // The best answer first: the name itself, its start, anything else.
  Document exact = sample(servers(), 4);
  exact.body["name"] = "prod";
  add(exact);
  const SearchPage page = must(documents().search(context, looking_for("prod")));
  ASSERT_FALSE(page.groups.empty());
  EXPECT_EQ(page.groups[0].hits[0].item.id, exact.id);
  EXPECT_EQ(page.groups[0].hits[0].match, "prod");
  SearchSpec few = looking_for("prod");
  few.limit = 1;
  for (const SearchGroup& group : must(documents().search(context, few)).groups) EXPECT_EQ(group.hits.size(), 1u);
  few.kinds = {model::find_entity("datacenters")};
  EXPECT_EQ(must(documents().search(context, few)).groups.size(), 1u);
}

TEST_P(SearchConformance, FollowsEveryWriteAndEveryGrant) {
  std::mt19937 random(7);
  const std::array<const char*, 6> parts = {"web", "prod", "db-eu1", "10.0.0.", "cache", "node"};
  const std::vector<SetId> sets = {make_set({entry(ann, kAdmin)}), make_set({entry(bob, kRead), entry(ann, kRead)}),
                                   make_set({entry(team, kWrite)}), make_set({})};
  const auto some = [&] {
    Document document = sample(servers(), static_cast<int>(random() % 100), sets[random() % sets.size()]);
    document.body["name"] = fmt::format("{}-{}", parts[random() % parts.size()], parts[random() % parts.size()]);
    document.body["ipv4_private"] = fmt::format("10.0.{}.{}", random() % 3, random() % 9);
    document.active = random() % 5 != 0;
    return document;
  };
  for (int i = 0; i < 80; ++i) add(some());
  for (int round = 0; round < 60; ++round) {
    const std::size_t at = random() % oracle.documents.size();
    Document after = some();
    after.owner = oracle.documents[at].owner;
    if (random() % 3 == 0) {  // a grant, and nothing else
      after = oracle.documents[at];
      after.access = sets[random() % sets.size()];
    }
    replace(at, after);
    SearchSpec spec = looking_for("");
    spec.everything = random() % 4 == 0;
    spec.readers = {std::array{ann, bob, team}[random() % 3]};
    if (random() % 3 == 0) spec.readers.push_back(std::array{ann, bob, team}[random() % 3]);
    if (random() % 2 == 0) spec.few = 0;  // by the index, as among many
    const std::vector<std::string> words = {parts[random() % parts.size()],
                                            std::to_string(100 + random() % 3).substr(1)};
    spec.text = words[0];
    ASSERT_EQ(found(spec), expected(spec, {words[0]})) << words[0];
    spec.text = words[0] + " " + words[1];
    ASSERT_EQ(found(spec), expected(spec, words));
    spec.text = fmt::format("10.0.{}.0/24", round % 3);
    std::set<ObjectId> inside;
    for (const Document& document : oracle.documents)
      if (document.active && sees(spec, document) &&
          json::text_or(document.body, "ipv4_private").starts_with(fmt::format("10.0.{}.", round % 3)))
        inside.insert(document.id);
    ASSERT_EQ(found(spec), inside);
  }
}

TEST_P(SearchConformance, TheFewAmongMuchThatIsNotVisibleAreFound) {
  // More candidates than a store may care to look at in vain.
  const SetId hidden = make_set({entry(bob, kRead)}), shown = make_set({entry(ann, kRead), entry(bob, kRead)});
  write([&](Transaction& transaction) {
    for (int i = 0; i < 1300; ++i) {
      Document document = sample(servers(), i, i % 400 == 399 ? shown : hidden);
      document.body["name"] = fmt::format("web-prod-{}", i);
      must(documents().insert(transaction, document, {"create", {}}));
      oracle.documents.push_back(document);
    }
  });
  for (const std::int64_t few : {std::int64_t{0}, SearchSpec().few}) {
    SearchSpec spec = looking_for("web-prod");
    spec.everything = false;
    spec.readers = {ann};
    spec.few = few;
    EXPECT_EQ(found(spec).size(), 3u);
    EXPECT_EQ(found(spec), expected(spec, {"web-prod"}));
    spec.text = "10.0.0.1";  // an address, and the start of others
    EXPECT_EQ(found(spec), expected(spec, {"10.0.0.1"}));
  }
}

TEST_P(SearchConformance, FacetsCountWhatTheListFinds) {
  std::mt19937 random(8);
  const std::vector<SetId> sets = {make_set({entry(ann, kAdmin)}), make_set({entry(bob, kRead), entry(ann, kRead)}),
                                   make_set({entry(team, kWrite)})};
  for (int i = 0; i < 120; ++i) {
    Document document = sample(servers(), static_cast<int>(random() % 50), sets[random() % sets.size()]);
    if (random() % 6 == 0) document.body.erase("status");
    if (random() % 9 == 0) document.body["environment"] = odd_value(random);
    document.active = random() % 6 != 0;
    add(std::move(document));
  }
  const std::vector<std::string> fields = {"status", "environment", "datacenters.region"};
  for (int round = 0; round < 40; ++round) {
    FacetSpec spec;
    spec.list = list_of(servers());
    spec.list.viewer = {random() % 3 == 0, {std::array{ann, bob, team}[random() % 3]}, kRead};
    spec.list.active = random() % 4 == 0 ? std::nullopt : std::optional(random() % 5 != 0);
    switch (random() % 5) {
      case 0:
        spec.list.filter = leaf("status", Condition::Op::kEq, {json::Value("status-1")});
        break;
      case 1:
        spec.list.filter = leaf("name", Condition::Op::kRegex, {json::Value("[13]$")});
        break;
      case 2:
        spec.list.filter = leaf("tags", Condition::Op::kPair, {json::Value("tags")});
        break;
      default:
        break;
    }
    spec.fields = fields;
    spec.limit = 2;
    const auto facets = must(documents().facets(context, spec));
    const auto ids = oracle.list(spec.list);
    ASSERT_EQ(facets.size(), fields.size());
    for (const Facet& facet : facets) {
      std::map<std::string, std::int64_t> counted;
      std::int64_t missing = 0;
      for (const Document& document : oracle.documents) {
        if (std::find(ids.begin(), ids.end(), document.id) == ids.end()) continue;
        const ColumnValue value = column_value(document, *find_column(servers(), facet.field));
        if (const auto* text = std::get_if<std::string>(&value))
          ++counted[*text];
        else
          ++missing;
      }
      EXPECT_EQ(facet.missing, missing) << facet.field;
      std::int64_t sum = facet.others, last = INT64_MAX;
      EXPECT_EQ(facet.values.size(), std::min<std::size_t>(counted.size(), 2));
      for (const auto& [value, n] : facet.values) {
        EXPECT_EQ(n, counted[value]) << facet.field << " " << value;
        EXPECT_LE(n, last);
        last = n;
        sum += n;
      }
      EXPECT_EQ(sum + missing, static_cast<std::int64_t>(ids.size())) << facet.field;
    }
  }
  FacetSpec wrong;
  wrong.list = list_of(servers());
  wrong.fields = {"name"};
  EXPECT_EQ(documents().facets(context, wrong).error().code, Code::kInvalid);
}

}  // namespace maestro::store
