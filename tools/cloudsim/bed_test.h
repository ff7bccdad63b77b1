// For tests: a running simulator, and a plain HTTP client that signs and signs in.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/text.h"
#include "cloudsim/simulator.h"
#include "json/json.h"

namespace maestro::cloudsim::testing {

struct Answer {
  int status = 0;  ///< 0 = the connection ended before any answer
  std::map<std::string, std::string> headers;
  std::string body;
  bool complete = false;  ///< the framing says that nothing is missing

  json::Value parsed() const { return json::parse_trusted(body); }
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// One request on a connection of its own.
inline Answer send(std::uint16_t port, const std::string& method, const std::string& target,
                   const HeaderList& headers = {}, const std::string& body = {}) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Answer answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ADD_FAILURE() << "no connection";
    ::close(fd);
    return answer;
  }
  std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", method, target, port);
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  if (!body.empty()) request += fmt::format("Content-Length: {}\r\n", body.size());
  request += "\r\n" + body;
  std::size_t sent = 0;
  while (sent < request.size()) {
    const ssize_t count = ::send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  std::string all;
  char piece[65536];
  for (ssize_t count; (count = ::recv(fd, piece, sizeof piece, 0)) > 0;)
    all.append(piece, static_cast<std::size_t>(count));
  ::close(fd);

  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos) return answer;
  answer.status = std::stoi(all.substr(9, 3));
  for (const std::string_view line : text::split(std::string_view(all).substr(0, end), '\n')) {
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
      answer.headers[text::lower(line.substr(0, colon))] = text::trim(line.substr(colon + 1));
  }
  std::string rest = all.substr(end + 4);
  if (answer.headers["transfer-encoding"] != "chunked") {
    answer.complete = std::to_string(rest.size()) == answer.headers["content-length"];
    answer.body = std::move(rest);
    return answer;
  }
  for (std::size_t at = 0;;) {
    const auto line = rest.find("\r\n", at);
    if (line == std::string::npos) return answer;
    const std::size_t size = std::stoul(rest.substr(at, line - at), nullptr, 16);
    answer.complete = size == 0;
    if (size == 0) return answer;
    answer.body += rest.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
}

/// Everything between <tag> and </tag>, in order.
inline std::vector<std::string> values_of(const std::string& xml, const std::string& tag) {
  std::vector<std::string> out;
  const std::string open = "<" + tag + ">";
  for (std::size_t at = xml.find(open); at != std::string::npos; at = xml.find(open, at)) {
    at += open.size();
    out.push_back(xml.substr(at, xml.find('<', at) - at));
  }
  return out;
}

inline std::string value_of(const std::string& xml, const std::string& tag) {
  const auto all = values_of(xml, tag);
  return all.empty() ? std::string() : all.front();
}

/// The ids of the instances themselves, not of those that something else refers to.
inline std::vector<std::string> instance_ids(const std::string& xml) {
  std::vector<std::string> out;
  constexpr std::string_view kStart = "<item><instanceId>";
  for (std::size_t at = xml.find(kStart); at != std::string::npos; at = xml.find(kStart, at)) {
    at += kStart.size();
    out.push_back(xml.substr(at, 19));
  }
  return out;
}

using Params = std::map<std::string, std::string>;

class Bed {
 public:
  explicit Bed(Options options = {}) : clock_(std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now())) {
    options.threads = 4;
    auto started = Simulator::start(std::move(options), clock_);
    EXPECT_TRUE(started.ok());
    simulator_ = std::move(*started);
  }

  Simulator& simulator() { return *simulator_; }
  World& world() { return simulator_->world(); }
  FakeClock& clock() { return clock_; }

  Answer control(const std::string& method, const std::string& path, const std::string& body = {}) {
    return send(simulator_->port(2), method, path, {{"Content-Type", "application/json"}}, body);
  }
  /// POST /faults; the answer must be good.
  void fault(const std::string& description) {
    const Answer answer = control("POST", "/faults", description);
    EXPECT_EQ(answer.status, 200) << answer.body;
  }

  std::string secret = Options().secret;
  std::string access = Options().access;

