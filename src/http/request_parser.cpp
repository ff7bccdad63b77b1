#include "http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "base/text.h"

namespace maestro::http {

namespace beast = boost::beast;
namespace asio = boost::asio;
using beast::error_code;

namespace {

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::kGet;
    case beast::http::verb::head:
      return Method::kHead;
    case beast::http::verb::post:
      return Method::kPost;
    case beast::http::verb::put:
      return Method::kPut;
    case beast::http::verb::patch:
      return Method::kPatch;
    case beast::http::verb::delete_:
      return Method::kDelete;
    case beast::http::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

struct Failure {
  int status = 0;
  std::string_view reason;
};

/// Beast's tokenizer with our storage and our refusals. Its own body limit is off: ours is known only after the
/// headers.
class Sink final : public beast::http::basic_parser<true> {
 public:
  Sink(const ParserLimits& limits, Request& request) : limits_(limits), request_(request), max_body_(limits.max_body) {
    header_limit(static_cast<std::uint32_t>(limits.max_header));
    body_limit(boost::none);
    eager(true);
  }

  bool expects_continue() const { return expects_continue_; }
  bool http11() const { return http11_; }
  const Failure& failure() const { return failure_; }

 private:
  void refuse(error_code& ec, int status, std::string_view reason) {
    failure_ = {status, reason};
    ec = beast::http::error::bad_value;  // any error; failure_ has the answer
  }

  void on_request_impl(beast::http::verb verb, beast::string_view method, beast::string_view target, int version,
                       error_code& ec) override {
    http11_ = version >= 11;
    size_ = method.size() + target.size() + 12;
    if (size_ > limits_.max_header) return refuse(ec, 414, "The request line is too long");
    request_.method = method_of(verb);
    request_.method_text.assign(method.data(), method.size());
    std::string_view rest = view(target);
    // The absolute form is for proxies, but every server must take it.
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (rest.size() > scheme.size() && text::iequals(rest.substr(0, scheme.size()), scheme)) {
        rest.remove_prefix(scheme.size());
        const auto end = std::min(rest.find_first_of("/?"), rest.size());
        authority_ = rest.substr(0, end);
        rest.remove_prefix(end);
        break;
      }
    }
    if (rest.empty() || rest.front() == '?') {
      request_.target = "/";
    } else if (rest.front() != '/' && rest != "*") {
      return refuse(ec, 400, "Malformed request target");
    }
    request_.target.append(rest);
    if (const auto fragment = request_.target.find('#'); fragment != std::string::npos)
      request_.target.resize(fragment);
    const auto mark = request_.target.find('?');
    request_.path.assign(request_.target, 0, mark);
    if (mark != std::string::npos) request_.query.assign(request_.target, mark + 1);
  }

  void on_response_impl(int, beast::string_view, int, error_code&) override {}

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     error_code& ec) override {
    if (in_body_) return;  // trailers: nothing may sneak into the headers after they were judged
    size_ += name.size() + value.size() + 4;
    if (size_ > limits_.max_header) return refuse(ec, 431, "The headers are too large");
    switch (field) {
      case beast::http::field::transfer_encoding:
        // Any other coding, a list, or a second field: two readers may disagree where the request ends.
        if (!text::iequals(view(value), "chunked") || has_encoding_) {
          return refuse(ec, 400, "Unsupported Transfer-Encoding");
        }
        has_encoding_ = true;
        break;
      case beast::http::field::content_length:
        has_length_ = true;
        break;
      case beast::http::field::expect:
        expects_continue_ = text::iequals(view(value), "100-continue");
        break;
      case beast::http::field::host:
        if (request_.local_host.empty()) request_.local_host.assign(value.data(), value.size());
        break;
      default:
        break;
    }
    request_.headers.add(std::string(name), std::string(value));
  }

