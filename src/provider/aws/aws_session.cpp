// How AWS is asked: the Query protocol, signed with the connection's keys.
#include <fmt/format.h>

#include <atomic>

#include "base/text.h"
#include "provider/aws/aws_fault.h"
#include "provider/aws/sigv4.h"
#include "provider/session.h"
#include "provider/shape.h"
#include "provider/transforms.h"

namespace maestro::provider {

namespace {

using aws::Fault;

constexpr const char* kHome = "us-east-1";

const Shape& plain_xml(std::string_view service) {
  static const Shape ec2 = [] {
    Shape shape;
    shape.wire = Shape::Wire::kXml;
    shape.service = "ec2";
    shape.version = "2016-11-15";
    shape.lists = {"regionInfo"};
    return shape;
  }();
  static const Shape sts = [] {
    Shape shape;
    shape.wire = Shape::Wire::kXml;
    shape.service = "sts";
    shape.version = "2011-06-15";
    return shape;
  }();
  return service == "sts" ? sts : ec2;
}

struct Base {
  std::string scheme_and_host;  ///< "https://host:port"
  std::string host;             ///< as the Host header says it
  std::string path;             ///< "/" at least
};

Base split_url(const std::string& url) {
  Base base;
  const auto scheme = url.find("://");
  const auto start = scheme == std::string::npos ? 0 : scheme + 3;
  const auto slash = url.find_first_of("/?#", start);
  base.scheme_and_host = url.substr(0, slash);
  base.host = text::lower(url.substr(start, slash == std::string::npos ? std::string::npos : slash - start));
  if (const auto at = base.host.rfind('@'); at != std::string::npos) base.host.erase(0, at + 1);
  const bool https = url.starts_with("https://");
  for (const char* port : {":443", ":80"})  // a default port is not part of the Host header
    if (base.host.ends_with(port) && https == (std::string_view(port) == ":443"))
      base.host = base.host.substr(0, base.host.rfind(':'));
  base.path =
      slash == std::string::npos || url[slash] != '/' ? "/" : url.substr(slash, url.find_first_of("?#", slash) - slash);
  return base;
}

class AwsSession final : public Session {
 public:
  AwsSession(const Connection& connection, Transport& transport)
      : transport_(transport), url_(text::trim(connection.url)) {
    keys_.access = text::trim(json::text_or(connection.credentials, "access"));
    keys_.secret = text::trim(json::text_or(connection.credentials, "secret"));
    for (const char* name : {"session_token", "token"})
      if (keys_.token.empty()) keys_.token = text::trim(json::text_or(connection.credentials, name));
    for (const std::string& region : connection.regions)
      if (std::string id = region_id(region); !id.empty()) regions_.push_back(std::move(id));
  }

  Reply ask(const Context& context, const Ask& ask) override;
  Result<std::vector<std::string>> all_regions(const Context& context) override;
  std::string cloud() const override { return "aws"; }
  TestReport test(const Context& context, std::span<const Resource* const> resources, const Probe& probe) override;

 private:
  std::string home() const { return regions_.empty() ? kHome : regions_.front(); }
  std::string endpoint(std::string_view service, const std::string& region) const;
  Result<HttpAnswer> post(const Context& context, const Shape& shape, const std::string& region,
                          const std::string& body);
  bool mend_clock(const HttpAnswer& answer);
  Reply ask_plain(const Context& context, const char* service, const char* action, const std::string& region);
  Result<std::vector<std::pair<std::string, bool>>> describe_regions(const Context& context, Reply& reply);

