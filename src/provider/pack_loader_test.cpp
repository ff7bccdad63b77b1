// Mistakes in packs are named by file, line and column.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "provider/clouds.h"
#include "provider/pack.h"
#include "provider/provider.h"
#include "provider/transforms.h"

namespace maestro::provider {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kShape = "doc: d\nwire: xml\nservice: ec2\nversion: \"1\"\n";
const std::string kPack =
    "task: server-list\n"  // 1
    "entity: servers\n"    // 2
    "label: L\n"           // 3
    "doc: D\n"             // 4
    "every: 5 minutes\n"   // 5
    "needs: [a]\n"         // 6
    "source: recorded\n"   // 7
    "shape: s\n"           // 8
    "list: {action: A}\n"  // 9
    "items: Items\n"       // 10
    "key: Id\n"            // 11
    "map:\n"               // 12
    "  name: Name\n";      // 13

Result<Packs> load(const std::string& pack, const std::string& shape = kShape) {
  const EmbeddedFile files[] = {{"aws/shapes/s.yaml", shape}, {"aws/p.yaml", pack}};
  return Packs::load(files, "");
}

std::string mistake(const std::string& pack, const std::string& shape = kShape) {
  const auto packs = load(pack, shape);
  if (packs.ok()) return "loaded";
  EXPECT_EQ(packs.error().code, Code::kInvalid);
  return packs.error().message;
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string out = kPack;
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

TEST(PackLoader, LoadsTheSmallestPack) {
  const auto packs = load(kPack);
  ASSERT_TRUE(packs.ok()) << packs.error().message;
  EXPECT_EQ(packs->all()[0].id, "aws/p");
  EXPECT_FALSE(packs->all()[0].confirms);
}

TEST(PackLoader, NamesTheUnknownField) {
  EXPECT_EQ(mistake(replaced("  name: Name\n", "  name: Name\n  statuss: State\n")),
            "packs/aws/p.yaml:14:3: map.statuss: servers has no field 'statuss'");
  EXPECT_EQ(mistake(replaced("  name: Name\n", "  metas.anything.at.all: State\n")), "loaded");
  EXPECT_EQ(mistake(replaced("  name: Name\n", "  name: Name\nvolatile: [statuss]\n")),
            "packs/aws/p.yaml:14:11: volatile: servers has no field 'statuss'");
}

TEST(PackLoader, NamesEveryOtherMistake) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {replaced("task: server-list\n", ""), "packs/aws/p.yaml:1:1: needs task"},
      {replaced("entity: servers", "entity: serverz"), "packs/aws/p.yaml:2:9: entity: there is no entity 'serverz'"},
      {replaced("every: 5 minutes", "every: 5 moons"), "packs/aws/p.yaml:5:8: every: needs a number"},
      {replaced("every: 5 minutes", "every: 0 minutes"), "packs/aws/p.yaml:5:8: every: needs a whole number"},
      {replaced("shape: s", "shape: t"), "packs/aws/p.yaml:8:8: shape: there is no shape 't'"},
      {replaced("{action: A}", "{path: A}"), "packs/aws/p.yaml:9:7: list: needs action"},
      {replaced("{action: A}", "{action: A, bogus: 1}"), "packs/aws/p.yaml:9:19: list.bogus: is no key"},
      {replaced("key: Id", "key: {form: Id}"), "packs/aws/p.yaml:11:7: key.form: is neither a source nor a transform"},
      {replaced("name: Name", "name: {from: Name, capp: true}"),
       "packs/aws/p.yaml:13:22: map.name.capp: is neither a source nor a transform"},
      {replaced("name: Name", "name: {from: Name, cap: yes}"),
       "packs/aws/p.yaml:13:27: map.name.cap: takes no argument"},
      {replaced("name: Name", "name: {cap: true}"), "packs/aws/p.yaml:13:9: map.name: has no source"},
      {replaced("name: Name", "name: {from: A, tag: B}"), "packs/aws/p.yaml:13:19: map.name.tag: is a second source"},
      {replaced("name: Name", "name: {from: A, otherwise: B}"),
       "packs/aws/p.yaml:13:19: map.name.otherwise: belongs to map_values"},
      {replaced("name: Name", "name: {from: A, divide: 0}"),
       "packs/aws/p.yaml:13:27: map.name.divide: needs a number other than 0"},
      {replaced("name: Name", "name: {connection: password}"),
       "packs/aws/p.yaml:13:22: map.name.connection: a connection has no 'password'"},
      {replaced("name: Name", "name: {template: \"{a\"}"),
       "packs/aws/p.yaml:13:20: map.name.template: has a { without its }"},
      {replaced("name: Name", "name: enrich.types.Cpu"),
       "packs/aws/p.yaml:13:3: map.name: there is no enrich or join 'types'"},
      {replaced("  name: Name\n", "  name: Name\n  name: Other\n"), "packs/aws/p.yaml:14:3: 'name' is there twice"},
      {replaced("map:\n", "include: nothing\nmap:\n"), "packs/aws/p.yaml:12:10: include: there is no block 'nothing'"},
      {kPack + "confirm: {request: {action: A}}\n", "packs/aws/p.yaml:14:10: confirm: needs param with {n}"},
      {kPack + "links: [{kind: server, value: x}]\n", "packs/aws/p.yaml:14:16: links.kind: needs flavor"},
      {kPack + "page: {token: T}\n", "packs/aws/p.yaml:14:7: page: needs into"},
      {kPack + "page: {marker: id, into: m}\n", "packs/aws/p.yaml:14:7: page: marker needs limit"},
      {kPack + "where: [{from: a}]\n", "packs/aws/p.yaml:14:9: where: needs from, and in or not_in"},
      {kPack + "enrich: [{name: x}]\n", "packs/aws/p.yaml:14:10: enrich: needs request"},
      {kPack + "bogus: 1\n", "packs/aws/p.yaml:14:1: bogus: is no key"},
      {"task: [\n", "packs/aws/p.yaml:"},
      {"", "packs/aws/p.yaml:"},
      {"- a\n- b\n", "packs/aws/p.yaml:1:1: needs keys and values"},
  };
  for (const auto& [pack, message] : rows) EXPECT_THAT(mistake(pack), StartsWith(message)) << pack;
  EXPECT_THAT(mistake(kPack, "doc: d\nwire: csv\nservice: s\n"),
              StartsWith("packs/aws/shapes/s.yaml:2:7: wire: needs xml or json"));
  EXPECT_THAT(mistake(kPack, "doc: d\nwire: xml\n"), StartsWith("packs/aws/shapes/s.yaml:1:1: needs service"));
}

