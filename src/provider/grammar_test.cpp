// What packs may say beyond what the embedded ones use: join, where, else, template, members, scalars, missing tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/clouds.h"
#include "provider/scripted_transport.h"

namespace maestro::provider {
namespace {

using testing::call_text;
using ::testing::HasSubstr;
using testing::ScriptedTransport;
using ::testing::SizeIs;

constexpr const char* kShape = "doc: d\nwire: xml\nservice: ec2\nversion: \"1\"\nlists: [things, words]\nint: [size]\n";
const std::string kHead =
    "task: thing-list\nentity: servers\nlabel: Things\ndoc: D\nevery: 1 hour\nneeds: [ec2:List]\nsource: "
    "reference\nshape: s\n";

Connection connection() {
  Connection out;
  out.provider = "aws";
  out.service = "iam_aws";
  out.datacenter = "Main";
  out.credentials = {{"access", "A"}, {"secret", "S"}};
  return out;
}

Result<std::vector<Page>> read(const std::string& pack, const std::function<std::string(const HttpCall&)>& answer,
                               std::size_t* calls = nullptr) {
  const EmbeddedFile files[] = {{"aws/shapes/s.yaml", kShape}, {"aws/things.yaml", pack}};
  auto packs = Packs::load(files, "");
  if (!packs) return packs.error();
  ScriptedTransport transport(
      [&](const HttpCall& call, int) -> Result<HttpAnswer> { return HttpAnswer{.status = 200, .body = answer(call)}; });
  const auto clouds = make_clouds(*packs, transport, testing::quick());
  auto account = clouds->open(connection());
  if (!account) return account.error();
  auto listing = (*account)->list(packs->all()[0], "us-east-1");
  if (!listing) return listing.error();
  auto pages = testing::read_all(**listing);
  if (calls != nullptr) *calls = transport.calls().size();
  return pages;
}

TEST(Grammar, JoinsFiltersAndFallsBack) {
  const std::string pack =
      kHead +
      "list: {action: ListThings}\npage: {token: next, into: Next}\nitems: things\n"
      "where: [{from: kind, in: [a, b]}, {from: hidden, not_in: [\"true\"]}]\n"
      "join:\n  - {name: prices, request: {action: ListPrices}, items: prices, on: kind, key: name}\n"
      "key: {template: \"{connection.region_id}/{id}\"}\n"
      "map:\n  unique_id: id\n  name: {tag: Name, lower: true, else: {template: \"thing {id}\", upper: true}}\n"
      "  cpu: enrich.prices.size\n  metas.words: {from: words, join: \"+\"}\n  metas.kind: [nothing, kind]\n"
      "  datacenters.name: {connection: datacenter}\nvolatile: metas.words\n";
  std::size_t calls = 0;
  const auto pages = read(
      pack,
      [](const HttpCall& call) -> std::string {
        if (call_text(call).find("ListPrices") != std::string::npos)
          return "<R><prices><item><name>a</name><size>7</size></item></prices></R>";
        if (call_text(call).find("Next=2") != std::string::npos)
          return "<R><things><item><id>4</id><kind>a</kind></item></things></R>";
        return "<R><things><item><id>1</id><kind>a</kind><words><item>x</item><item>y</item></"
               "words><Tags><item><Key>name</Key><Value>WEB</Value></item></Tags></item>"
               "<item><id>2</id><kind>b</kind></item><item><id>3</id><kind>c</kind></item><item><id>5</id><kind>a</"
               "kind><hidden>true</hidden></item></things><next>2</next></R>";
      },
      &calls);
  ASSERT_TRUE(pages.ok()) << pages.error().message;
  ASSERT_THAT(*pages, SizeIs(2));
  ASSERT_THAT((*pages)[0].items, SizeIs(2));
  const Item& one = (*pages)[0].items[0];
  EXPECT_EQ(one.key, "us-east-1/1");
  EXPECT_EQ(
      json::write(one.fields),
      R"({"unique_id":"1","name":"web","cpu":7,"metas":{"words":"x+y","kind":"a"},"datacenters":{"name":"Main"}})");
  const Item& two = (*pages)[0].items[1];
  EXPECT_EQ(two.fields.at("name"), "THING 2");
  EXPECT_THAT(two.keep, ::testing::ElementsAre("cpu"));
  EXPECT_THAT((*pages)[0].doubts, ::testing::IsEmpty());
  EXPECT_EQ(calls, 3U) << "a joined list is read once";
}

TEST(Grammar, ListsOfScalarsAndMembers) {
  const auto scalars = read(
      kHead + "list: {action: L}\nitems: {path: words, each: scalars}\nkey: .\nmap: {name: {from: ., upper: true}}\n",
      [](const HttpCall&) { return "<R><words><item>q1</item><item>q2</item></words></R>"; });
  ASSERT_TRUE(scalars.ok()) << scalars.error().message;
  ASSERT_THAT((*scalars)[0].items, SizeIs(2));
  EXPECT_EQ((*scalars)[0].items[1].key, "q2");
  EXPECT_EQ((*scalars)[0].items[1].fields.at("name"), "Q2");
  const auto members =
      read(kHead + "list: {action: L}\nitems: {path: things, each: members}\nkey: id\nmap: {name: id}\n",
           [](const HttpCall&) { return "<R><things><x><id>1</id></x><y><id>2</id></y></things></R>"; });
  ASSERT_TRUE(members.ok()) << members.error().message;
  EXPECT_THAT((*members)[0].items, SizeIs(2));
}

TEST(Grammar, AFailedJoinIsADoubtOnEveryPage) {
  const std::string pack = kHead +
                           "list: {action: ListThings}\npage: {token: next, into: Next}\nitems: things\n"
                           "join: [{name: prices, request: {action: ListPrices}, items: prices, on: kind, key: name}]\n"
                           "key: id\nmap: {cpu: enrich.prices.size}\n";
  const auto pages = read(pack, [](const HttpCall& call) -> std::string {
    if (call_text(call).find("ListPrices") != std::string::npos) return "<R><other/></R>";
    if (call_text(call).find("Next=2") != std::string::npos) return "<R><things><item><id>4</id></item></things></R>";
    return "<R><things><item><id>1</id></item></things><next>2</next></R>";
  });
  ASSERT_TRUE(pages.ok());
  for (const Page& page : *pages) {
    ASSERT_THAT(page.doubts, SizeIs(1));
    EXPECT_THAT(page.doubts[0], HasSubstr("prices could not be read"));
    EXPECT_THAT(page.items[0].keep, ::testing::ElementsAre("cpu"));
  }
}

}  // namespace
}  // namespace maestro::provider