  Transport& transport_;
  std::string url_;
  aws::Keys keys_;
  std::vector<std::string> regions_;
  std::atomic<std::int64_t> skew_ms_{0};
};

std::string AwsSession::endpoint(std::string_view service, const std::string& region) const {
  if (!url_.empty()) return url_;
  return fmt::format("https://{}.{}.amazonaws.com{}", service, region, region.starts_with("cn-") ? ".cn" : "");
}

Result<HttpAnswer> AwsSession::post(const Context& context, const Shape& shape, const std::string& region,
                                    const std::string& body) {
  const Base base = split_url(endpoint(shape.service, region));
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  aws::SigningInput input{
      .method = "POST",
      .path = base.path,
      .query = {},
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, {"Host", base.host}},
      .body = body};
  aws::sign(input, keys_, {.region = region, .service = shape.service, .time = now + Millis(skew_ms_.load())});
  HttpCall call{.method = "POST", .url = base.scheme_and_host + base.path, .headers = {}, .body = body};
  for (auto& header : input.headers)
    if (header.first != "Host") call.headers.push_back(std::move(header));
  return transport_.send(context, call);
}

/// Takes the provider's clock for ours when they differ by more than requests may.
bool AwsSession::mend_clock(const HttpAnswer& answer) {
  const std::string* date = answer.header("date");
  const auto theirs = date == nullptr ? std::nullopt : parse_http_date(*date);
  if (!theirs) return false;
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  const std::int64_t skew = (*theirs - now).count();
  const std::int64_t used = skew_ms_.load();
  if (std::abs(skew - used) < 60'000) return false;
  skew_ms_.store(std::abs(skew) < 60'000 ? 0 : skew);
  return true;
}

Reply AwsSession::ask(const Context& context, const Ask& ask) {
  Reply reply;
  const std::string region = ask.region.empty() ? home() : ask.region;
  const bool is_word = std::all_of(region.begin(), region.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!is_word || region.size() > 40) {  // it becomes part of a host name
    reply.error = invalid(fmt::format("\"{}\" is no AWS region", one_line(region)));
    return reply;
  }
  std::string body = fmt::format("Action={}&Version={}", text::percent_encode(ask.request->action),
                                 text::percent_encode(ask.shape->version));
  for (const auto& [name, value] : merge_params(ask.request->params, ask.params))
    body += fmt::format("&{}={}", text::percent_encode(name), text::percent_encode(value));
  for (bool mended = false;;) {
    auto answer = post(context, *ask.shape, region, body);
    if (!answer) {
      reply.error = std::move(answer).error();
      reply.error->message = fmt::format("{} {} in {} failed: {}", text::upper(ask.shape->service), ask.request->action,
                                         region, reply.error->message);
      return reply;
    }
    reply.reached = true;
    if (answer->status >= 200 && answer->status < 300) {
      auto value = read_answer(*ask.shape, answer->body);
      if (value) {
        reply.answer = std::move(*value);
      } else {  // cut off on its way, or a portal's page
        reply.error =
            unavailable(fmt::format("{} {} in {} gave an unreadable answer: {}", text::upper(ask.shape->service),
                                    ask.request->action, region, value.error().message));
      }
      return reply;
    }
    const Fault fault = aws::read_fault(answer->body);
    if (!mended && aws::may_be_skew(fault.code) && mend_clock(*answer)) {
      mended = true;
      continue;
    }
    reply.code = fault.code;
    reply.error = aws::explain(*answer, fault, ask.shape->service, ask.request->action, region, ask.needs);
    return reply;
  }
}

Reply AwsSession::ask_plain(const Context& context, const char* service, const char* action,
                            const std::string& region) {
  Request request;
  request.action = action;
  return ask(
      context,
      {.shape = &plain_xml(service), .request = &request, .params = {}, .region = region, .key = {}, .needs = nullptr});
}

Result<std::vector<std::pair<std::string, bool>>> AwsSession::describe_regions(const Context& context, Reply& reply) {
  reply = ask_plain(context, "ec2", "DescribeRegions", home());
  if (reply.error) return *reply.error;
  std::vector<std::pair<std::string, bool>> out;
  const json::Value* list = json::find(reply.answer, "regionInfo");
  if (list != nullptr && list->is_array()) {
    for (const json::Value& one : list->get_array()) {
      const json::Object* region = one.if_object();
      if (region == nullptr) continue;
      const std::string_view name = json::text_or(*region, "regionName");
      if (!name.empty()) out.emplace_back(name, json::text_or(*region, "optInStatus") != "not-opted-in");
    }
  }
  if (out.empty()) return unavailable("EC2 DescribeRegions named no region");
  return out;
}

Result<std::vector<std::string>> AwsSession::all_regions(const Context& context) {
  Reply reply;
  TRY_ASSIGN(const auto regions, describe_regions(context, reply));
  std::vector<std::string> out;
  for (const auto& [name, usable] : regions)
    if (usable) out.push_back(name);
  return out;
}

TestReport AwsSession::test(const Context& context, std::span<const Resource* const> resources, const Probe& probe) {
  TestReport report;
  const auto step = [&report](const char* name, bool ok, std::string message) {
    report.steps.push_back({name, ok, std::move(message)});
  };
  const auto finish = [&report] {
    report.ok = !report.steps.empty() &&
                std::all_of(report.steps.begin(), report.steps.end(), [](const TestStep& one) { return one.ok; });
    for (const TestStep& one : report.steps)
      if (!one.ok && report.message.empty()) report.message = one.message;
    if (report.ok)
      report.message = report.account.empty() ? "The connection works"
                                              : fmt::format("The connection works: account {}", report.account);
    return report;
  };
  const std::string address = split_url(endpoint("ec2", home())).scheme_and_host;
  Reply reply;
  const auto regions = describe_regions(context, reply);
  if (!reply.reached) {
    step("Address", false, regions.error().message);
    return finish();
  }
  step("Address", true, fmt::format("{} answers", address));
  const bool refused = !regions.ok() && regions.error().code == Code::kForbidden;
  if (!regions.ok() && !refused) {
    step("Sign in", false, regions.error().message);
    return finish();
  }
  const Reply caller = ask_plain(context, "sts", "GetCallerIdentity", home());
  if (!caller.error) {
    if (const json::Value* account = json::find(caller.answer, "GetCallerIdentityResult.Account"))
      report.account = json::scalar_text(*account);
  }
  step("Sign in", true,
       report.account.empty() ? "The keys are accepted; the account number is not available"
                              : fmt::format("The keys belong to account {}", report.account));

  std::string unknown;
  if (regions.ok()) {
    for (const auto& [name, usable] : *regions)
      if (usable) report.regions.push_back(name);
    for (const std::string& wanted : regions_)
      if (std::find(report.regions.begin(), report.regions.end(), wanted) == report.regions.end())
        unknown += (unknown.empty() ? "" : ", ") + wanted;
  }
  if (refused) {
    step("Regions", !regions_.empty(),
         regions_.empty() ? regions.error().message
                          : "The list of regions may not be read; the chosen ones are used as they are");
  } else if (!unknown.empty()) {
    step("Regions", false, fmt::format("The account cannot use {}: unknown, or not opted in", unknown));
  } else {
    step("Regions", true, fmt::format("{} regions can be used", report.regions.size()));
  }

  std::string missing;
  int tried = 0;
  for (const Resource* resource : resources) {
    if (resource->provider != "aws") continue;
    ++tried;
    if (const auto read = probe(context, *resource, home()); !read.ok())
      missing += (missing.empty() ? "" : " ") + read.error().message;
  }
  step("Permissions", missing.empty(),
       missing.empty() ? fmt::format("{} resource{} can be read", tried, tried == 1 ? "" : "s") : missing);
  return finish();
}

}  // namespace

std::unique_ptr<Session> make_aws_session(const Connection& connection, Transport& transport) {
  return std::make_unique<AwsSession>(connection, transport);
}

}  // namespace maestro::provider
