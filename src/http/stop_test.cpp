#include <gtest/gtest.h>

#include <thread>

#include "http/test_client.h"

namespace maestro::http {
namespace {

using namespace testing;  // NOLINT: the module's own test kit

TEST(Stop, LetsARunningRequestFinish) {
  Gate started;
  Gate gate;
  auto server = start(options_for([&](Request& request) {
    started.open();
    EXPECT_TRUE(gate.wait());
    EXPECT_FALSE(request.stop.stop_requested());
    return text("finished");
  }));
  Client client(server->port(0));
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(started.wait());
  std::jthread stopper([&] { server->stop(kPatience); });
  std::this_thread::sleep_for(Millis(20));  // not needed to pass: gives the stop a chance to be wrong
  gate.open();
  EXPECT_EQ(client.read().body, "finished");
  stopper.join();
  EXPECT_EQ(server->stats().connections, 0U);
}

TEST(Stop, AsksARequestThatOutlivesTheGraceToEnd) {
  Gate started;
  Gate stopped;
  auto server = start(options_for([&](Request& request) {
    const std::stop_callback noticed(request.stop, [&] { stopped.open(); });
    started.open();
    EXPECT_TRUE(stopped.wait());
    return text("cut");
  }));
  Client client(server->port(0));
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(started.wait());
  server->stop(Millis(10));
  EXPECT_TRUE(stopped.wait());
}

TEST(Stop, RefusesNewRequestsOnOpenConnectionsAndNewConnections) {
  Gate started;
  Gate gate;
  auto server = start(options_for([&](Request& request) {
    if (request.path == "/long") {
      started.open();
      EXPECT_TRUE(gate.wait());
    }
    return text("ok");
  }));
  const auto port = server->port(0);
  Client open(port);
  EXPECT_EQ(open.get("/").status, 200);
  Client running(port);
  running.send("GET /long HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(started.wait());
  std::jthread stopper([&] { server->stop(kPatience); });
  // The listener closes with the start of the stop: from then on this is refused.
  ASSERT_TRUE(eventually([&] { return Client(port).get("/").status == 0; }));
  const Answer refused = open.get("/");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("connection"), "close");
  gate.open();
  EXPECT_EQ(running.read().body, "ok");
}

TEST(Stop, EndsWhileIdleConnectionsAreOpen) {
  auto server = start(options_for([](Request&) { return text("ok"); }));
  Client used(server->port(0));
  EXPECT_EQ(used.get("/").status, 200);
  Client half(server->port(0));
  half.send("GET / HT");
  ASSERT_TRUE(eventually([&] { return server->stats().connections == 2; }));
  const auto before = std::chrono::steady_clock::now();
  server->stop(kPatience);
  EXPECT_LT(std::chrono::steady_clock::now() - before, kPatience / 2);
  EXPECT_TRUE(used.ends());
  EXPECT_TRUE(half.ends());
}

TEST(Stop, MayBeCalledTwiceAndFromSeveralThreads) {
  auto server = start(options_for([](Request&) { return text("ok"); }));
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { server->stop(Millis(100)); });
  threads.clear();
  server->stop(Millis(100));
}

TEST(Stop, DropsWhatStillWaitsAfterTheGrace) {
  Gate started;
  std::atomic<int> handled = 0;
  ServerOptions options = options_for([&](Request& request) {
    ++handled;
    started.open();
    eventually([&] { return request.stop.stop_requested(); });
    return text("cut");
  });
  options.pools[0].threads = 1;
  auto server = start(std::move(options));
  Client running(server->port(0));
  running.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(started.wait());
  Client waiting(server->port(0));
  waiting.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().pool_queued[0] == 1; }));
  server->stop(Millis(0));
  EXPECT_EQ(waiting.read().status, 0);
  EXPECT_LE(handled, 2);
}

TEST(Stop, UnderLoadLosesNoAnswerHalfway) {
  auto server = start(options_for([](Request&) { return text(std::string(2000, 'x')); }));
  const auto port = server->port(0);
  std::atomic<int> answered = 0;
  std::atomic<int> broken = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      Client client(port);
      for (;;) {
        const Answer answer = client.get("/");
        if (answer.status == 0) return;
        if (!answer.complete) ++broken;
        ++answered;
        if (answer.headers.contains("connection")) return;
      }
    });
  }
  ASSERT_TRUE(eventually([&] { return answered > 100; }));
  server->stop(kPatience);
  clients.clear();
  EXPECT_EQ(broken, 0);
}

}  // namespace
}  // namespace maestro::http
