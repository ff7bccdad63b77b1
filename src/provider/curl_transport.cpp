// The real Transport, over libcurl. The only unit that includes it.
#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include "base/text.h"
#include "provider/egress.h"
#include "provider/transport.h"

namespace maestro::provider {

const std::string* HttpAnswer::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_name) return &value;
  return nullptr;
}

namespace {

constexpr std::size_t kMaxHeaderBytes = 256U << 10;
constexpr std::size_t kMaxIdle = 64;

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    // OpenSSL writes with write(2): a peer that hangs up must be an error code, not the end of the process.
    struct sigaction current {};
    if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  });
}

std::string env(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read once, before threads
  return value == nullptr ? std::string() : std::string(value);
}

struct Target {
  std::string scheme, host;
  int port = 0;
  std::string name() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
  }
};

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* value = nullptr;
  if (curl_url_get(url, part, &value, flags) != CURLUE_OK || value == nullptr) return {};
  std::string out = value;
  curl_free(value);
  return out;
}

/// curl's own parser, so that what is checked is what is connected to ("http://0x7f.1" is 127.0.0.1 for both).
Result<Target> parse_target(const std::string& text, bool proxy = false) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  const unsigned flags = proxy ? CURLU_GUESS_SCHEME : 0U;
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), flags) != CURLUE_OK) {
    return invalid("The address is not a URL of the form https://host:port/path");
  }
  Target target;
  target.scheme = text::lower(url_part(url.get(), CURLUPART_SCHEME));
  target.host = text::lower(url_part(url.get(), CURLUPART_HOST));
  if (!target.host.empty() && target.host.front() == '[') target.host = target.host.substr(1, target.host.size() - 2);
  target.port = std::atoi(url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str());
  if (!proxy && target.scheme != "http" && target.scheme != "https") {
    return invalid(fmt::format("The address starts with {}://; only http:// and https:// are spoken", target.scheme));
  }
  if (target.host.empty()) return invalid("The address names no host");
  return target;
}

/// The proxies that the environment names, by the rules that curl documents for its own variables.
struct Proxies {
  std::string http = env("http_proxy");
  std::string https = env("https_proxy").empty() ? env("HTTPS_PROXY") : env("https_proxy");
  std::string all = env("all_proxy").empty() ? env("ALL_PROXY") : env("all_proxy");
  std::string none = env("no_proxy").empty() ? env("NO_PROXY") : env("no_proxy");

  std::string for_target(const Target& target) const {
    const std::string& chosen = target.scheme == "https" ? (https.empty() ? all : https) : (http.empty() ? all : http);
    if (chosen.empty()) return {};
    for (const std::string_view raw : text::split(none, ',')) {
      std::string word = text::lower(text::trim(raw));
      if (word == "*") return {};
      if (!word.empty() && word.front() == '.') word.erase(0, 1);
      if (word.empty()) continue;
      if (target.host == word || (target.host.size() > word.size() && target.host.ends_with("." + word))) return {};
    }
    return chosen;
  }
};

struct Exchange {
  const Context* context = nullptr;
  const EgressGuard* guard = nullptr;
  const Target* target = nullptr;
  std::string socket_host;  ///< the host whose address the socket connects to: the target's, or the proxy's
  std::string blocked;      ///< an address that the guard refused
  HttpAnswer answer;
  std::size_t header_bytes = 0;
  std::size_t max_answer = 0;
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> detail{};
};

curl_socket_t open_socket(void* user, curlsocktype purpose, curl_sockaddr* where) {
  auto& exchange = *static_cast<Exchange*>(user);
  IpBytes address{};
  int port = 0;
  if (purpose == CURLSOCKTYPE_IPCXN && where->family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &where->addr, sizeof four);
    address[10] = address[11] = 0xFF;
    std::memcpy(address.data() + 12, &four.sin_addr, 4);
    port = ntohs(four.sin_port);
  } else if (purpose == CURLSOCKTYPE_IPCXN && where->family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &where->addr, std::min<std::size_t>(sizeof six, where->addrlen));
    std::memcpy(address.data(), &six.sin6_addr, 16);
    port = ntohs(six.sin6_port);
  } else {
    return CURL_SOCKET_BAD;
  }
  if (!exchange.guard->allows(exchange.socket_host, address, port)) {
    exchange.blocked = ip_text(address);
    return CURL_SOCKET_BAD;
  }
  return socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
}

std::size_t on_header(char* data, std::size_t, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += count;
  if (exchange.header_bytes > kMaxHeaderBytes) {
    exchange.too_large = true;
    return 0;
  }
  const std::string_view line = text::trim(std::string_view(data, count));
  if (line.starts_with("HTTP/")) {
    exchange.answer.headers.clear();  // an interim answer (100 Continue) came before
    return count;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  exchange.answer.headers.emplace_back(text::lower(text::trim(line.substr(0, colon))),
                                       std::string(text::trim(line.substr(colon + 1))));
  return count;
}

std::size_t on_body(char* data, std::size_t, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.answer.body.size() + count > exchange.max_answer) {
    exchange.too_large = true;
    return 0;
  }
  exchange.answer.body.append(data, count);
  return count;
}

