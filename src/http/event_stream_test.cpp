#include <gtest/gtest.h>

#include <thread>

#include "http/reply_head.h"
#include "http/test_client.h"

namespace maestro::http {
namespace {

using namespace testing;  // NOLINT: the module's own test kit

/// Answers every request with one stream, kept for the test.
struct Feed {
  std::shared_ptr<EventStream> stream;
  std::atomic<int> closes = 0;

  explicit Feed(std::size_t max_queued = 16) : stream(std::make_shared<EventStream>(max_queued)) {
    stream->on_close([this] { ++closes; });
  }
  ServerOptions options() {
    return options_for([this](Request&) {
      Reply reply;
      reply.events = stream;
      return reply;
    });
  }
};

Client open(Server& server) {
  Client client(server.port(0));
  client.send("GET /feed HTTP/1.1\r\nHost: test\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  return client;
}

TEST(EventStream, DeliversInOrderAndAsTheyCome) {
  Feed feed;
  EXPECT_TRUE(feed.stream->send("early", "queued before the client came"));
  auto server = start(feed.options());
  Client client = open(*server);
  EXPECT_NE(client.read_until("\n\n").find("event: early\ndata: queued before the client came\n\n"), std::string::npos);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(feed.stream->send("change", std::to_string(i), std::to_string(i * 2)));
    const std::string expected =
        "id: " + std::to_string(i * 2) + "\nevent: change\ndata: " + std::to_string(i) + "\n\n";
    ASSERT_NE(client.read_until("\n\n").find(expected), std::string::npos);
  }
  EXPECT_EQ(server->stats().event_streams, 1U);
  EXPECT_FALSE(feed.stream->closed());
}

TEST(EventStream, SplitsDataIntoLinesAndLetsNothingForgeAField) {
  EXPECT_EQ(format_event("a\nb", "1\n2\r\n3\r4", "i\nd"), "id: id\nevent: ab\ndata: 1\ndata: 2\ndata: 3\ndata: 4\n\n");
  EXPECT_EQ(format_event("", "", ""), "data: \n\n");
}

TEST(EventStream, LeavesOneResyncWhenItOverflows) {
  Feed feed;
  for (int i = 0; i < 17; ++i) EXPECT_TRUE(feed.stream->send("change", std::to_string(i)));
  feed.stream->send("change", "after");
  auto server = start(feed.options());
  Client client = open(*server);
  const std::string got = client.read_until("data: after\n\n");
  EXPECT_NE(got.find("event: resync\ndata: {}\n\nevent: change\ndata: after"), std::string::npos) << got;
  EXPECT_EQ(got.find("data: 3"), std::string::npos);
}

TEST(EventStream, IsBoundedInBytesToo) {
  EventStream stream(1000);
  const std::string large(300 << 10, 'x');
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(stream.send("big", large));
}

TEST(EventStream, PingsInSilence) {
  Feed feed;
  ServerOptions options = feed.options();
  options.ping_interval = Millis(40);
  auto server = start(std::move(options));
  Client client = open(*server);
  for (int i = 0; i < 3; ++i) EXPECT_NE(client.read_until("\n\n").find("event: ping\ndata: {}\n\n"), std::string::npos);
}

TEST(EventStream, EndsProperlyWhenItsOwnerClosesIt) {
  Feed feed;
  auto server = start(feed.options());
  Client client = open(*server);
  feed.stream->send("last", "words");
  feed.stream->close();
  EXPECT_FALSE(feed.stream->send("too", "late"));
  EXPECT_TRUE(feed.stream->closed());
  EXPECT_NE(client.read_until("0\r\n\r\n").find("data: words"), std::string::npos);
  EXPECT_TRUE(client.ends());
  EXPECT_TRUE(eventually([&] { return server->stats().event_streams == 0; }));
  EXPECT_EQ(feed.closes, 1);
}

TEST(EventStream, NoticesThatAnIdleClientIsGone) {
  Feed feed;
  auto server = start(feed.options());
  {
    Client client = open(*server);
    ASSERT_TRUE(eventually([&] { return server->stats().event_streams == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return feed.closes == 1; }));
  EXPECT_TRUE(feed.stream->closed());
  EXPECT_FALSE(feed.stream->send("for", "nobody"));
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST(EventStream, DoesNotBlockASenderWhoseClientDoesNotRead) {
  Feed feed;
  ServerOptions options = feed.options();
  options.write_timeout = Millis(200);
  auto server = start(std::move(options));
  Client client(server->port(0), 4096);
  client.send("GET /feed HTTP/1.1\r\n\r\n");
  client.read_until("\r\n\r\n");
  const std::string large(60 << 10, 'x');
  EXPECT_TRUE(eventually([&] { return !feed.stream->send("big", large); })) << "the write timeout ends it";
  EXPECT_TRUE(eventually([&] { return feed.closes == 1; }));
}

TEST(EventStream, TakesSendersOnManyThreads) {
  Feed feed(5000);
  auto server = start(feed.options());
  Client client = open(*server);
  std::vector<std::jthread> senders;
  for (int t = 0; t < 4; ++t) {
    senders.emplace_back([&] {
      for (int i = 0; i < 500; ++i) feed.stream->send("change", "x");
    });
  }
  senders.clear();
  feed.stream->send("end", "of it");
  const std::string got = client.read_until("data: of it\n\n");
  int events = 0;
  for (auto at = got.find("event: change"); at != std::string::npos; at = got.find("event: change", at + 1)) ++events;
  EXPECT_EQ(events, 2000);
}

TEST(EventStream, IsClosedAtOnceByAStop) {
  Feed feed;
  auto server = start(feed.options());
  Client client = open(*server);
  ASSERT_TRUE(eventually([&] { return server->stats().event_streams == 1; }));
  server->stop(kPatience);
  EXPECT_EQ(feed.closes, 1);
  EXPECT_TRUE(client.ends());
}

TEST(EventStream, OutlivesTheServerHarmlessly) {
  Feed feed;
  auto server = start(feed.options());
  Client client = open(*server);
  server.reset();
  EXPECT_FALSE(feed.stream->send("still", "here"));
  feed.stream->close();
  EXPECT_EQ(feed.closes, 1);
}

TEST(EventStream, IsRefusedToHeadAndUnchunkedForHttp10) {
  Feed head_feed;
  auto server = start(head_feed.options());
  Client head(server->port(0));
  head.send("HEAD /feed HTTP/1.1\r\n\r\n");
  EXPECT_EQ(head.read(true).status, 200);
  EXPECT_TRUE(eventually([&] { return head_feed.closes == 1; }));

  Feed feed;
  auto second = start(feed.options());
  Client client(second->port(0));
  client.send("GET /feed HTTP/1.0\r\n\r\n");
  feed.stream->send("a", "b");
  feed.stream->close();
  const Answer answer = client.read();
  EXPECT_FALSE(answer.headers.contains("transfer-encoding"));
  EXPECT_EQ(answer.body, "event: a\ndata: b\n\n");
}

TEST(EventStream, CallsBackAtOnceWhenItIsOverAlready) {
  EventStream stream;
  stream.close();
  int calls = 0;
  stream.on_close([&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace maestro::http
