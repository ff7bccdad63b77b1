// How OpenStack is asked: REST with a Keystone token, at the addresses that the catalog names.
#include <fmt/format.h>

#include <charconv>
#include <mutex>

#include "base/text.h"
#include "provider/openstack/keystone.h"
#include "provider/session.h"
#include "provider/shape.h"

namespace maestro::provider {

namespace {

using openstack::Endpoint;
using openstack::Keystone;
using openstack::Token;

struct Microversion {
  int major = 0, minor = 0;
  auto operator<=>(const Microversion&) const = default;
  std::string text() const { return fmt::format("{}.{}", major, minor); }
};

Microversion parse_version(std::string_view text) {
  Microversion out;
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return {};
  const auto read = [](std::string_view digits, int& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (!read(text.substr(0, dot), out.major) || !read(text.substr(dot + 1), out.minor)) return {};
  return out;
}

/// "https://host/compute/v2.1/project" -> "https://host/compute/"
std::string version_root(const std::string& endpoint) {
  const auto start = endpoint.find("://");
  const auto path = endpoint.find('/', start == std::string::npos ? 0 : start + 3);
  if (path == std::string::npos) return endpoint + "/";
  const auto version = endpoint.find("/v2", path);
  return version == std::string::npos ? endpoint + "/" : endpoint.substr(0, version + 1);
}

std::string host_of(std::string_view url) {
  const auto start = url.find("://");
  if (start != std::string_view::npos) url.remove_prefix(start + 3);
  return text::lower(url.substr(0, url.find_first_of("/?#")));
}

class OpenStackSession final : public Session {
 public:
  OpenStackSession(const Connection& connection, Transport& transport)
      : transport_(transport), keystone_(connection, transport) {
    for (const std::string& region : connection.regions)
      if (std::string id = region_id(region); !id.empty()) regions_.push_back(std::move(id));
  }

  Reply ask(const Context& context, const Ask& ask) override;
  Result<std::vector<std::string>> all_regions(const Context& context) override;
  std::string cloud() const override { return host_of(keystone_.base()); }
  TestReport test(const Context& context, std::span<const Resource* const> resources, const Probe& probe) override;

 private:
  Result<std::string> endpoint(const Token& token, const std::string& type, const std::string& region) const;
  Microversion negotiate(const Context& context, const Token& token, const std::string& endpoint, const Shape& shape);
  Result<HttpAnswer> get(const Context& context, const Token& token, const std::string& url, const Shape& shape,
                         Microversion version);
  Error explain(const HttpAnswer& answer, const Ask& ask, const std::string& url) const;

  Transport& transport_;
  Keystone keystone_;
  std::vector<std::string> regions_;
  std::mutex mutex_;
  std::map<std::string, Microversion> versions_;  ///< by endpoint
};

Result<std::string> OpenStackSession::endpoint(const Token& token, const std::string& type,
                                               const std::string& region) const {
  std::vector<std::string> others;
  for (const Endpoint& one : token.endpoints) {
    if (one.type != type) continue;
    if (region.empty() || one.region == region) return one.url;
    others.push_back(one.region);
  }
  if (others.empty()) {
    return invalid(fmt::format("The catalog of {} has no public {} service for this project", keystone_.base(), type));
  }
  return invalid(fmt::format("The catalog of {} has no {} service in region \"{}\"; it has: {}", keystone_.base(), type,
                             one_line(region), text::join(others, ", ")));
}

Result<HttpAnswer> OpenStackSession::get(const Context& context, const Token& token, const std::string& url,
                                         const Shape& shape, Microversion version) {
  HttpCall call{.method = "GET",
                .url = url,
                .headers = {{"Accept", "application/json"}, {"X-Auth-Token", token.value}},
                .body = {}};
  if (version.major > 0) {
    call.headers.emplace_back("OpenStack-API-Version", fmt::format("{} {}", shape.service, version.text()));
    if (shape.service == "compute")
      call.headers.emplace_back("X-OpenStack-Nova-API-Version", version.text());  // before 2.27
  }
  return transport_.send(context, call);
}

/// The highest version that both sides know. A service that does not say gets no header: then it speaks its oldest.
Microversion OpenStackSession::negotiate(const Context& context, const Token& token, const std::string& endpoint,
                                         const Shape& shape) {
  const Microversion ours = parse_version(shape.version);
  if (ours.major == 0) return {};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = versions_.find(endpoint); found != versions_.end()) return found->second;
  }
  const auto answer = get(context, token, version_root(endpoint), shape, {});
  if (!answer) return {};  // the question itself will say what is wrong; not remembered
  Microversion chosen;
  if (answer->status == 200 || answer->status == 300) {
    const auto parsed = json::parse(answer->body, {.max_bytes = 1U << 20, .max_depth = 16});
    std::vector<const json::Object*> documents;
    if (parsed) {
      if (const json::Value* one = json::find(*parsed, "version"); one != nullptr && one->is_object())
        documents.push_back(&one->get_object());
      if (const json::Value* all = json::find(*parsed, "versions"); all != nullptr && all->is_array())
        for (const json::Value& one : all->get_array())
          if (one.is_object()) documents.push_back(&one.get_object());
    }
    for (const json::Object* document : documents) {
      const Microversion most = parse_version(json::text_or(*document, "version"));
      const Microversion least = parse_version(json::text_or(*document, "min_version"));
      if (most.major != ours.major || least.major == 0) continue;
      const Microversion common = std::min(most, ours);
      if (common >= least) chosen = std::max(chosen, common);
    }
  } else if (answer->status >= 500 || answer->status == 429) {
    return {};
  }
  const std::lock_guard lock(mutex_);
  versions_[endpoint] = chosen;
  return chosen;
}

Error OpenStackSession::explain(const HttpAnswer& answer, const Ask& ask, const std::string& url) const {
  Code code = Code::kInvalid;
  std::string advice;
  switch (answer.status) {
    case 401:
      code = Code::kUnauthenticated;
      advice = " Sign-in worked, but the service does not accept the token: check the user's role in the project.";
      break;
    case 403:
      code = Code::kForbidden;
      if (ask.needs != nullptr && !ask.needs->empty())
        advice = fmt::format(" Allow {} for this user.", text::join(*ask.needs, ", "));
      break;
    case 404:
      code = Code::kNotFound;
      break;
    case 413:
    case 429:
      code = Code::kThrottled;
      advice = " The service asks to call less often.";
      break;
    default:
      if (answer.status >= 500) code = Code::kUnavailable;
  }
  std::string said = openstack::fault_message(answer.body);
  if (said.empty()) said = fmt::format("status {}", answer.status);
  if (said.back() != '.') said += '.';
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  return {.code = code,
          .message = fmt::format("Reading {} at {} failed ({}): {}{}", ask.request->path, host_of(url), answer.status,
                                 said, advice),
          .details_json = {},
          .wire_name = {},
          .retry_after_ms = retry_after_ms(answer, now)};
}

Reply OpenStackSession::ask(const Context& context, const Ask& ask) {
  Reply reply;
  for (bool renewed = false;;) {
    const auto token = keystone_.token(context);
    if (!token) {
      reply.reached = keystone_.reached();
      reply.error = token.error();
      return reply;
    }
    reply.reached = true;
    const auto base = endpoint(**token, ask.shape->service, ask.region);
    if (!base) {
      reply.error = base.error();
      return reply;
    }
    const Microversion version = negotiate(context, **token, *base, *ask.shape);
    std::string path = ask.request->path;
    if (const auto mark = path.find("{key}"); mark != std::string::npos)
      path.replace(mark, 5, text::percent_encode(ask.key));
    std::string url = fmt::format("{}/{}", *base, path);
    char joint = '?';
    for (const auto& [name, value] : merge_params(ask.request->params, ask.params)) {
      url += fmt::format("{}{}={}", joint, text::percent_encode(name), text::percent_encode(value));
      joint = '&';
    }
    auto answer = get(context, **token, url, *ask.shape, version);
    if (!answer) {
      reply.error = std::move(answer).error();
      reply.error->message = fmt::format("Reading {} failed: {}", ask.request->path, reply.error->message);
      return reply;
    }
    if (answer->status == 401 && !renewed) {  // the token was revoked or ran out early: once more with a new one
      renewed = true;
      keystone_.forget(**token);
      continue;
    }
    reply.code = fmt::format("{}", answer->status);
    if (answer->status < 200 || answer->status >= 300) {
      reply.error = explain(*answer, ask, url);
      return reply;
    }
    auto value = read_answer(*ask.shape, answer->body);
    if (value)
      reply.answer = std::move(*value);
    else
      reply.error = unavailable(fmt::format("Reading {} at {} gave an unreadable answer: {}", ask.request->path,
                                            host_of(url), value.error().message));
    return reply;
  }
}

Result<std::vector<std::string>> OpenStackSession::all_regions(const Context& context) {
  TRY_ASSIGN(const auto token, keystone_.token(context));
  std::vector<std::string> out;
  for (const Endpoint& one : token->endpoints)
    if (one.type == "compute" && std::find(out.begin(), out.end(), one.region) == out.end()) out.push_back(one.region);
  if (out.empty())
    return invalid(fmt::format("The catalog of {} has no public compute service for this project", keystone_.base()));
  return out;
}

TestReport OpenStackSession::test(const Context& context, std::span<const Resource* const> resources,
                                  const Probe& probe) {
  TestReport report;
  const auto step = [&report](const char* name, bool ok, std::string message) {
    report.steps.push_back({name, ok, std::move(message)});
  };
  const auto finish = [&report] {
    report.ok = !report.steps.empty() &&
                std::all_of(report.steps.begin(), report.steps.end(), [](const TestStep& one) { return one.ok; });
    for (const TestStep& one : report.steps)
      if (!one.ok && report.message.empty()) report.message = one.message;
    if (report.ok) report.message = fmt::format("The connection works: project {}", report.account);
    return report;
  };
  const auto token = keystone_.token(context);
  const bool wrong_place = !token.ok() && token.error().code == Code::kInvalid;
  if (!token.ok() && (!keystone_.reached() || wrong_place)) {
    step("Address", false, token.error().message);
    return finish();
  }
  step("Address", true, fmt::format("{} answers", keystone_.base()));
  if (!token.ok()) {
    step("Sign in", false, token.error().message);
    return finish();
  }
  report.account = (*token)->project_name.empty() ? (*token)->project_id : (*token)->project_name;
  if (report.account.empty()) {
    step("Sign in", false, "The user is accepted, but the token belongs to no project: fill in the project");
    return finish();
  }
  step("Sign in", true, fmt::format("Signed in to project {}", report.account));

  const auto regions = all_regions(context);
  if (!regions) {
    step("Regions", false, regions.error().message);
    return finish();
  }
  report.regions = *regions;
  std::string unknown;
  for (const std::string& wanted : regions_)
    if (std::find(regions->begin(), regions->end(), wanted) == regions->end())
      unknown += (unknown.empty() ? "" : ", ") + wanted;
  step("Regions", unknown.empty(),
       unknown.empty() ? fmt::format("Compute runs in {}", text::join(*regions, ", "))
                       : fmt::format("There is no region {}; there is {}", unknown, text::join(*regions, ", ")));
  std::string missing;
  int tried = 0;
  const std::string region = regions_.empty() || !unknown.empty() ? regions->front() : regions_.front();
  for (const Resource* resource : resources) {
    if (resource->provider != "openstack") continue;
    ++tried;
    if (const auto read = probe(context, *resource, region); !read.ok())
      missing += (missing.empty() ? "" : " ") + read.error().message;
  }
  step("Permissions", missing.empty(),
       missing.empty() ? fmt::format("{} resource{} can be read", tried, tried == 1 ? "" : "s") : missing);
  return finish();
}

}  // namespace

std::unique_ptr<Session> make_openstack_session(const Connection& connection, Transport& transport) {
  return std::make_unique<OpenStackSession>(connection, transport);
}

}  // namespace maestro::provider
