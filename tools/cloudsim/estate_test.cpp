#include "cloudsim/estate.h"

#include <gtest/gtest.h>

#include <set>

#include "cloudsim/aws_instance.h"
#include "cloudsim/openstack_server.h"
#include "cloudsim/options.h"

namespace maestro::cloudsim {
namespace {

TEST(Estate, IdsTellTheirSlots) {
  const Estate estate({"a", "b"}, 9, 5000);
  std::set<std::string> ids;
  for (const Region& region : estate.regions()) {
    for (const Slot slot : region.live()) {
      const Instance one = make_instance(region, slot);
      ids.insert(aws_id("i", one.id));
      EXPECT_EQ(instance_slot(region, one.id), slot);
      const std::string server = openstack::server_id(region, slot);
      EXPECT_EQ(server.size(), 36U);
      EXPECT_EQ(openstack::server_slot(region, server), slot);
      EXPECT_FALSE(openstack::server_slot(estate.regions()[1 - region.index], server));
    }
  }
  EXPECT_EQ(ids.size(), 5000U);
}

TEST(Estate, ChoicesAreExactAndRepeatable) {
  Estate first({"a", "b", "c"}, 3, 1000), second({"a", "b", "c"}, 3, 1000);
  for (int i = 0; i < 3; ++i) {
    const auto chosen = first.change({.region = "", .percent = 2.5}, Trait::kTags, 0, {});
    EXPECT_EQ(chosen.size(), 25U);
    EXPECT_EQ(chosen, second.change({.region = "", .percent = 2.5}, Trait::kTags, 0, {}));
  }
  const auto gone = first.vanish({.region = "b", .count = 100});
  EXPECT_EQ(gone.size(), 100U);
  for (const auto& one : gone) EXPECT_EQ(one.first, 1U);
  EXPECT_EQ(first.regions()[1].live_count(), 233U);
  EXPECT_EQ(first.regions()[1].live().size(), 233U);
}

TEST(Estate, NewMachinesLeaveTheOldOnesAlone) {
  Estate estate({"a"}, 3, 100);
  std::vector<std::uint64_t> before;
  for (Slot slot = 0; slot < 100; ++slot) before.push_back(make_instance(estate.regions()[0], slot).id);
  estate.appear({.region = "", .count = 50});
  EXPECT_EQ(estate.regions()[0].live_count(), 150U);
  for (Slot slot = 0; slot < 100; ++slot) EXPECT_EQ(make_instance(estate.regions()[0], slot).id, before[slot]);
}

TEST(CommandLine, IsRead) {
  const auto options = parse_options({"--servers", "12", "--regions=x,y", "--clock-skew", "-5"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->servers, 12U);
  EXPECT_EQ(options->regions, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(options->clock_skew_s, -5);
  for (const std::vector<std::string>& bad : {std::vector<std::string>{"--odd", "1"},
                                              {"--servers"},
                                              {"--servers", "many"},
                                              {"--aws-port", "70000"},
                                              {"--regions", ","}}) {
    EXPECT_FALSE(parse_options(bad).ok());
  }
  EXPECT_NE(help_text().find("--os-project"), std::string::npos);
}

}  // namespace
}  // namespace maestro::cloudsim
