#include "provider/limiter.h"

#include <gtest/gtest.h>

#include <thread>

namespace maestro::provider {
namespace {

using Clock = std::chrono::steady_clock;

TEST(Limiter, AllowsABurstOfTwiceTheRateAndThenTheRate) {
  Limiter limiter({.requests_at_once = 100, .requests_per_second = 50});
  const auto begin = Clock::now();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(limiter.enter({}, "r"));
  EXPECT_LT(Clock::now() - begin, Millis(500));
  for (int i = 0; i < 100; ++i) limiter.leave();
  const auto full = Clock::now();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(limiter.enter({}, "r"));
    limiter.leave();
  }
  EXPECT_GE(Clock::now() - full, Millis(120)) << "ten more at fifty a second";
  const auto other = Clock::now();
  ASSERT_TRUE(limiter.enter({}, "another region"));
  limiter.leave();
  EXPECT_LT(Clock::now() - other, Millis(100));
}

TEST(Limiter, BoundsCallsInFlight) {
  Limiter limiter({.requests_at_once = 2, .requests_per_second = 0});
  std::atomic<int> now = 0, most = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(6);
    for (int t = 0; t < 6; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          ASSERT_TRUE(limiter.enter({}, "r"));
          const int seen = ++now;
          for (int before = most; before < seen && !most.compare_exchange_weak(before, seen);) {
          }
          std::this_thread::sleep_for(Millis(1));
          --now;
          limiter.leave();
        }
      });
  }
  EXPECT_LE(most, 2);
  EXPECT_GT(most, 0);
}

TEST(Limiter, WaitingEndsOnStopAndDeadline) {
  Limiter limiter({.requests_at_once = 1, .requests_per_second = 0});
  ASSERT_TRUE(limiter.enter({}, "r"));
  std::stop_source source;
  Context context;
  context.stop = source.get_token();
  const auto begin = Clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(Millis(30));
    source.request_stop();
  });
  EXPECT_FALSE(limiter.enter(context, "r"));
  EXPECT_LT(Clock::now() - begin, Millis(400));
  Context late;
  late.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + Millis(20);
  EXPECT_FALSE(limiter.enter(late, "r"));
  limiter.leave();
}

TEST(Limiter, ADrainedRegionHasNoBurst) {
  Limiter limiter({.requests_at_once = 8, .requests_per_second = 100});
  limiter.drain("r");
  const auto begin = Clock::now();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(limiter.enter({}, "r"));
    limiter.leave();
  }
  EXPECT_GE(Clock::now() - begin, Millis(60));
}

TEST(Pause, EndsAtOnceOnStop) {
  std::stop_source source;
  Context context;
  context.stop = source.get_token();
  const auto begin = Clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(Millis(30));
    source.request_stop();
  });
  EXPECT_FALSE(pause(context, Millis(10'000)));
  EXPECT_LT(Clock::now() - begin, Millis(400));
}

}  // namespace
}  // namespace maestro::provider
