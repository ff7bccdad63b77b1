// The real Mailer, over libcurl.
#include "mail/smtp_mailer.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/mime.h"

namespace maestro::mail {
namespace {

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == ':' || c == '_';
  });
}

/// The mail on its way into curl's buffers.
struct Upload {
  std::string_view left;
  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) {
    auto& left = static_cast<Upload*>(self)->left;
    const std::size_t take = std::min(left.size(), size * count);
    std::memcpy(to, left.data(), take);
    left.remove_prefix(take);
    return take;
  }
};

/// The sockets of one exchange. libcurl takes leave with QUIT and then waits for an answer, for minutes if need be:
/// it must find nothing to wait for.
class Sockets {
 public:
  static curl_socket_t open(void* self, curlsocktype, curl_sockaddr* where) {
    const int fd = socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
    if (fd >= 0) static_cast<Sockets*>(self)->open_.push_back(fd);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
  }
  static int close(void* self, curl_socket_t fd) {
    std::erase(static_cast<Sockets*>(self)->open_, fd);
    return ::close(fd);
  }
  /// Whatever is read from now on is the end; after a success the QUIT itself still leaves.
  void hang_up(bool politely) const {
    for (const int fd : open_) shutdown(fd, politely ? SHUT_RD : SHUT_RDWR);
  }

 private:
  std::vector<int> open_;
};

/// An easy handle in a multi of its own: another thread can wake it up to stop.
struct Handle {
  Sockets sockets;
  CURLM* multi = curl_multi_init();
  CURL* easy = curl_easy_init();
  curl_slist* recipients = nullptr;
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    curl_slist_free_all(recipients);
  }
};

CURLcode perform(const Context& context, Handle& handle) {
  const std::stop_callback wake(context.stop, [&handle] { curl_multi_wakeup(handle.multi); });
  curl_multi_add_handle(handle.multi, handle.easy);
  CURLcode result = CURLE_OK;
  for (bool running = true; running;) {
    if (context.stop.stop_requested()) {
      result = CURLE_ABORTED_BY_CALLBACK;
      break;
    }
    int active = 0;
    CURLMcode code = curl_multi_perform(handle.multi, &active);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(handle.multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      result = message->data.result;
      running = false;
    }
    if (running && code == CURLM_OK) code = curl_multi_poll(handle.multi, nullptr, 0, 1000, nullptr);
    if (code != CURLM_OK) {
      result = CURLE_FAILED_INIT;
      break;
    }
  }
  handle.sockets.hang_up(result == CURLE_OK);
  curl_multi_remove_handle(handle.multi, handle.easy);
  return result;
}

class SmtpMailer final : public Mailer {
 public:
  SmtpMailer(SmtpOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    // OpenSSL writes with write(2): a server that hangs up must be an error code, not the end of the process.
    struct sigaction current {};
    if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
    const char* file = std::getenv("SSL_CERT_FILE");  // NOLINT(concurrency-mt-unsafe): read once, before threads
    if (file != nullptr) ca_file_ = file;
  }

  Result<void> send(const Context& context, const Message& message) override;

 private:
  long time_left(const Context& context) const;

  SmtpOptions options_;
  const Clock& clock_;
  std::string ca_file_;
};

long SmtpMailer::time_left(const Context& context) const {
  const auto most = static_cast<long>(options_.timeout.count());
  if (context.deadline == Time::max()) return most;
  return std::clamp(static_cast<long>((context.deadline - clock_.now()).count()), 0L, most);
}

Result<void> SmtpMailer::send(const Context& context, const Message& message) {
  if (!is_address(message.to)) return invalid("The mail address cannot receive mail from here");
  const long budget = time_left(context);
  if (context.stopped() || budget <= 0) return unavailable("There is no time left to send a mail");

  const std::string domain = options_.sender.substr(options_.sender.find('@') + 1);
  const std::string mail = compose(message, {.from = options_.sender,
                                             .date = clock_.now(),
                                             .id = text::to_hex(crypto::random_bytes(16)) + "@" + domain,
                                             .boundary = "maestro-" + text::to_hex(crypto::random_bytes(16))});
  Upload upload{mail};
  Handle handle;
  if (handle.easy == nullptr || handle.multi == nullptr) return internal("libcurl gave no handle");
  const auto set = [&handle](CURLoption option, auto value) { curl_easy_setopt(handle.easy, option, value); };
  const bool is_v6 = options_.host.find(':') != std::string::npos;
  const std::string url = fmt::format("{}://{}{}{}:{}", options_.implicit_tls ? "smtps" : "smtp", is_v6 ? "[" : "",
                                      options_.host, is_v6 ? "]" : "", options_.port);
  const std::string from = "<" + options_.sender + ">";
  const std::string to = "<" + message.to + ">";
  handle.recipients = curl_slist_append(nullptr, to.c_str());
  std::array<char, CURL_ERROR_SIZE> detail{};
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");  // a proxy for web requests is none for mail
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, budget);
  set(CURLOPT_TIMEOUT_MS, budget);
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, handle.recipients);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &Upload::read);
  set(CURLOPT_READDATA, &upload);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.size()));
  set(CURLOPT_OPENSOCKETFUNCTION, &Sockets::open);
  set(CURLOPT_OPENSOCKETDATA, &handle.sockets);
  set(CURLOPT_CLOSESOCKETFUNCTION, &Sockets::close);
  set(CURLOPT_CLOSESOCKETDATA, &handle.sockets);
  set(CURLOPT_ERRORBUFFER, detail.data());
  if (!ca_file_.empty()) set(CURLOPT_CAINFO, ca_file_.c_str());
  const bool logs_in = !options_.username.empty();
  if (!options_.implicit_tls) {
    const long tls = options_.ignore_starttls ? CURLUSESSL_NONE : logs_in ? CURLUSESSL_ALL : CURLUSESSL_TRY;
    set(CURLOPT_USE_SSL, tls);
  }
  if (logs_in) {
    set(CURLOPT_USERNAME, options_.username.c_str());
    set(CURLOPT_PASSWORD, options_.password.c_str());
  }
  const CURLcode code = perform(context, handle);
  if (code == CURLE_OK) return {};
  log::error("a mail was not sent", {{"host", options_.host},
                                     {"port", options_.port},
                                     {"error", detail[0] == 0 ? curl_easy_strerror(code) : detail.data()}});
  return unavailable("The mail server did not take the mail");
}

}  // namespace

std::optional<std::string> why_off(const SmtpOptions& options) {
  if (options.host.empty() && options.port == 0 && options.sender.empty())
    return "SMTP_HOST, SMTP_PORT and SMTP_SENDER are not set";
  if (!is_host(options.host)) return "SMTP_HOST is not set to the name of a host";
  if (options.port < 1 || options.port > 65535) return "SMTP_PORT is not set to the number of a port";
  if (!is_address(options.sender)) return "SMTP_SENDER is not set to a mail address";
  return std::nullopt;
}

std::unique_ptr<Mailer> make_smtp_mailer(SmtpOptions options, const Clock& clock) {
  return std::make_unique<SmtpMailer>(std::move(options), clock);
}

}  // namespace maestro::mail
