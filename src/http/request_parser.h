// RequestParser: bytes of one connection in, requests out; refuses what could be read in two ways.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "http/message.h"

namespace maestro::http {

struct ParserLimits {
  std::size_t max_header = 16 << 10;
  std::size_t max_body = 1 << 20;
  int oversize_status = 422;
  /// Overrides max_body once the headers are known; may be empty.
  std::function<std::size_t(const Request&)> max_body_of = {};
};

class RequestParser {
 public:
  enum class Step { kNeedMore, kComplete, kError };

  /// `limits` must outlive the parser.
  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();

  /// Reads a prefix of `bytes` and says in `consumed` how much; the rest must be given again, followed by more.
  /// After kComplete or kError call reset() before the next feed.
  Step feed(std::string_view bytes, std::size_t& consumed);
  /// Ready for the next request of the connection.
  void reset();

  bool header_done() const;
  bool expects_continue() const;  ///< Expect: 100-continue of an HTTP/1.1 client
  bool keep_alive() const;
  bool http11() const;
  /// Filled up to where the parser got: method, target, path, query, headers, local_host, body.
  Request& request();
  /// After kError: what to answer.
  int status() const;
  std::string_view reason() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace maestro::http
