// The real Transport against small servers on loopback.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "provider/transport.h"

namespace maestro::provider {
namespace {

using ::testing::HasSubstr;

/// Listens on loopback and hands every connection to a function, one after the other.
class Server {
 public:
  using Serve = std::function<void(int socket, int number)>;
  explicit Server(Serve serve) : serve_(std::move(serve)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    (void)listen(listener_, 16);
    (void)getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      for (int number = 0;; ++number) {
        const int client = accept(listener_, nullptr, nullptr);
        if (client < 0) return;
        accepted = number + 1;
        serve_(client, number);
        close(client);
      }
    });
  }
  ~Server() {
    shutdown(listener_, SHUT_RDWR);
    close(listener_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port) + "/";
  }

  int port = 0;
  std::atomic<int> accepted = 0;

 private:
  Serve serve_;
  int listener_;
  std::jthread thread_;
};

/// Reads one request with its body; empty at the end of the connection.
std::string read_request(int socket) {
  std::string out;
  char buffer[4096];
  for (;;) {
    const auto end = out.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::size_t length = 0;
      if (const auto at = out.find("Content-Length: "); at != std::string::npos)
        length = std::stoul(out.substr(at + 16));
      if (out.size() >= end + 4 + length) return out;
    }
    const auto got = recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return {};
    out.append(buffer, static_cast<std::size_t>(got));
  }
}

void say(int socket, const std::string& text) { (void)!send(socket, text.data(), text.size(), MSG_NOSIGNAL); }

std::string ok(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::unique_ptr<Transport> transport(EgressOptions options = {.allow = "127.0.0.1"}) {
  return std::move(*make_curl_transport(std::move(options)));
}

TEST(CurlTransport, SendsAndReceives) {
  std::string seen;
  Server server([&](int socket, int) {
    seen = read_request(socket);
    say(socket, ok("hello", "X-Some-Header:  a b \r\n"));
  });
  const auto answer = transport()->send(
      {}, {.method = "POST", .url = server.url() + "p?q=1", .headers = {{"X-One", "1"}}, .body = "body"});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  ASSERT_NE(answer->header("x-some-header"), nullptr);
  EXPECT_EQ(*answer->header("x-some-header"), "a b");
  EXPECT_EQ(answer->header("nothing"), nullptr);
  EXPECT_THAT(seen, HasSubstr("POST /p?q=1 HTTP/1.1"));
  EXPECT_THAT(seen, HasSubstr("X-One: 1"));
  EXPECT_THAT(seen, ::testing::EndsWith("\r\n\r\nbody"));
  EXPECT_THAT(seen, ::testing::Not(HasSubstr("Expect:")));
}

TEST(CurlTransport, KeepsConnectionsAlive) {
  Server server([](int socket, int) {
    while (!read_request(socket).empty()) say(socket, ok("x"));
  });
  const auto curl = transport();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(curl->send({}, {.url = server.url()}).ok());
  EXPECT_EQ(server.accepted, 1);
}

TEST(CurlTransport, AnyStatusIsASuccessAndRedirectsAreNotFollowed) {
  Server server([](int socket, int) {
    read_request(socket);
    say(socket,
        "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n");
  });
  const auto answer = transport()->send({}, {.url = server.url()});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
}

TEST(CurlTransport, GuardsLoopbackByTheAddressThatIsReallyReached) {
  Server server([](int socket, int) {
    read_request(socket);
    say(socket, ok("secret"));
  });
  const auto curl = transport(EgressOptions{});
  for (const std::string host :
       {"127.0.0.1", "localhost", "0.0.0.0", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "127.1"}) {
    const auto answer = curl->send({}, {.url = server.url(host)});
    ASSERT_FALSE(answer.ok()) << host;
    EXPECT_NE(answer.error().code, Code::kInternal);
    if (host == "127.0.0.1" || host == "0x7f.1") {
      EXPECT_EQ(answer.error().code, Code::kForbidden) << answer.error().message;
      EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1"));
    }
  }
  EXPECT_EQ(server.accepted, 0);
}

TEST(CurlTransport, SpeaksHttpOnly) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://", "nonsense", ""}) {
    const auto answer = transport()->send({}, {.url = url});
    ASSERT_FALSE(answer.ok()) << url;
    EXPECT_NE(answer.error().code, Code::kInternal) << url;
  }
}

