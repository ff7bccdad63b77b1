#include "inventory/provenance.h"

#include <gtest/gtest.h>

namespace maestro::inventory {
namespace {

const ObjectId kOne = *ObjectId::parse("111111111111111111111111");
const ObjectId kTwo = *ObjectId::parse("222222222222222222222222");

json::Object object(std::string_view text) { return json::parse(text)->get_object(); }

store::Document server(std::string_view body) {
  store::Document document;
  document.entity = model::find_entity("servers");
  document.body = object(body);
  return document;
}

Actor alice() { return {.principal = {Principal::Kind::kUser, kOne}, .name = "Alice", .email = "a@x", .user = kOne}; }

TEST(Provenance, ReadingReplacesAndClearsWhatItOwns) {
  store::Document doc = server(R"({"role":"db"})");
  merge_reading(doc, object(R"({"name":"a","cpu":2,"datacenters":{"zone":"z1","region":"r"}})"), {}, kOne);
  merge_reading(doc, object(R"({"name":"b","datacenters":{"region":"r"}})"), {}, kOne);
  EXPECT_EQ(json::canonical(doc.body), R"({"datacenters":{"region":"r"},"name":"b","role":"db"})");
}

TEST(Provenance, ReadingNeverOverwritesAPerson) {
  store::Document doc = server("{}");
  merge_reading(doc, object(R"({"name":"a","cpu":2,"datacenters":{"zone":"z1"}})"), {}, kOne);
  const store::Document before = doc;
  doc.body["name"] = "mine";
  json::set(doc.body, "datacenters.zone", "rack 7");
  doc.body.erase("cpu");
  pin_changes(before, doc, alice(), from_ms(5));
  merge_reading(doc, object(R"({"name":"c","cpu":4,"datacenters":{"zone":"z2"}})"), {}, kOne);
  EXPECT_EQ(json::canonical(doc.body), R"({"datacenters":{"zone":"rack 7"},"name":"mine"})");

  EXPECT_TRUE(unpin(doc, "name"));
  EXPECT_FALSE(unpin(doc, "name"));
  merge_reading(doc, object(R"({"name":"c","cpu":4,"datacenters":{"zone":"z2"}})"), {}, kOne);
  EXPECT_EQ(doc.body["name"], "c");
  EXPECT_TRUE(is_pinned(doc, "datacenters.zone"));
}

TEST(Provenance, FailedEnrichmentKeepsItsFields) {
  store::Document doc = server("{}");
  merge_reading(doc, object(R"({"name":"a","cpu":2,"memory":4})"), {}, kOne);
  const std::vector<std::string> keep = {"cpu", "memory"};
  merge_reading(doc, object(R"({"name":"b"})"), keep, kOne);
  EXPECT_EQ(json::canonical(doc.body), R"({"cpu":2,"memory":4,"name":"b"})");
  merge_reading(doc, object(R"({"name":"b"})"), {}, kOne);
  EXPECT_EQ(json::canonical(doc.body), R"({"name":"b"})");
}

TEST(Provenance, AnotherConnectionDoesNotClearForeignFields) {
  store::Document doc = server("{}");
  merge_reading(doc, object(R"({"name":"a","cpu":2})"), {}, kOne);
  merge_reading(doc, object(R"({"name":"a"})"), {}, kTwo);
  EXPECT_EQ(json::canonical(doc.body), R"({"cpu":2,"name":"a"})");
  std::map<std::string, ObjectId> by;
  for (const auto& source : sources(doc)) by[source.path] = source.by;
  EXPECT_EQ(by.at("name"), kTwo);
  EXPECT_EQ(by.at("cpu"), kOne);
}

TEST(Provenance, MemberNamesMayHoldDots) {
  store::Document doc = server("{}");
  merge_reading(doc, object(R"({"metas":{"k8s.io/role":"x"}})"), {}, kOne);
  merge_reading(doc, object(R"({"name":"a"})"), {}, kOne);
  EXPECT_EQ(json::canonical(doc.body), R"({"name":"a"})");
}

TEST(Provenance, ChangesNameOldAndNew) {
  store::Document before = server(R"({"name":"a","accountant":["x"]})");
  store::Document after = server(R"({"name":"b","cpu":1,"accountant":[]})");
  after.active = false;
  EXPECT_EQ(json::write(json::Value(describe_changes(before, after))),
            R"([{"path":"active","old":true,"new":false},{"path":"name","old":"a","new":"b"},{"path":"cpu","new":1}])");
}

}  // namespace
}  // namespace maestro::inventory
