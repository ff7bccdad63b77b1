#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/test_client.h"

namespace maestro::http {
namespace {

using namespace testing;  // NOLINT: the module's own test kit

Reply echo(Request& request) {
  return text(request.method_text + " " + request.path + " [" + request.query + "] " + request.body);
}

TEST(Server, HandsTheRequestToTheHandlerAndTheReplyToTheClient) {
  auto server = start(options_for([](Request& request) {
    EXPECT_EQ(request.method, Method::kPost);
    EXPECT_EQ(request.target, "/a%20b?x=1&y");
    EXPECT_EQ(request.path, "/a%20b");
    EXPECT_EQ(request.query, "x=1&y");
    EXPECT_EQ(request.local_host, "example:1");
    EXPECT_EQ(request.peer, "127.0.0.1");
    EXPECT_EQ(*request.headers.find("x-THING"), "v w");
    EXPECT_EQ(request.body, "hello");
    Reply reply = text("made", 201);
    reply.headers.add("Location", "/a/1");
    return reply;
  }));
  Client client(server->port(0));
  client.send("POST /a%20b?x=1&y HTTP/1.1\r\nHost: example:1\r\nX-Thing:  v w \r\nContent-Length: 5\r\n\r\nhello");
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.at("location"), "/a/1");
  EXPECT_EQ(answer.headers.at("content-length"), "4");
  EXPECT_EQ(answer.body, "made");
}

TEST(Server, KeepsTheConnectionForFurtherRequests) {
  auto server = start(options_for(echo));
  Client client(server->port(0));
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/" + std::to_string(i);
    EXPECT_EQ(client.get(path).body, "GET " + path + " [] ");
  }
  EXPECT_EQ(server->stats().accepted, 1U);
}

TEST(Server, ClosesWhenTheClientAsksForIt) {
  auto server = start(options_for(echo));
  Client client(server->port(0));
  const Answer answer = client.get("/", "Connection: close\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(Server, SpeaksHttp10) {
  auto server = start(options_for(echo));
  Client closing(server->port(0));
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.read().body, "GET / [] ");
  EXPECT_TRUE(closing.ends());
  Client keeping(server->port(0));
  for (int i = 0; i < 3; ++i) {
    keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const Answer answer = keeping.read();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("connection"), "keep-alive");
  }
}

