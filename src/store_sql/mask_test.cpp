#include "store_sql/mask.h"

#include <gtest/gtest.h>

#include <random>

namespace maestro::store_sql {
namespace {

TEST(Mask, EverySetPlaceComesOnceInEitherDirection) {
  std::mt19937 random(5);
  for (std::size_t size = 0; size < 70; ++size) {
    for (const unsigned one_in : {1u, 2u, 20u}) {
      Mask mask(size);
      std::vector<std::size_t> wanted;
      for (std::size_t i = 0; i < size; ++i) {
        if (random() % one_in != 0) continue;
        mask[i] = 1;
        wanted.push_back(i);
      }
      std::vector<std::size_t> seen;
      each_set(mask, false, [&](std::size_t at) { seen.push_back(at); });
      EXPECT_EQ(seen, wanted);
      seen.clear();
      each_set(mask, true, [&](std::size_t at) { seen.push_back(at); });
      std::reverse(wanted.begin(), wanted.end());
      EXPECT_EQ(seen, wanted);
    }
  }
}

TEST(Mask, LoopsSetKeepAndAdd) {
  Mask mask(19);
  fill_mask(mask, [](std::size_t i) { return i % 2 == 0; });
  and_mask(mask, [](std::size_t i) { return i > 3; });
  or_mask(mask, [](std::size_t i) { return i == 1; });
  std::vector<std::size_t> set;
  each_set(mask, false, [&](std::size_t at) { set.push_back(at); });
  EXPECT_EQ(set, (std::vector<std::size_t>{1, 4, 6, 8, 10, 12, 14, 16, 18}));
}

}  // namespace
}  // namespace maestro::store_sql