TEST(CurlTransport, SaysInWordsWhyItCouldNotConnect) {
  int port = 0;
  {
    Server gone([](int, int) {});
    port = gone.port;
  }
  const auto answer = transport()->send({}, {.url = "http://127.0.0.1:" + std::to_string(port) + "/"});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(answer.error().message, "Could not connect to 127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST(CurlTransport, CapsTheAnswer) {
  Server server([](int socket, int) {
    read_request(socket);
    say(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 64; ++i) say(socket, "10000\r\n" + std::string(65536, 'x') + "\r\n");
  });
  const auto answer = transport({.allow = "127.0.0.1", .max_answer = 1U << 20})->send({}, {.url = server.url()});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("1 MB"));
}

TEST(CurlTransport, NoticesACutAnswer) {
  Server server([](int socket, int) {
    read_request(socket);
    say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  const auto answer = transport()->send({}, {.url = server.url()});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("before its answer was whole"));
}

TEST(CurlTransport, TimesOut) {
  std::stop_source done;
  Server server([&](int, int) {
    while (!done.stop_requested()) std::this_thread::sleep_for(Millis(5));
  });
  const auto answer = transport({.allow = "127.0.0.1", .total_timeout_ms = 200})->send({}, {.url = server.url()});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("did not answer within 0.2 s"));
  Context context;
  context.deadline = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) - Millis(1);
  EXPECT_FALSE(transport()->send(context, {.url = server.url()}).ok());
  done.request_stop();
}

TEST(CurlTransport, StopsAtOnce) {
  std::stop_source done;
  Server server([&](int, int) {
    while (!done.stop_requested()) std::this_thread::sleep_for(Millis(5));
  });
  std::stop_source source;
  Context context;
  context.stop = source.get_token();
  const auto begin = std::chrono::steady_clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(Millis(100));
    source.request_stop();
  });
  EXPECT_FALSE(transport()->send(context, {.url = server.url()}).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Millis(600));
  done.request_stop();
}

TEST(CurlTransport, RefusesLineBreaksInHeaders) {
  const auto answer = transport()->send(
      {}, {.url = "http://127.0.0.1:1/", .headers = {{"X-Auth-Token", "a\r\nX-Evil: 1"}}, .body = {}});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kInvalid);
}

TEST(CurlTransport, ManyThreadsShareIt) {
  Server server([](int socket, int) {
    while (!read_request(socket).empty()) say(socket, ok("x", "Connection: close\r\n"));
  });
  const auto curl = transport();
  std::atomic<int> fine = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i) fine += curl->send({}, {.url = server.url()}).ok() ? 1 : 0;
      });
  }
  EXPECT_EQ(fine, 40);
}

TEST(CurlTransport, SaysThatAPlainServerSpeaksNoTls) {
  Server server([](int socket, int) { say(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  const auto answer = transport()->send({}, {.url = "https://127.0.0.1:" + std::to_string(server.port) + "/"});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("TLS"));
}

TEST(CurlTransport, UsesTheProxyOfTheEnvironmentAndStillGuardsTheTarget) {
  std::string seen;
  Server proxy([&](int socket, int) {
    seen = read_request(socket);
    say(socket, ok("via"));
  });
  setenv("http_proxy", proxy.url().c_str(), 1);
  setenv("no_proxy", "direct.invalid,.inside.invalid", 1);
  const auto curl = transport(EgressOptions{});  // the proxy itself stands on loopback
  unsetenv("http_proxy");
  unsetenv("no_proxy");
  const auto answer = curl->send({}, {.url = "http://10.9.8.7/x"});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "via");
  EXPECT_THAT(seen, ::testing::StartsWith("GET http://10.9.8.7/x HTTP/1.1"));
  for (const char* url :
       {"http://169.254.169.254/latest/", "http://127.0.0.1/", "http://localhost/", "http://[::1]/"}) {
    const auto guarded = curl->send({}, {.url = url});
    ASSERT_FALSE(guarded.ok()) << url;
    EXPECT_EQ(guarded.error().code, Code::kForbidden) << url;
  }
  for (const char* url : {"http://direct.invalid/", "http://a.inside.invalid/"})
    EXPECT_FALSE(curl->send({}, {.url = url}).ok()) << url;
  EXPECT_EQ(proxy.accepted, 1);
}

TEST(CurlTransport, RefusesMalformedRules) { EXPECT_FALSE(make_curl_transport({.allow = "10.0.0.0/99"}).ok()); }

}  // namespace
}  // namespace maestro::provider
