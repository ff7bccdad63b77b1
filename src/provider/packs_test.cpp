// Every pack replays its recorded answers; a pack without a fixture folder fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"
#include "provider/clouds.h"
#include "provider/pack.h"
#include "provider/scripted_transport.h"
#include "provider/translate.h"

namespace maestro::provider {
namespace {

using testing::Fixture;
using testing::ScriptedTransport;

const Packs& packs() {
  static const Packs all = [] {
    auto loaded = Packs::load(embedded_packs(), "");
    if (!loaded) {
      ADD_FAILURE() << loaded.error().message;
      return Packs();
    }
    return std::move(*loaded);
  }();
  return all;
}

std::string folder_of(const Resource& resource) {
  return std::string(MAESTRO_SOURCE_DIR) + "/tests/packs/" + resource.id;
}

std::vector<Page> replay(const Resource& resource) {
  const Fixture fixture(folder_of(resource));
  ScriptedTransport transport([&](const HttpCall& call, int) { return fixture.answer(call); });
  const auto clouds = make_clouds(packs(), transport, testing::quick());
  auto account = clouds->open(fixture.connection);
  EXPECT_TRUE(account.ok()) << (account.ok() ? "" : account.error().message);
  if (!account) return {};
  auto listing = (*account)->list(resource, fixture.region);
  EXPECT_TRUE(listing.ok());
  auto pages = testing::read_all(**listing);
  EXPECT_TRUE(pages.ok()) << (pages.ok() ? "" : pages.error().message);
  return pages ? std::move(*pages) : std::vector<Page>();
}

json::Value as_json(const Page& page) {
  json::Array items;
  for (const Item& item : page.items) {
    json::Object out;
    out["key"] = item.key;
    out["legacy_key"] = item.legacy_key;
    out["fields"] = item.fields;
    json::Array links;
    for (const Item::Link& link : item.links) {
      static constexpr const char* kKinds[] = {"flavor", "application_name", "application_id"};
      links.push_back(json::Object{{"kind", kKinds[static_cast<int>(link.kind)]}, {"value", link.value}});
    }
    out["links"] = std::move(links);
    json::Array keep;
    for (const std::string& field : item.keep) keep.emplace_back(field);
    out["keep"] = std::move(keep);
    items.emplace_back(std::move(out));
  }
  return items;
}

TEST(Packs, EmbeddedOnesLoad) {
  EXPECT_NE(packs().find("aws/ec2_instances"), nullptr);
  EXPECT_NE(packs().find("openstack/nova_servers"), nullptr);
  EXPECT_NE(packs().find("openstack/nova_flavors"), nullptr);
  EXPECT_EQ(packs().find("aws/nothing"), nullptr);
  EXPECT_THAT(packs().tasks("aws"), ::testing::Contains("server-list"));
  EXPECT_EQ(packs().tasks("openstack"), (std::vector<std::string>{"flavor-list", "server-list"}));
  ASSERT_EQ(packs().of_task("aws", "server-list").size(), 1U);
  const Resource& instances = *packs().of_task("aws", "server-list").front();
  EXPECT_TRUE(instances.confirms);
  EXPECT_EQ(instances.every.millis(), 300'000);
}

TEST(Packs, EveryOneReplaysToExactlyTheExpectedEntities) {
  ASSERT_FALSE(packs().all().empty());
  for (const Resource& resource : packs().all()) {
    const std::string folder = folder_of(resource);
    ASSERT_TRUE(std::filesystem::exists(folder + "/replay.json")) << resource.id << " has no fixture folder";
    const json::Value expected = json::parse_trusted(testing::read_file(folder + "/expect.json"));
    const json::Array& pages = expected.at("pages").as_array();
    const std::vector<Page> got = replay(resource);
    ASSERT_EQ(got.size(), pages.size()) << resource.id;
    std::size_t count = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].number, static_cast<int>(i) + 1);
      EXPECT_THAT(got[i].item_errors, ::testing::IsEmpty()) << resource.id;
      EXPECT_THAT(got[i].doubts, ::testing::IsEmpty()) << resource.id;
      const json::Value items = as_json(got[i]);
      ASSERT_EQ(items.as_array().size(), pages[i].as_array().size()) << resource.id;
      for (std::size_t k = 0; k < items.as_array().size(); ++k)
        EXPECT_EQ(json::canonical(items.as_array()[k]), json::canonical(pages[i].as_array()[k]))
            << resource.id << " page " << i + 1;
      count += got[i].items.size();
    }
    EXPECT_GT(count, 0U) << resource.id;
  }
}

TEST(Packs, EveryOneGivesTheSameHashesTwice) {
  for (const Resource& resource : packs().all()) {
    std::set<std::string> first, second;
    for (const Page& page : replay(resource))
      for (const Item& item : page.items) EXPECT_TRUE(first.insert(item.hash).second) << "two items with one hash";
    for (const Page& page : replay(resource))
      for (const Item& item : page.items) second.insert(item.hash);
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(first, second);
    for (const std::string& hash : first) EXPECT_EQ(hash.size(), 32U);
  }
}

TEST(Packs, NoneWritesWhatReconcileOwns) {
  for (const Resource& resource : packs().all())
    for (const Rule& rule : resource.pack->map)
      for (const char* owned : {"_id", "owner", "roles", "accountant", "checksum", "updated_at", "applications"})
        EXPECT_NE(rule.target, owned) << resource.id;
}

}  // namespace
}  // namespace maestro::provider