  Answer aws(const std::string& action, Params params = {}, const std::string& region = "us-east-1",
             const std::string& service = "ec2") {
    params["Action"] = action;
    params["Version"] = service == "sts" ? "2011-06-15" : "2016-11-15";
    std::string body;
    for (const auto& [name, value] : params)
      body += (body.empty() ? "" : "&") + text::percent_encode(name) + "=" + text::percent_encode(value);
    const std::string host = fmt::format("127.0.0.1:{}", simulator_->port(0));
    std::string date;
    for (const char c : to_iso(clock_.now()).substr(0, 19)) {
      if (c != '-' && c != ':') date += c;
    }
    date += "Z";
    const std::string scope = fmt::format("{}/{}/{}/aws4_request", date.substr(0, 8), region, service);
    const std::string canonical = fmt::format("POST\n/\n\nhost:{}\nx-amz-date:{}\n\nhost;x-amz-date\n{}", host, date,
                                              text::to_hex(crypto::sha256(body)));
    std::string key = "AWS4" + secret;
    for (const std::string_view step : text::split(scope, '/')) key = crypto::hmac_sha256(key, step);
    const std::string to_sign =
        fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope, text::to_hex(crypto::sha256(canonical)));
    return send(
        simulator_->port(0), "POST", "/",
        {{"Content-Type", "application/x-www-form-urlencoded"},
         {"X-Amz-Date", date},
         {"Authorization", fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders=host;x-amz-date, Signature={}",
                                       access, scope, text::to_hex(crypto::hmac_sha256(key, to_sign)))}},
        body);
  }

  /// Pages to the end; the ids page by page. Ends early on an answer that is not 200.
  std::vector<std::vector<std::string>> aws_pages(Params params, const std::string& region = "us-east-1",
                                                  std::size_t most = 1000) {
    std::vector<std::vector<std::string>> out;
    while (out.size() < most) {
      const Answer answer = aws("DescribeInstances", params, region);
      EXPECT_EQ(answer.status, 200) << answer.body;
      if (answer.status != 200) break;
      out.push_back(instance_ids(answer.body));
      params["NextToken"] = value_of(answer.body, "nextToken");
      if (params["NextToken"].empty()) break;
    }
    return out;
  }

  static std::string sign_in_body(const std::string& user, const std::string& password, const std::string& project) {
    const std::string scope =
        project.empty() ? ""
                        : fmt::format(R"(,"scope":{{"project":{{"name":"{}","domain":{{"id":"default"}}}}}})", project);
    return fmt::format(
        R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"{}","domain":{{"name":"Default"}},"password":"{}"}}}}}}{}}}}})",
        user, password, scope);
  }
  Answer sign_in(const std::string& body) {
    return send(simulator_->port(1), "POST", "/identity/v3/auth/tokens", {{"Content-Type", "application/json"}}, body);
  }
  /// A scoped token of the estate's user.
  std::string token(const std::string& user = "cloudsim") {
    const Answer answer = sign_in(sign_in_body(user, "cloudsim", "demo"));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.headers.contains("x-subject-token") ? answer.headers.at("x-subject-token") : "";
  }
  Answer get(const std::string& target, const std::string& token, const std::string& microversion = {}) {
    HeaderList headers;
    if (!token.empty()) headers.emplace_back("X-Auth-Token", token);
    if (!microversion.empty()) headers.emplace_back("OpenStack-API-Version", "compute " + microversion);
    return send(simulator_->port(1), "GET", target, headers);
  }
  /// Follows the links of a server list; ids page by page.
  std::vector<std::vector<std::string>> server_pages(std::string target, const std::string& token,
                                                     std::size_t most = 1000) {
    std::vector<std::vector<std::string>> out;
    while (out.size() < most) {
      const Answer answer = get(target, token);
      EXPECT_EQ(answer.status, 200) << answer.body;
      if (answer.status != 200) break;
      const json::Value body = answer.parsed();
      out.emplace_back();
      for (const json::Value& server : body.at("servers").as_array())
        out.back().emplace_back(server.at("id").as_string());
      const json::Value* links = json::find(body, "servers_links");
      if (links == nullptr) break;
      const std::string href(links->as_array().front().at("href").as_string());
      target = href.substr(href.find('/', 7));
    }
    return out;
  }

 private:
  FakeClock clock_;
  std::unique_ptr<Simulator> simulator_;
};

inline std::vector<std::string> flat(const std::vector<std::vector<std::string>>& pages) {
  std::vector<std::string> out;
  for (const auto& page : pages) out.insert(out.end(), page.begin(), page.end());
  return out;
}

}  // namespace maestro::cloudsim::testing
