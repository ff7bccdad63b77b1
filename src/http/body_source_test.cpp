#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "http/test_client.h"

namespace maestro::http {
namespace {

using namespace testing;  // NOLINT: the module's own test kit

class Pieces final : public BodySource {
 public:
  using Next = std::function<std::optional<std::string>()>;
  explicit Pieces(Next next, bool fails = false, std::function<void()> end = {})
      : next_(std::move(next)), fails_(fails), end_(std::move(end)) {}
  ~Pieces() override {
    if (end_) end_();
  }
  std::optional<std::string> next() override { return next_(); }
  bool failed() const override { return fails_; }

 private:
  Next next_;
  bool fails_;
  std::function<void()> end_;
};

Pieces::Next count_to(int last, std::size_t size) {
  return [i = 0, last, size]() mutable -> std::optional<std::string> {
    if (i++ == last) return std::nullopt;
    return std::string(size, static_cast<char>('a' + i % 26));
  };
}

Reply streamed(std::unique_ptr<BodySource> source) {
  Reply reply;
  reply.source = std::move(source);
  return reply;
}

TEST(BodySource, IsSentPieceByPieceAndTheConnectionLivesOn) {
  auto server = start(options_for([](Request& request) {
    if (request.path == "/none") return streamed(std::make_unique<Pieces>(count_to(0, 1)));
    return streamed(std::make_unique<Pieces>(count_to(100, 1000)));
  }));
  Client client(server->port(0));
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.get("/");
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(answer.body.size(), 100'000U);
    EXPECT_TRUE(client.get("/none").complete);
  }
}

TEST(BodySource, OfAHandlerOnTheIoThreadIsAskedOnAPool) {
  std::atomic<bool> elsewhere = false;
  std::thread::id io;
  ServerOptions options = options_for([&](Request&) {
    io = std::this_thread::get_id();
    return streamed(std::make_unique<Pieces>([&, i = 0]() mutable -> std::optional<std::string> {
      elsewhere = std::this_thread::get_id() != io;
      if (i++ == 30) return std::nullopt;
      return "piece";
    }));
  });
  options.listeners[0].pool_of = [](const Request&) { return kInline; };
  auto server = start(std::move(options));
  Client client(server->port(0));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/").body.size(), 150U);
  EXPECT_TRUE(elsewhere);
}

TEST(BodySource, MayHaveEmptyPieces) {
  auto server = start(options_for([](Request&) {
    return streamed(std::make_unique<Pieces>([i = 0]() mutable -> std::optional<std::string> {
      ++i;
      if (i > 60) return std::nullopt;
      return i % 20 == 0 ? "x" : "";
    }));
  }));
  Client client(server->port(0));
  EXPECT_EQ(client.get("/").body, "xxx");
  EXPECT_EQ(client.get("/").body, "xxx");
}

TEST(BodySource, ThatFailsLeavesTheBodyVisiblyIncomplete) {
  auto server = start(options_for([](Request& request) {
    if (request.path == "/throws") {
      return streamed(std::make_unique<Pieces>([i = 0]() mutable -> std::optional<std::string> {
        if (i++ == 3) throw std::runtime_error("disk");
        return "piece";
      }));
    }
    return streamed(std::make_unique<Pieces>(count_to(3, 5), true));
  }));
  for (const char* path : {"/throws", "/failed"}) {
    Client client(server->port(0));
    EXPECT_FALSE(client.get(path).complete);
    EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
  }
}

TEST(BodySource, EndsWithTheConnectionForHttp10) {
  auto server = start(options_for([](Request&) { return streamed(std::make_unique<Pieces>(count_to(10, 10))); }));
  Client client(server->port(0));
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Answer answer = client.read();
  EXPECT_FALSE(answer.headers.contains("transfer-encoding"));
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(answer.body.size(), 100U);
}

TEST(BodySource, IsNotAskedForHead) {
  std::atomic<bool> ended = false;
  auto server = start(options_for([&](Request&) {
    return streamed(std::make_unique<Pieces>(
        []() -> std::optional<std::string> {
          ADD_FAILURE() << "asked";
          return std::nullopt;
        },
        false, [&] { ended = true; }));
  }));
  Client client(server->port(0));
  client.send("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read(true).headers.at("transfer-encoding"), "chunked");
  EXPECT_TRUE(ended);
}

TEST(BodySource, WaitsForASlowReaderWithoutAWorker) {
  std::atomic<int> asked = 0;
  ServerOptions options = options_for([&](Request& request) {
    if (request.path != "/export") return text("quick");
    return streamed(std::make_unique<Pieces>([&asked]() -> std::optional<std::string> {
      if (++asked > 400) return std::nullopt;
      return std::string(256 << 10, 'e');
    }));
  });
  options.pools[0].threads = 1;
  auto server = start(std::move(options));
  Client slow(server->port(0), 4096);
  slow.send("GET /export HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return asked > 0 && server->stats().pool_running[0] == 0; }));
  Client quick(server->port(0));
  EXPECT_EQ(quick.get("/").body, "quick");
  EXPECT_LT(asked, 400) << "no more than the sockets hold is asked for";
  EXPECT_EQ(slow.read().body.size(), std::size_t{400} * (256 << 10));
}

TEST(BodySource, IsDestroyedWhenItsClientGoesAway) {
  Gate ended;
  auto server = start(options_for([&](Request&) {
    return streamed(std::make_unique<Pieces>([] { return std::optional(std::string(256 << 10, 'e')); }, false,
                                             [&] { ended.open(); }));
  }));
  Client client(server->port(0));
  client.send("GET / HTTP/1.1\r\n\r\n");
  client.read_until("\r\n\r\n");
  client.close();
  EXPECT_TRUE(ended.wait());
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

}  // namespace
}  // namespace maestro::http