TEST(Server, AnswersHeadWithTheLengthAndWithoutTheBody) {
  auto server = start(options_for([](Request& request) {
    EXPECT_EQ(request.method, Method::kHead);
    if (request.path == "/announced") {
      Reply reply;
      reply.headers.add("Content-Length", "1234");
      return reply;
    }
    return text("four");
  }));
  Client client(server->port(0));
  client.send("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read(true).headers.at("content-length"), "4");
  client.send("HEAD /announced HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read(true).headers.at("content-length"), "1234");
}

TEST(Server, SendsNoBodyWith204And304) {
  auto server = start(options_for([](Request& request) { return text("never", request.path == "/204" ? 204 : 304); }));
  Client client(server->port(0));
  for (const int status : {204, 304, 204}) {
    const Answer answer = client.get("/" + std::to_string(status));
    EXPECT_EQ(answer.status, status);
    EXPECT_FALSE(answer.headers.contains("content-length"));
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  for (const bool on_io_thread : {false, true}) {
    ServerOptions options = options_for(echo);
    if (on_io_thread) options.listeners[0].pool_of = [](const Request&) { return kInline; };
    auto server = start(std::move(options));
    Client client(server->port(0));
    std::string burst;
    constexpr int kCount = 200;
    for (int i = 0; i < kCount; ++i) {
      const std::string body = std::to_string(i);
      burst += "POST /p HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    client.send(burst);
    for (int i = 0; i < kCount; ++i) ASSERT_EQ(client.read().body, "POST /p [] " + std::to_string(i));
  }
}

TEST(Server, KeepsAPipelineLongerThanItsBufferWhileARequestRuns) {
  Gate gate;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  auto server = start(options_for([&](Request& request) {
    most = std::max(most.load(), ++running);
    if (request.path == "/first") {
      EXPECT_TRUE(gate.wait());
    }
    --running;
    return text(std::to_string(request.body.size()));
  }));
  Client client(server->port(0));
  client.send("GET /first HTTP/1.1\r\n\r\n");
  const std::string body(30'000, 'b');
  std::jthread sender([&] {
    for (int i = 0; i < 40; ++i) client.send("POST /p HTTP/1.1\r\nContent-Length: 30000\r\n\r\n" + body);
  });
  ASSERT_TRUE(eventually([&] { return running == 1; }));
  gate.open();
  EXPECT_EQ(client.read().body, "0");
  for (int i = 0; i < 40; ++i) ASSERT_EQ(client.read().body, "30000");
  EXPECT_EQ(most, 1) << "requests of one connection never run side by side";
}

TEST(Server, TakesTheRequestIdOfTheClientOrMakesOne) {
  auto server = start(options_for([](Request& request) { return text(request.request_id); }));
  Client client(server->port(0));
  const Answer given = client.get("/", "X-Request-Id: abc-1.2_Z\r\n");
  EXPECT_EQ(given.body, "abc-1.2_Z");
  EXPECT_EQ(given.headers.at("x-request-id"), "abc-1.2_Z");
  const Answer made = client.get("/");
  EXPECT_EQ(made.body.size(), 24U);
  for (const std::string& bad : {std::string("a b"), std::string("<x>"), std::string(65, 'a'), std::string()}) {
    const Answer replaced = client.get("/", "X-Request-Id: " + bad + "\r\n");
    EXPECT_EQ(replaced.body.size(), 24U);
    EXPECT_NE(replaced.body, made.body);
  }
}

TEST(Server, TurnsAHandlersExceptionInto500AndLivesOn) {
  ServerOptions options = options_for([](Request& request) -> Reply {
    if (request.path == "/number") throw 7;
    if (request.path == "/boom") throw std::runtime_error("secret");
    return text("fine");
  });
  options.make_error = [](int status, std::string_view reason, const std::string& id) {
    return text(std::string(reason) + "|" + id, status);
  };
  auto server = start(std::move(options));
  Client client(server->port(0));
  for (const char* path : {"/boom", "/number"}) {
    const Answer answer = client.get(path, "X-Request-Id: r1\r\n");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, "Internal error|r1");
  }
  EXPECT_EQ(client.get("/").body, "fine");
}

TEST(Server, LetsNoHeaderValueSplitTheReply) {
  auto server = start(options_for([](Request&) {
    Reply reply = text("x");
    reply.headers.add("X-A", "1\r\nSet-Cookie: evil=1\r\n\r\nbody");
    reply.headers.add("X-B: y\r\nX-C", "2");
    reply.headers.add("Content-Length", "99");
    reply.headers.add("Transfer-Encoding", "chunked");
    return reply;
  }));
  Client client(server->port(0));
  const Answer answer = client.get("/");
  EXPECT_FALSE(answer.headers.contains("set-cookie"));
  EXPECT_FALSE(answer.headers.contains("x-c"));
  EXPECT_FALSE(answer.headers.contains("transfer-encoding"));
  EXPECT_EQ(answer.headers.at("content-length"), "1");
  EXPECT_EQ(answer.body, "x");
  EXPECT_EQ(client.get("/").body, "x");
}

TEST(Server, SaysContinueToAClientThatWaitsForIt) {
  auto server = start(options_for(echo));
  Client client(server->port(0));
  client.send("PUT /u HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("data");
  EXPECT_EQ(client.read().body, "PUT /u [] data");
}

TEST(Server, ReadsChunkedBodies) {
  auto server = start(options_for(echo));
  Client client(server->port(0));
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\n");
  client.send("de\r\n0\r\nX-Trailer: t\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read().body, "POST / [] abcde");
  EXPECT_EQ(client.read().body, "GET /next [] ");
}

TEST(Server, SendsStaticBodiesOfAnySize) {
  static const std::string bytes(8 << 20, 's');
  auto server = start(options_for([](Request&) {
    Reply reply;
    reply.static_body = bytes;
    return reply;
  }));
  Client client(server->port(0));
  EXPECT_EQ(client.get("/").body, bytes);
  EXPECT_EQ(client.get("/").body, bytes);
}

TEST(Server, HoldsNoWorkerForASlowReaderOfALargeBody) {
  ServerOptions options = options_for(
      [](Request& request) { return request.path == "/large" ? text(std::string(64 << 20, 'l')) : text("small"); });
  options.pools[0].threads = 1;
  auto server = start(std::move(options));
  Client slow(server->port(0), 4096);
  slow.send("GET /large HTTP/1.1\r\n\r\n");
  Client quick(server->port(0));
  EXPECT_EQ(quick.get("/small").body, "small");
  EXPECT_EQ(slow.read().body.size(), 64U << 20);
}

TEST(Server, KeepsListenersApart) {
  ServerOptions options = options_for([](Request&) { return text("one"); });
  ListenerOptions second;
  second.name = "second";
  second.handler = [](Request&) { return text("two"); };
  options.listeners.push_back(std::move(second));
  auto server = start(std::move(options));
  EXPECT_EQ(Client(server->port(0)).get("/").body, "one");
  EXPECT_EQ(Client(server->port(1)).get("/").body, "two");
}

TEST(Server, ListensOnIpv6) {
  ServerOptions options = options_for(echo);
  options.listeners[0].host = "::1";
  auto server = Server::start(std::move(options));
  if (!server) {
    // A machine without IPv6: the refusal must say so.
    EXPECT_EQ(server.error().code, Code::kInvalid) << server.error().message;
    return;
  }
  EXPECT_NE(server.value()->port(0), 0);
}

TEST(Server, SaysWhichAddressIsTaken) {
  auto server = start(options_for(echo));
  ServerOptions options = options_for(echo);
  options.listeners[0].port = server->port(0);
  const auto second = Server::start(std::move(options));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_EQ(second.error().message, "The address 127.0.0.1:" + std::to_string(server->port(0)) + " is already in use");
}

TEST(Server, ListensOnNamesThatEveryClientReaches) {
  for (const char* host : {"localhost", "", "0.0.0.0"}) {
    ServerOptions options = options_for(echo);
    options.listeners[0].host = host;
    auto server = start(std::move(options));
    EXPECT_EQ(Client(server->port(0)).get("/").status, 200) << host;
  }
}

TEST(Server, RefusesAnAddressThatIsNone) {
  ServerOptions options = options_for(echo);
  options.listeners[0].host = "300.1.2.3.4";
  const auto server = Server::start(std::move(options));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Code::kInvalid);
}

TEST(Server, TakesThePeerFromTheProxyOnlyWhenTold) {
  for (const bool trust : {false, true}) {
    ServerOptions options = options_for([](Request& request) { return text(request.peer); });
    options.trust_forwarded = trust;
    auto server = start(std::move(options));
    Client client(server->port(0));
    const auto peer = [&](const std::string& forwarded) {
      return client.get("/", "X-Forwarded-For: " + forwarded + "\r\n").body;
    };
    EXPECT_EQ(peer("1.1.1.1, 10.0.0.7"), trust ? "10.0.0.7" : "127.0.0.1");
    EXPECT_EQ(peer("10.0.0.8:4711"), trust ? "10.0.0.8" : "127.0.0.1");
    EXPECT_EQ(peer("[2001:db8::1]:4711"), trust ? "2001:db8::1" : "127.0.0.1");
    EXPECT_EQ(peer("2001:db8::2"), trust ? "2001:db8::2" : "127.0.0.1");
    EXPECT_EQ(peer("unknown"), "127.0.0.1");
    EXPECT_EQ(peer(""), "127.0.0.1");
  }
}

TEST(Server, ReportsEveryAnswer) {
  std::mutex mutex;
  std::vector<std::string> lines;
  ServerOptions options =
      options_for([](Request& request) { return text(std::string(1000, 'x'), request.path == "/no" ? 404 : 200); });
  options.on_done = [&](const Request& request, const std::string& listener, int status, std::size_t bytes,
                        std::int64_t micros) {
    EXPECT_GE(micros, 0);
    EXPECT_GT(bytes, status == 400 ? 10U : 1000U);
    const std::lock_guard lock(mutex);
    lines.push_back(listener + " " + request.method_text + " " + request.path + " " + std::to_string(status));
  };
  auto server = start(std::move(options));
  Client client(server->port(0));
  client.get("/yes");
  client.get("/no");
  client.send("nonsense\r\n\r\n");
  EXPECT_EQ(client.read().status, 400);
  server->stop(Millis(1000));
  EXPECT_THAT(lines, ::testing::ElementsAre("server GET /yes 200", "server GET /no 404", "server   400"));
}

TEST(Server, ServesManyConnections) {
  auto server = start(options_for(echo));
  constexpr int kThreads = 4;
  constexpr int kClients = 100;
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      std::vector<Client> clients;
      for (int i = 0; i < kClients; ++i) clients.emplace_back(server->port(0));
      for (int round = 0; round < 3; ++round) {
        for (auto& client : clients) client.send("GET /m HTTP/1.1\r\nHost: test\r\n\r\n");
        for (auto& client : clients) right += client.read().body == "GET /m [] ";
      }
    });
  }
  threads.clear();
  // The default queue holds 256 waiting requests: some of the 400 at once may be told to come again, none may be lost.
  EXPECT_EQ(right + static_cast<int>(server->stats().rejected_busy), kThreads * kClients * 3);
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST(Server, RequestsStopWhenTheClientOfARunningRequestIsGone) {
  Gate started;
  Gate stopped;
  auto server = start(options_for([&](Request& request) {
    const std::stop_callback noticed(request.stop, [&] { stopped.open(); });
    started.open();
    EXPECT_TRUE(stopped.wait());
    return text("for nobody");
  }));
  Client client(server->port(0));
  client.send("GET /long HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(started.wait());
  client.close();
  EXPECT_TRUE(stopped.wait());
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST(Server, StillAnswersAClientThatOnlyEndedItsSending) {
  auto server = start(options_for(echo));
  Client client(server->port(0));
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  client.end_sending();
  EXPECT_EQ(client.read().body, "GET /1 [] ");
  EXPECT_EQ(client.read().body, "GET /2 [] ");
  EXPECT_TRUE(client.ends());
}

}  // namespace
}  // namespace maestro::http