/// One easy handle in a multi of its own: like curl_easy_perform, but another thread can wake it up to stop.
struct Handle {
  CURLM* multi = curl_multi_init();
  CURL* easy = curl_easy_init();
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
};

class CurlTransport final : public Transport {
 public:
  CurlTransport(EgressOptions options, EgressGuard guard) : options_(std::move(options)), guard_(std::move(guard)) {
    start_curl();
    share_ = curl_share_init();
    curl_share_setopt(
        share_, CURLSHOPT_LOCKFUNC, +[](CURL*, curl_lock_data what, curl_lock_access, void* self) {
          static_cast<CurlTransport*>(self)->share_locks_[what].lock();
        });
    curl_share_setopt(
        share_, CURLSHOPT_UNLOCKFUNC, +[](CURL*, curl_lock_data what, void* self) {
          static_cast<CurlTransport*>(self)->share_locks_[what].unlock();
        });
    curl_share_setopt(share_, CURLSHOPT_USERDATA, this);
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
  ~CurlTransport() override {
    idle_.clear();
    curl_share_cleanup(share_);
  }
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  Result<HttpAnswer> send(const Context& context, const HttpCall& call) override;

 private:
  std::unique_ptr<Handle> take(const std::string& key);
  void give_back(const std::string& key, std::unique_ptr<Handle> handle);
  long time_left(const Context& context) const;
  CURLcode perform(const Context& context, Handle& handle) const;
  Error explain(CURLcode code, const Exchange& exchange, CURL* easy, long budget_ms) const;

  EgressOptions options_;
  EgressGuard guard_;
  Proxies proxies_;
  std::string ca_file_ = env("SSL_CERT_FILE");
  CURLSH* share_ = nullptr;
  std::array<std::mutex, CURL_LOCK_DATA_LAST> share_locks_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Handle>>>
      idle_;  ///< by scheme, host and port: keep-alive
  std::size_t idle_count_ = 0;
};

std::unique_ptr<Handle> CurlTransport::take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = idle_.find(key);
  if (found == idle_.end() || found->second.empty()) return std::make_unique<Handle>();
  auto handle = std::move(found->second.back());
  found->second.pop_back();
  if (found->second.empty()) idle_.erase(found);
  --idle_count_;
  return handle;
}

void CurlTransport::give_back(const std::string& key, std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  if (idle_count_ >= kMaxIdle) return;
  idle_[key].push_back(std::move(handle));
  ++idle_count_;
}

long CurlTransport::time_left(const Context& context) const {
  if (context.deadline == Time::max()) return options_.total_timeout_ms;
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  const auto left = static_cast<long>((context.deadline - now).count());
  return std::clamp(left, 0L, options_.total_timeout_ms);
}

CURLcode CurlTransport::perform(const Context& context, Handle& handle) const {
  const std::stop_callback wake(context.stop, [&handle] { curl_multi_wakeup(handle.multi); });
  curl_multi_add_handle(handle.multi, handle.easy);
  CURLcode result = CURLE_OK;
  for (bool running = true; running;) {
    if (context.stop.stop_requested()) {
      result = CURLE_ABORTED_BY_CALLBACK;
      break;
    }
    int active = 0;
    CURLMcode multi_code = curl_multi_perform(handle.multi, &active);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(handle.multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      result = message->data.result;
      running = false;
    }
    if (running && multi_code == CURLM_OK) multi_code = curl_multi_poll(handle.multi, nullptr, 0, 1000, nullptr);
    if (multi_code != CURLM_OK) {
      result = CURLE_FAILED_INIT;
      break;
    }
  }
  curl_multi_remove_handle(handle.multi, handle.easy);
  return result;
}

