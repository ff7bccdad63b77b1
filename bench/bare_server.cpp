// The baseline of the benchmark: Boost.Beast alone, one thread, a fixed body of N bytes for any request.
//
//   bare_server --port 8080 --bytes 890
//
// No pool, no limits, no timeouts, no request object: what a server on this stack costs before it does anything.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const std::string& body) : socket_(std::move(socket)), body_(body) {}

  void read() {
    parser_.emplace();
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->write();
    });
  }

 private:
  using Response = http::response<http::span_body<const char>>;

  void write() {
    const auto& request = parser_->get();
    response_ = Response(http::status::ok, request.version());
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(request.keep_alive());
    response_.body() = {body_.data(), body_.size()};
    response_.prepare_payload();
    http::async_write(socket_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  tcp::socket socket_;
  const std::string& body_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
};

void accept(tcp::acceptor& acceptor, const std::string& body) {
  acceptor.async_accept([&](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      socket.set_option(tcp::no_delay(true), error);
      std::make_shared<Session>(std::move(socket), body)->read();
    }
    accept(acceptor, body);
  });
}

}  // namespace

int main(int argc, char** argv) {
  unsigned short port = 8080;
  std::size_t bytes = 890;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const unsigned long value = std::strtoul(argv[i + 1], nullptr, 10);
    if (option == "--port") {
      port = static_cast<unsigned short>(value);
    } else if (option == "--bytes") {
      bytes = value;
    } else {
      std::cerr << "usage: bare_server [--port N] [--bytes N]\n";
      return 2;
    }
  }
  try {
    const std::string body(bytes, 'x');
    asio::io_context context{1};
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::make_address("127.0.0.1"), port));
    std::cout << "listening on 127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](beast::error_code, int) { context.stop(); });
    accept(acceptor, body);
    context.run();
  } catch (const std::exception& error) {
    std::cerr << "bare_server: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
