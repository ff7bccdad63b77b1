#include <gtest/gtest.h>

#include "http/test_client.h"

namespace maestro::http {
namespace {

using namespace testing;  // NOLINT: the module's own test kit

ServerOptions small_limits() {
  ServerOptions options = options_for([](Request& request) { return text(std::to_string(request.body.size())); });
  options.max_body = 1000;
  options.max_header = 2048;
  options.make_error = [](int status, std::string_view reason, const std::string& id) {
    EXPECT_FALSE(id.empty());
    return text("error: " + std::string(reason), status);
  };
  return options;
}

TEST(Limits, RefusesALongRequestLineWith414) {
  auto server = start(small_limits());
  for (const bool in_pieces : {false, true}) {
    Client client(server->port(0));
    client.send("GET /");
    if (in_pieces) client.send(std::string(1500, 'a'));
    client.send(std::string(3000, 'a') + (in_pieces ? "" : " HTTP/1.1\r\n\r\n"));
    const Answer answer = client.read();
    EXPECT_EQ(answer.status, 414);
    EXPECT_EQ(answer.body, "error: The request line is too long");
    EXPECT_TRUE(client.ends());
  }
}

TEST(Limits, RefusesLargeHeadersWith431) {
  auto server = start(small_limits());
  for (const bool endless : {false, true}) {
    Client client(server->port(0));
    client.send("GET / HTTP/1.1\r\nX-A: " + std::string(1000, 'a') + "\r\n");
    client.send("X-B: " + std::string(1500, 'b') + (endless ? "" : "\r\n\r\n"));
    EXPECT_EQ(client.read().status, 431);
    EXPECT_TRUE(client.ends());
  }
}

TEST(Limits, AcceptsABodyOfExactlyTheLimit) {
  auto server = start(small_limits());
  Client client(server->port(0));
  client.send("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'b'));
  EXPECT_EQ(client.read().body, "1000");
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'b') +
              "\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().body, "1000");
}

TEST(Limits, RefusesAnAnnouncedLargeBodyBeforeItComes) {
  auto server = start(small_limits());
  Client client(server->port(0));
  client.send("POST / HTTP/1.1\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(Limits, RefusesAChunkedBodyThatGrowsTooLarge) {
  auto server = start(small_limits());
  Client client(server->port(0));
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) client.send("64\r\n" + std::string(100, 'b') + "\r\n");
  EXPECT_EQ(client.read().status, 422);
  EXPECT_TRUE(client.ends());
}

TEST(Limits, LetsAClientThatIsStillSendingReadTheRefusal) {
  auto server = start(small_limits());
  Client client(server->port(0));
  client.send("POST / HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n");
  client.send(std::string(8'000'000, 'b'));
  EXPECT_EQ(client.read().status, 422);
}

TEST(Limits, MayDifferPerRequest) {
  ServerOptions options = small_limits();
  options.oversize_status = 413;
  options.listeners[0].max_body_of = [](const Request& request) -> std::size_t {
    return request.path == "/import" ? 5000 : 10;
  };
  auto server = start(std::move(options));
  Client client(server->port(0));
  client.send("POST /import HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'b'));
  EXPECT_EQ(client.read().body, "5000");
  client.send("POST /other HTTP/1.1\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
}

TEST(Limits, RefusesAmbiguousFramingWith400AndCloses) {
  auto server = start(small_limits());
  for (const char* headers :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n", "Transfer-Encoding: xchunked\r\n"}) {
    Client client(server->port(0));
    client.send(std::string("POST / HTTP/1.1\r\n") + headers + "\r\nabcGET /smuggled HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.read().status, 400) << headers;
    EXPECT_TRUE(client.ends()) << headers;
  }
}

TEST(Timeouts, AnswerHeadersThatDoNotEndWith408) {
  ServerOptions options = small_limits();
  options.header_timeout = Millis(50);
  auto server = start(std::move(options));
  Client slow(server->port(0));
  slow.send("GET / HTTP/1.1\r\nX-A");
  EXPECT_EQ(slow.read().status, 408);
  EXPECT_TRUE(slow.ends());
  Client silent(server->port(0));
  EXPECT_EQ(silent.read().status, 408);
}

TEST(Timeouts, OfHeadersAreNotProlongedByDribbling) {
  ServerOptions options = small_limits();
  options.header_timeout = Millis(200);
  auto server = start(std::move(options));
  Client client(server->port(0));
  client.send("GET / HTTP/1.1\r\n");
  std::jthread dribble([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      client.send("X: y\r\n");
      std::this_thread::sleep_for(Millis(20));
    }
  });
  EXPECT_EQ(client.read().status, 408);
}

TEST(Timeouts, AnswerABodyThatDoesNotEndWith408) {
  ServerOptions options = small_limits();
  options.body_timeout = Millis(50);
  auto server = start(std::move(options));
  Client client(server->port(0));
  client.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.body, "error: The body did not arrive in time");
}

TEST(Timeouts, CloseAnIdleConnectionWithoutAWord) {
  ServerOptions options = small_limits();
  options.idle_timeout = Millis(50);
  auto server = start(std::move(options));
  Client client(server->port(0));
  EXPECT_EQ(client.get("/").status, 200);
  EXPECT_TRUE(client.ends());
}

TEST(Timeouts, CutAClientThatDoesNotRead) {
  ServerOptions options = options_for([](Request&) { return text(std::string(64 << 20, 'l')); });
  options.write_timeout = Millis(100);
  auto server = start(std::move(options));
  Client client(server->port(0), 4096);
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().accepted == 1 && server->stats().connections == 0; }));
  EXPECT_FALSE(client.read().complete);
}