Error CurlTransport::explain(CURLcode code, const Exchange& exchange, CURL* easy, long budget_ms) const {
  const std::string where = exchange.target->name();
  if (!exchange.blocked.empty()) {
    return forbidden(
        fmt::format("{} has the address {}, which this server must not call; an administrator can allow it "
                    "in the egress rules",
                    where, exchange.blocked));
  }
  if (exchange.too_large) {
    return unavailable(
        fmt::format("{} sent more than the {} MB that one answer may have", where, exchange.max_answer >> 20));
  }
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return unavailable("The call was stopped");
    case CURLE_COULDNT_RESOLVE_HOST:
      return unavailable(fmt::format("The name {} could not be resolved", exchange.target->host));
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable("The name of the proxy could not be resolved");
    case CURLE_COULDNT_CONNECT: {
      long number = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
      const std::string why = number == 0 ? std::string("no route or no listener")
                                          : text::lower(std::generic_category().message(static_cast<int>(number)));
      return unavailable(fmt::format("Could not connect to {}: {}", where, why));
    }
    case CURLE_OPERATION_TIMEDOUT: {
      double connected = 0;
      curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME, &connected);
      if (connected <= 0) return unavailable(fmt::format("Could not connect to {}: no reply in time", where));
      return unavailable(
          fmt::format("{} did not answer within {:.3g} s", where, static_cast<double>(budget_ms) / 1000));
    }
    case CURLE_PEER_FAILED_VERIFICATION:
      return unavailable(
          fmt::format("The TLS certificate of {} is not trusted ({}); a private authority belongs into the file that "
                      "SSL_CERT_FILE names",
                      where, exchange.detail[0] == 0 ? curl_easy_strerror(code) : exchange.detail.data()));
    case CURLE_SSL_CONNECT_ERROR:
      return unavailable(fmt::format("{} does not speak TLS as expected", where));
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return unavailable(fmt::format("{} closed the connection before its answer was whole", where));
    case CURLE_UNSUPPORTED_PROTOCOL:
      return invalid("Only http:// and https:// are spoken");
    case CURLE_URL_MALFORMAT:
      return invalid("The address is not a URL of the form https://host:port/path");
    default:
      return unavailable(fmt::format("The call to {} failed: {}", where, text::lower(curl_easy_strerror(code))));
  }
}

Result<HttpAnswer> CurlTransport::send(const Context& context, const HttpCall& call) {
  TRY_ASSIGN(const Target target, parse_target(call.url));
  Exchange exchange;
  exchange.context = &context;
  exchange.guard = &guard_;
  exchange.target = &target;
  exchange.socket_host = target.host;
  exchange.max_answer = options_.max_answer;

  // Through a proxy the socket goes to the proxy, so what can be known of the target's address is checked here.
  EgressGuard proxy_guard = guard_;
  const std::string proxy = proxies_.for_target(target);
  if (!proxy.empty()) {
    auto literal = parse_ip(target.host);
    if (target.host == "localhost" || target.host.ends_with(".localhost")) literal = parse_ip("127.0.0.1");
    if (literal && !guard_.allows(target.host, *literal, target.port)) {
      exchange.blocked = ip_text(*literal);
      return explain(CURLE_COULDNT_CONNECT, exchange, nullptr, 0);
    }
    TRY_ASSIGN(const Target via, parse_target(proxy, true));
    proxy_guard.allow_host(via.host, 0);
    exchange.guard = &proxy_guard;
    exchange.socket_host = via.host;
  }

  const long budget = time_left(context);
  if (context.stopped() || budget <= 0) return unavailable("The call was stopped before it began: its time is over");

  const std::string key = fmt::format("{}://{}", target.scheme, target.name());
  auto handle = take(key);
  CURL* easy = handle->easy;
  if (easy == nullptr || handle->multi == nullptr) return internal("libcurl gave no handle");
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  curl_easy_reset(easy);  // options only: connections stay
  set(CURLOPT_SHARE, share_);
  set(CURLOPT_URL, call.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, proxy.c_str());  // "" keeps curl from reading the environment again
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_USERAGENT, "maestro");
  set(CURLOPT_CONNECTTIMEOUT_MS, std::min(options_.connect_timeout_ms, budget));
  set(CURLOPT_TIMEOUT_MS, budget);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, std::max(30L, options_.connect_timeout_ms / 1000));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (!ca_file_.empty()) set(CURLOPT_CAINFO, ca_file_.c_str());
  set(CURLOPT_ERRORBUFFER, exchange.detail.data());
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, &exchange);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, &exchange);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, &exchange);
  if (call.method == "POST" || !call.body.empty()) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    set(CURLOPT_POSTFIELDS, call.body.c_str());
  }
  if (call.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (call.method != "GET" && call.method != "POST") {
    set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // a body is small: asking first costs a round trip
  for (const auto& [name, value] : call.headers) {
    if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos) {
      curl_slist_free_all(list);
      return invalid("A credential or option holds a line break, which no header can carry");
    }
    list = curl_slist_append(list, fmt::format("{}: {}", name, value).c_str());
  }
  set(CURLOPT_HTTPHEADER, list);
  const CURLcode code = perform(context, *handle);
  curl_slist_free_all(list);
  if (code != CURLE_OK) return explain(code, exchange, easy, budget);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  exchange.answer.status = static_cast<int>(status);
  curl_easy_reset(easy);  // it must not remember this call's buffers
  give_back(key, std::move(handle));
  return std::move(exchange.answer);
}

}  // namespace

Result<std::unique_ptr<Transport>> make_curl_transport(EgressOptions options) {
  TRY_ASSIGN(EgressGuard guard, EgressGuard::parse(options.allow));
  return std::unique_ptr<Transport>(std::make_unique<CurlTransport>(std::move(options), std::move(guard)));
}

}  // namespace maestro::provider
