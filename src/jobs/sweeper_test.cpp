#include "jobs/sweeper.h"

#include <gtest/gtest.h>

#include "discovery/events.h"
#include "store_sqlite/backend_test.h"

namespace maestro::jobs {
namespace {

using store::must;

TEST(Sweeper, RemovesEventsAfterFifteenDaysAndNothingElse) {
  const model::Entity& events = *model::find_entity("events");
  FakeClock clock{from_ms(1'700'000'000'000)};
  store_sqlite::FileBackend backend(clock);
  const auto insert = [&](const model::Entity& entity, const char* field) {
    must(backend.store().write({}, store::Store::Priority::kInteractive, [&](store::Transaction& tx) {
      store::Document document;
      document.entity = &entity;
      document.created = document.updated = tx.now();
      document.body = {{field, "something"}};
      return backend.store().documents().insert(tx, document, {.verb = "create"});
    }));
  };
  const auto count = [&](const model::Entity& entity) {
    return must(backend.store().documents().count({}, {.entity = &entity, .viewer = {.everything = true}}));
  };
  for (int i = 0; i < 7; ++i) insert(events, "msg");
  insert(*model::find_entity("servers"), "name");
  Sweeper sweeper(backend.store(), clock, {.batch = 3});
  clock.advance(Millis(15LL * 24 * 3'600'000));
  EXPECT_EQ(must(sweeper.sweep({})), 0);
  insert(events, "msg");
  clock.advance(Millis(1));
  EXPECT_EQ(must(sweeper.sweep({})), 7);
  EXPECT_EQ(count(events), 1);
  EXPECT_EQ(count(*model::find_entity("servers")), 1);
  EXPECT_TRUE(backend.check().empty());
}

TEST(Sweeper, EndsWithoutHavingDoneAnything) {
  FakeClock clock{from_ms(1'700'000'000'000)};
  store_sqlite::FileBackend backend(clock);
  Sweeper sweeper(backend.store(), clock);
  sweeper.start();
  sweeper.stop();
}

}  // namespace
}  // namespace maestro::jobs