TEST(Timeouts, DoNotCutARunningHandler) {
  ServerOptions options = options_for([](Request&) {
    std::this_thread::sleep_for(Millis(400));
    return text("late");
  });
  options.header_timeout = options.body_timeout = options.idle_timeout = options.write_timeout = Millis(100);
  auto server = start(std::move(options));
  Client client(server->port(0));
  EXPECT_EQ(client.get("/").body, "late");
}

TEST(Busy, AnswersAFullQueueWith503AndRetryAfter) {
  Gate gate;
  ServerOptions options = options_for([&](Request&) {
    EXPECT_TRUE(gate.wait());
    return text("done");
  });
  options.pools[0] = {.name = "small", .threads = 1, .queue = 1};
  auto server = start(std::move(options));
  Client running(server->port(0));
  running.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().pool_running[0] == 1; }));
  Client waiting(server->port(0));
  waiting.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().pool_queued[0] == 1; }));
  Client refused(server->port(0));
  const Answer answer = refused.get("/");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_EQ(server->stats().rejected_busy, 1U);
  gate.open();
  EXPECT_EQ(running.read().body, "done");
  EXPECT_EQ(waiting.read().body, "done");
  EXPECT_EQ(refused.get("/").body, "done") << "the refused client keeps its connection";
}

TEST(Busy, LeavesOtherPoolsAndTheIoThreadFree) {
  Gate gate;
  ServerOptions options = options_for([&](Request& request) {
    if (request.path == "/bulk") {
      EXPECT_TRUE(gate.wait());
    }
    return text(request.path);
  });
  options.pools = {{.name = "interactive", .threads = 1}, {.name = "bulk", .threads = 1}};
  options.listeners[0].pool_of = [](const Request& request) -> std::size_t {
    return request.path == "/bulk" ? 1 : request.path == "/live" ? kInline : 0;
  };
  auto server = start(std::move(options));
  Client bulk(server->port(0));
  bulk.send("GET /bulk HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().pool_running[1] == 1; }));
  Client client(server->port(0));
  EXPECT_EQ(client.get("/page").body, "/page");
  EXPECT_EQ(client.get("/live").body, "/live");
  gate.open();
  EXPECT_EQ(bulk.read().body, "/bulk");
}

TEST(Busy, AnswersAConnectionTooManyWith503) {
  ServerOptions options = small_limits();
  options.max_connections = 2;
  auto server = start(std::move(options));
  Client one(server->port(0));
  Client two(server->port(0));
  EXPECT_EQ(one.get("/").status, 200);
  EXPECT_EQ(two.get("/").status, 200);
  Client three(server->port(0));
  const Answer answer = three.get("/");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_TRUE(three.ends());
  three.close();
  one.close();
  ASSERT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  EXPECT_EQ(Client(server->port(0)).get("/").status, 200);
}

}  // namespace
}  // namespace maestro::http
