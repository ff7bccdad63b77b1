// Conformance: many at once.
#pragma once

#include "store/conformance/suite.h"

namespace maestro::store {

TEST_P(StoreConformance, WritersAndReadersTogetherLoseNothing) {
  constexpr int kWriters = 8, kReaders = 8, kRows = 5;
  std::vector<Document> rows;
  const SetId set = intern({entry(ann, kAdmin)});
  for (int i = 0; i < kRows; ++i) {
    Document document = sample(servers(), i, set);
    document.body["cpu"] = 0;
    rows.push_back(insert(document));
  }
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> added = 0, inserted = 0, reads = 0;
  std::mutex mutex;
  std::vector<std::string> errors;
  const auto report = [&](const Error& error) {
    const std::scoped_lock lock(mutex);
    errors.push_back(error.message);
  };
  {
    std::vector<std::jthread> threads;
    for (int w = 0; w < kWriters; ++w) {
      threads.emplace_back([&, w] {
        std::mt19937 random(static_cast<unsigned>(w));
        while (!stop) {
          const Document& row = rows[random() % kRows];
          const bool also_new = random() % 4 == 0;
          const auto priority = w % 2 == 0 ? Store::Priority::kInteractive : Store::Priority::kBulk;
          const auto result = store.write(context, priority, [&](Transaction& transaction) -> Result<void> {
            TRY_ASSIGN(const auto before, documents().find(transaction, servers(), row.id));
            Document after = *before;
            after.body["cpu"] = json::int_or(after.body, "cpu") + 1;
            TRY(documents().update(transaction, *before, after, {"update", {}}));
            if (!also_new) return {};
            Document fresh = sample(servers(), static_cast<int>(random() % 100), before->access);
            return documents().insert(transaction, fresh, {"create", {}});
          });
          if (!result.ok()) return report(result.error());
          ++added;
          if (also_new) ++inserted;
        }
      });
    }
    for (int r = 0; r < kReaders; ++r) {
      threads.emplace_back([&, r] {
        ListSpec spec = list_of(servers());
        spec.viewer = {false, {ann}, kRead};
        spec.limit = 20;
        if (r % 2 == 0) spec.filter = leaf("status", Condition::Op::kEq, {json::Value("status-1")});
        while (!stop) {
          const auto page = documents().list(context, spec);
          if (!page.ok()) return report(page.error());
          if (page->total < static_cast<std::int64_t>(page->items.size()))
            return report(internal("more items than counted"));
          const auto one = documents().find(context, servers(), rows[0].id);
          if (!one.ok()) return report(one.error());
          ++reads;
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2000));
    stop = true;
  }
  EXPECT_THAT(errors, testing::IsEmpty());
  EXPECT_GT(reads, 0);
  std::int64_t sum = 0;
  for (const Document& row : rows) sum += json::int_or(get(row).body, "cpu");
  EXPECT_EQ(sum, added);
  EXPECT_EQ(must(documents().count(context, list_of(servers()))), kRows + inserted);
}

TEST_P(StoreConformance, AnInteractiveWriterGoesBeforeWaitingBulkOnes) {
  std::mutex mutex;
  std::vector<std::string> order;
  const auto note = [&](const std::string& who) {
    const std::scoped_lock lock(mutex);
    order.push_back(who);
  };
  std::vector<std::jthread> waiting;
  write([&](Transaction&) {
    // Both queue up behind this transaction; the bulk one first.
    waiting.emplace_back([&] { write([&](Transaction&) { note("bulk"); }, Store::Priority::kBulk); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    waiting.emplace_back([&] { write([&](Transaction&) { note("interactive"); }); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  });
  waiting.clear();
  EXPECT_THAT(order, testing::ElementsAre("interactive", "bulk"));
}

TEST_P(StoreConformance, AWriterThatWaitsTooLongIsTold) {
  Context hurried = context;
  std::optional<Result<void>> result;
  write([&](Transaction&) {
    std::jthread other([&] {
      hurried.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + Millis(50);
      result = store.write(hurried, Store::Priority::kInteractive, [](Transaction&) -> Result<void> { return {}; });
    });
  });
  ASSERT_TRUE(result && !result->ok());
  EXPECT_EQ(result->error().code, Code::kUnavailable);
  write([](Transaction&) {});
}

TEST_P(StoreConformance, ReadersSeeTheLastCommittedState) {
  const Document document = insert(sample(servers(), 1));
  write([&](Transaction& transaction) {
    Document after = document;
    after.body["name"] = "uncommitted";
    must(documents().update(transaction, document, after, {"update", {}}));
    std::jthread([&] { EXPECT_EQ(json::canonical(get(document).body), json::canonical(document.body)); }).join();
  });
  EXPECT_EQ(json::text_or(get(document).body, "name"), "uncommitted");
}

}  // namespace maestro::store