  void on_header_impl(error_code& ec) override {
    in_body_ = true;
    if (has_encoding_ && has_length_) return refuse(ec, 400, "Both Transfer-Encoding and Content-Length");
    if (has_encoding_ && !http11_) return refuse(ec, 400, "Transfer-Encoding in an HTTP/1.0 request");
    if (!authority_.empty()) request_.local_host = authority_;
    if (!http11_) expects_continue_ = false;
    if (limits_.max_body_of) max_body_ = limits_.max_body_of(request_);
    const auto length = content_length();
    if (has_length_ && length && *length > max_body_)
      return refuse(ec, limits_.oversize_status, "The body is too large");
    // What a client announces is not yet worth memory.
    if (length) request_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 64 << 10)));
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& ec) override { ec = {}; }
  std::size_t on_body_impl(beast::string_view piece, error_code& ec) override {
    if (piece.size() > max_body_ - request_.body.size()) {
      refuse(ec, limits_.oversize_status, "The body is too large");
      return 0;
    }
    request_.body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code& ec) override {
    if (size > max_body_ - request_.body.size()) refuse(ec, limits_.oversize_status, "The body is too large");
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, error_code& ec) override {
    return on_body_impl(piece, ec);
  }
  void on_finish_impl(error_code& ec) override { ec = {}; }

  const ParserLimits& limits_;
  Request& request_;
  std::size_t max_body_;
  std::string authority_;
  Failure failure_;
  std::size_t size_ = 0;  // of request line and headers
  bool http11_ = true;
  bool in_body_ = false;
  bool has_encoding_ = false;
  bool has_length_ = false;
  bool expects_continue_ = false;
};

}  // namespace

struct RequestParser::Impl {
  explicit Impl(const ParserLimits& l) : limits(l) { sink.emplace(limits, request); }

  Step fail(int status, std::string_view reason) {
    failure = {status, reason};
    return Step::kError;
  }

  const ParserLimits& limits;
  Request request;
  std::optional<Sink> sink;
  std::size_t header_bytes = 0;  // consumed before the headers were complete
  Failure failure;
};

RequestParser::RequestParser(const ParserLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::feed(std::string_view bytes, std::size_t& consumed) {
  Impl& self = *impl_;
  Sink& sink = *self.sink;
  consumed = 0;
  if (!sink.got_some()) {  // some clients end a body with a line that does not count
    while (bytes.substr(consumed).starts_with("\r\n")) consumed += 2;
    if (bytes.substr(consumed) == "\r") return Step::kNeedMore;
  }
  const std::string_view rest = bytes.substr(consumed);
  if (rest.empty()) return Step::kNeedMore;
  // The shortest chunked body is "0 CR LF CR LF". Given less of it in two pieces, the tokenizer fails its own
  // assertion.
  if (sink.is_header_done() && sink.chunked() && self.request.body.empty() && rest.size() < 5) return Step::kNeedMore;

  error_code ec;
  const std::size_t used = sink.put(asio::const_buffer(rest.data(), rest.size()), ec);
  consumed += used;
  const std::size_t left = rest.size() - used;
  if (sink.failure().status != 0) return self.fail(sink.failure().status, sink.failure().reason);
  if (ec && ec != beast::http::error::need_more && ec != beast::http::error::header_limit) {
    return self.fail(400, "Malformed request");
  }
  if (sink.is_done()) return Step::kComplete;
  if (!sink.is_header_done()) {
    self.header_bytes += used;
    if (ec == beast::http::error::header_limit || self.header_bytes + left >= self.limits.max_header) {
      // The tokenizer waits for the end of all headers, so the request line may be complete but unread.
      const bool line_done =
          self.header_bytes > 0 || rest.substr(0, self.limits.max_header).find("\r\n") != std::string_view::npos;
      return line_done ? self.fail(431, "The headers are too large") : self.fail(414, "The request line is too long");
    }
  } else if (left > self.limits.max_header) {  // only chunk extensions and trailers are left unread
    return self.fail(400, "Malformed chunked body");
  }
  return Step::kNeedMore;
}

void RequestParser::reset() {
  impl_->request = Request();  // frees what the last request held: an idle connection owns next to nothing
  impl_->sink.emplace(impl_->limits, impl_->request);
  impl_->header_bytes = 0;
  impl_->failure = {};
}

bool RequestParser::header_done() const { return impl_->sink->is_header_done(); }
bool RequestParser::expects_continue() const { return impl_->sink->expects_continue(); }
bool RequestParser::keep_alive() const { return header_done() && impl_->sink->keep_alive(); }
bool RequestParser::http11() const { return impl_->sink->http11(); }
Request& RequestParser::request() { return impl_->request; }
int RequestParser::status() const { return impl_->failure.status; }
std::string_view RequestParser::reason() const { return impl_->failure.reason; }

}  // namespace maestro::http
