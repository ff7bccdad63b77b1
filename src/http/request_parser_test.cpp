#include "http/request_parser.h"

#include <gtest/gtest.h>

namespace maestro::http {
namespace {

using Step = RequestParser::Step;

/// Feeds in steps of `size` bytes as a connection does: what was not consumed is given again with more behind it.
Step feed_all(RequestParser& parser, std::string_view input, std::size_t size, std::string* rest = nullptr) {
  std::string pending;
  Step step = Step::kNeedMore;
  while (!input.empty() && step == Step::kNeedMore) {
    pending.append(input.substr(0, size));
    input.remove_prefix(std::min(size, input.size()));
    std::size_t used = 0;
    step = parser.feed(pending, used);
    pending.erase(0, used);
  }
  if (rest != nullptr) *rest = pending + std::string(input);
  return step;
}

TEST(RequestParser, ReadsTheSameHoweverTheBytesArrive) {
  const std::string input =
      "\r\nPOST /a?b=c HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(300, 'x') +
      "\r\nTransfer-Encoding: Chunked\r\n\r\n5;ext=\"v\"\r\nhello\r\n6\r\n world\r\n0\r\nT: t\r\n\r\nGET /next";
  const ParserLimits limits;
  for (std::size_t size = 1; size <= input.size(); ++size) {
    RequestParser parser(limits);
    std::string rest;
    ASSERT_EQ(feed_all(parser, input, size, &rest), Step::kComplete) << size;
    EXPECT_EQ(parser.request().body, "hello world");
    EXPECT_EQ(parser.request().path, "/a");
    EXPECT_EQ(parser.request().headers.fields().size(), 3U) << "trailers are no headers";
    EXPECT_EQ(rest, "GET /next");
    EXPECT_TRUE(parser.keep_alive());
  }
}

TEST(RequestParser, ReadsAnEmptyChunkedBodyByteByByte) {
  const ParserLimits limits;
  for (const std::size_t size : {1, 2, 3, 4, 5, 100}) {
    RequestParser parser(limits);
    EXPECT_EQ(feed_all(parser, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", size), Step::kComplete)
        << size;
    EXPECT_TRUE(parser.request().body.empty());
  }
}

TEST(RequestParser, ReadsRequestTargetsInEveryForm) {
  struct Case {
    const char* target;
    const char* path;
    const char* query;
    const char* host;
  };
  const ParserLimits limits;
  for (const Case& c :
       {Case{"/", "/", "", "h"}, Case{"/a?", "/a", "", "h"}, Case{"/a?b?c", "/a", "b?c", "h"},
        Case{"http://other:80/x?y", "/x", "y", "other:80"}, Case{"HTTPS://other?y", "/", "y", "other"},
        Case{"http://other", "/", "", "other"}, Case{"*", "*", "", "h"}, Case{"/a#frag", "/a", "", "h"}}) {
    RequestParser parser(limits);
    ASSERT_EQ(feed_all(parser, "GET " + std::string(c.target) + " HTTP/1.1\r\nHost: h\r\n\r\n", 4096), Step::kComplete)
        << c.target;
    EXPECT_EQ(parser.request().path, c.path) << c.target;
    EXPECT_EQ(parser.request().query, c.query) << c.target;
    EXPECT_EQ(parser.request().local_host, c.host) << c.target;
  }
}

TEST(RequestParser, RefusesWhatTwoReadersCouldReadDifferently) {
  const char* const kRefused[] = {
      "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: identity\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 3, 4\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 0x3\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: \"chunked\"\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked;q=1\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding:\x0b chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\na\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n\r\n\r\n",
      "GET / HTTP/1.1\nHost: h\n\n\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
      "GET / HTTP/1.1\r\n: v\r\n\r\n",
      "GET / HTTP/1.1\r\nA\r\n\r\n",
      "GET / HTTP/1.1\r\n A: b\r\n\r\n",
      "GET / HTTP/2.0\r\n\r\n",
      "GET / HTTP/1.1 \r\n\r\n",
      "GET /\r\n\r\n",
      "GET  / HTTP/1.1\r\n\r\n",
      "GET noslash HTTP/1.1\r\n\r\n",
      "CONNECT host:1 HTTP/1.1\r\n\r\n",
      "G(T / HTTP/1.1\r\n\r\n",
      "GET /\x01 HTTP/1.1\r\n\r\n",
  };
  const ParserLimits limits;
  for (const char* input : kRefused) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{4096}}) {
      RequestParser parser(limits);
      EXPECT_EQ(feed_all(parser, input, size), Step::kError) << input;
      EXPECT_EQ(parser.status(), 400) << input;
    }
  }
}

TEST(RequestParser, IsLenientWhereNothingIsAmbiguous) {
  const char* const kTaken[] = {
      "GET / HTTP/1.1\r\n\r\n",  // no Host
      "GET / HTTP/1.1\r\nHost:\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: what ever!\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
      "PROPFIND / HTTP/1.1\r\n\r\n",
      "GET /{a}|b HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nX-Empty:\r\n\r\n",
  };
  const ParserLimits limits;
  for (const char* input : kTaken) {
    RequestParser parser(limits);
    EXPECT_EQ(feed_all(parser, input, 4096), Step::kComplete) << input;
  }
}

TEST(RequestParser, BoundsWhatAnEndlessClientCanMakeItKeep) {
  ParserLimits limits;
  limits.max_header = 1000;
  limits.max_body = 1000;
  struct Case {
    std::string start;
    std::string more;
    int status;
  };
  const std::string chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const Case& c : {Case{"GET /", "aaaaaaaa", 414}, Case{"GET / HTTP/1.1\r\n", "A: b\r\n", 431},
                        Case{"GET / HTTP/1.1\r\nA: ", "aaaaaaa", 431}, Case{"GET / HTTP/1.1\r\nA:", "       ", 431},
                        Case{"GET / HTTP/1.1\r\nA: b", "\r\n b", 431}, Case{chunked + "1;", "aaaaaaaa", 400},
                        Case{chunked + "0\r\n", "A: b\r\n", 400}, Case{chunked, "5\r\nabcde\r\n", 422}}) {
    for (const std::size_t size : {std::size_t{7}, std::size_t{100'000}}) {
      RequestParser parser(limits);
      std::string input = c.start;
      for (int i = 0; i < 1000; ++i) input += c.more;
      EXPECT_EQ(feed_all(parser, input, size), Step::kError) << c.start;
      EXPECT_EQ(parser.status(), c.status) << c.start << " in steps of " << size;
    }
  }
}

TEST(RequestParser, IsReadyForTheNextRequestAfterAReset) {
  const ParserLimits limits;
  RequestParser parser(limits);
  ASSERT_EQ(feed_all(parser, "POST /1 HTTP/1.0\r\nA: b\r\nContent-Length: 1\r\n\r\nx", 4096), Step::kComplete);
  EXPECT_FALSE(parser.keep_alive());
  parser.reset();
  EXPECT_FALSE(parser.header_done());
  ASSERT_EQ(feed_all(parser, "GET /2 HTTP/1.1\r\n\r\n", 4096), Step::kComplete);
  EXPECT_EQ(parser.request().path, "/2");
  EXPECT_TRUE(parser.request().headers.fields().empty());
  EXPECT_TRUE(parser.request().body.empty());
  EXPECT_TRUE(parser.keep_alive());
}

}  // namespace
}  // namespace maestro::http