TEST(PackLoader, SurvivesAliasesThatMultiply) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) bomb += std::string(i == 0 ? "" : ",") + "*" + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(mistake(bomb), HasSubstr("too many nodes"));
  EXPECT_THAT(mistake("a: &a [*a]\n"), HasSubstr("packs/aws/p.yaml"));
  EXPECT_THAT(mistake(std::string(5000, '[')), StartsWith("packs/aws/p.yaml"));
}

TEST(PackLoader, RefusesFilesInOddPlacesAndUnknownProviders) {
  const EmbeddedFile odd[] = {{"aws/x/y.yaml", kPack}};
  EXPECT_THAT(Packs::load(odd, "").error().message, HasSubstr("a pack is <provider>/<name>.yaml"));
  const EmbeddedFile unknown[] = {{"nimbus/p.yaml", kPack}};
  EXPECT_THAT(Packs::load(unknown, "").error().message, HasSubstr("there is no provider 'nimbus'"));
}

TEST(PackLoader, AFolderReplacesFilesOneByOne) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("maestro-packs-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder / "aws");
  {
    std::ofstream out(folder / "aws" / "mine.yaml");
    std::string text = kPack;
    text.replace(text.find("shape: s\n"), 9, "shape: ec2\n");
    out << text;
  }
  const auto packs = Packs::load(embedded_packs(), folder.string());
  ASSERT_TRUE(packs.ok()) << packs.error().message;
  EXPECT_NE(packs->find("aws/mine"), nullptr);
  EXPECT_NE(packs->find("aws/ec2_instances"), nullptr);
  {
    std::ofstream out(folder / "aws" / "ec2_instances.yaml");
    out << "task: x\n";
  }
  const auto broken = Packs::load(embedded_packs(), folder.string());
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().message, StartsWith((folder / "aws" / "ec2_instances.yaml").string() + ":1:1: "));
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(Packs::load(embedded_packs(), folder.string()).ok())
      << "a folder that is not there is a mistake, not silence";
}

TEST(Transforms, AreDocumentedAndSorted) {
  std::string_view before;
  for (const Transform& transform : transforms()) {
    EXPECT_NE(transform.doc[0], '\0') << transform.name;
    EXPECT_LT(before, std::string_view(transform.name));
    before = transform.name;
    EXPECT_NE(transform.apply, nullptr);
  }
}

}  // namespace
}  // namespace maestro::provider
