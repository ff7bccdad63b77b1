// What a service says about itself, and the web UI.
#include "api/errors.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/router.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Object;

std::string_view mime_of(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {{".html", "text/html; charset=utf-8"},
                                                                             {".js", "text/javascript; charset=utf-8"},
                                                                             {".css", "text/css; charset=utf-8"},
                                                                             {".svg", "image/svg+xml"},
                                                                             {".png", "image/png"},
                                                                             {".ico", "image/x-icon"},
                                                                             {".json", "application/json"},
                                                                             {".woff2", "font/woff2"},
                                                                             {".txt", "text/plain; charset=utf-8"},
                                                                             {".map", "application/json"}};
  for (const auto& [ending, type] : kTypes)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

const EmbeddedFile* find_file(std::span<const EmbeddedFile> files, std::string_view path) {
  for (const EmbeddedFile& file : files)
    if (file.path == path) return &file;
  return nullptr;
}

/// The file, or its smaller pre-compressed sibling when the client takes it.
Answer file_answer(Call& call, const EmbeddedFile& file, bool immutable) {
  Answer answer{.content_type = std::string(mime_of(file.path)), .static_body = file.bytes, .etag = false};
  answer.headers.set("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
  answer.headers.set("Vary", "Accept-Encoding");
  const std::string* accepted = call.request.headers.find("Accept-Encoding");
  for (const auto& [coding, ending] : {std::pair<std::string_view, std::string_view>{"br", ".br"}, {"gzip", ".gz"}}) {
    if (accepted == nullptr || accepted->find(coding) == std::string::npos) continue;
    const EmbeddedFile* smaller = find_file(call.services.ui, std::string(file.path) + std::string(ending));
    if (smaller == nullptr) continue;
    answer.static_body = smaller->bytes;
    answer.headers.set("Content-Encoding", std::string(coding));
    break;
  }
  return answer;
}

constexpr std::string_view kNoUi =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Maestro</title><p>This build has no web UI. "
    "Build it with <code>./dev build</code>; the API is at <code>/openapi.json</code>.";

Answer page_answer(Call& call) {
  const EmbeddedFile* index = find_file(call.services.ui, "index.html");
  Answer answer;
  if (index != nullptr) {
    answer = file_answer(call, *index, false);
  } else {
    answer.static_body = kNoUi;
    answer.etag = false;
  }
  answer.content_type = "text/html; charset=utf-8";
  answer.headers.set("Content-Security-Policy",
                     fmt::format("default-src 'self'; connect-src 'self' {}; style-src 'self' 'unsafe-inline'; img-src "
                                 "'self' data:; frame-ancestors 'none'; base-uri 'self'",
                                 call.services.uploads.storage_origin));
  answer.headers.set("Referrer-Policy", "same-origin");
  return answer;
}

Result<Answer> root(Call& call) {
  const std::string* accept = call.request.headers.find("Accept");
  if (accept != nullptr && accept->find("text/html") != std::string::npos) {
    Answer answer = page_answer(call);
    answer.headers.set("Vary", "Accept, Accept-Encoding");
    return answer;
  }
  Answer answer = json_answer(200, Object{{"app", "server-app"},
                                          {"description", "Server app - Maestro"},
                                          {"version", call.services.version},
                                          {"api_timeout", call.services.timeout_ms}});
  answer.headers.set("Vary", "Accept");
  return answer;
}

Result<Answer> ui(Call& call) {
  std::string path(call.request.path);
  path = text::percent_decode(path.substr(path.find("/ui") == 0 ? 3 : 0));
  while (path.starts_with("/")) path.erase(0, 1);
  if (!path.empty()) {
    if (const EmbeddedFile* file = find_file(call.services.ui, path))
      return file_answer(call, *file, path.starts_with("assets/"));
    // A missing asset is missing; every other path is a page of the router.
    if (path.starts_with("assets/")) return not_found("There is no file " + path.substr(0, 200));
  }
  return page_answer(call);
}

Result<Answer> live(Call&) { return json_answer(200, Object{{"status", "UP"}}); }

Result<Answer> ready(Call& call) {
  const bool is_ready = call.services.ready();
  const auto probe = call.services.store.vault().value(call.context, "schema");
  const bool good = is_ready && probe.ok();
  Answer answer = json_answer(
      good ? 200 : 503,
      Object{{"status", good ? "UP" : "DOWN"}, {"store", probe.ok() ? "UP" : "DOWN"}, {"accepting", is_ready}});
  if (!good) answer.headers.set("Retry-After", "1");
  answer.etag = false;
  return answer;
}

Result<Answer> metrics(Call& call) {
  for (const char* lane : {"provider", "bulk"}) {
    const auto waiting = call.services.store.ledger().waiting_jobs(call.context, lane);
    if (waiting.ok()) {
      call.services.metrics.gauge(fmt::format("maestro_jobs_waiting_{}", lane), "Jobs that wait for a worker.",
                                  static_cast<double>(*waiting));
    }
  }
  return Answer{
      .body = call.services.metrics.text(), .content_type = "text/plain; version=0.0.4; charset=utf-8", .etag = false};
}

/// What a part that runs elsewhere says of itself, or why it does not.
void describe_peer(const Call& call, siblings::Service service, Object& item) {
  const auto said = call.services.siblings.call(call.context, service, "GET", "/");
  const Object* peer = said.ok() ? said->if_object() : nullptr;
  const bool up = peer != nullptr && json::text_or(*peer, "name").find("Error") == std::string_view::npos;
  item["status"] = up ? "UP" : "DOWN";
  if (!up) {
    item["message"] = said.ok() ? "It answered something else than the original's services" : said.error().message;
    return;
  }
  for (const auto& [key, from] :
       {std::pair("message", "description"), std::pair("version", "version"), std::pair("license", "license")})
    if (const json::Value* value = peer->if_contains(from)) item[key] = *value;
}

Result<Answer> versions(Call& call) {
  using siblings::Service, siblings::Siblings;
  json::Array items;
  items.emplace_back(Object{{"name", "Server App"},
                            {"version", call.services.version},
                            {"description", "Server app - Maestro"},
                            {"status", "UP"}});
  constexpr std::pair<const char*, Service> kParts[] = {{"Discovery", Service::kDiscovery},
                                                        {"Report", Service::kReport},
                                                        {"Analytics", Service::kAnalytics},
                                                        {"Audit", Service::kAudit}};
  for (const auto& [name, service] : kParts) {
    Object item{{"name", name}, {"object", std::string(name) + "HTTPService"}};
    const bool built = service == Service::kDiscovery || service == Service::kAudit;
    if (built && call.services.siblings.place(service) == Siblings::Place::kHere) {
      item["message"] = "Runs in this process";
      item["version"] = call.services.version;
      item["license"] = "MIT";
      item["status"] = "UP";
    } else {
      describe_peer(call, service, item);
    }
    items.emplace_back(std::move(item));
  }
  return json_answer(200, json::Value(std::move(items)));
}

Result<Answer> openapi(Call& call) {
  static const std::string document =
      json::write(openapi_document(call.services.router().routes(), call.services.version));
  return Answer{.body = document};
}

}  // namespace

std::vector<Route> system_routes() {
  using enum http::Method;
  std::vector<Route> routes = {
      {.method = kGet,
       .pattern = "/",
       .auth = Auth::kPublic,
       .handler = root,
       .doc = "The web UI for a browser, what runs here for a program.",
       .tag = "system"},
      {.method = kGet,
       .pattern = "/health/live",
       .auth = Auth::kPublic,
       .handler = live,
       .doc = "The process answers.",
       .original = false,
       .pool = Pool::kInline,
       .tag = "system"},
      {.method = kGet,
       .pattern = "/health/ready",
       .auth = Auth::kPublic,
       .handler = ready,
       .doc = "The process can serve requests.",
       .original = false,
       .tag = "system"},
      {.method = kGet,
       .pattern = "/metrics",
       .auth = Auth::kPublic,
       .handler = metrics,
       .doc = "Measurements in Prometheus text format.",
       .original = false,
       .tag = "system"},
      {.method = kGet,
       .pattern = "/versions",
       .handler = versions,
       .doc = "The parts of the product and their state.",
       .tag = "system"},
      {.method = kGet,
       .pattern = "/openapi.json",
       .auth = Auth::kPublic,
       .handler = openapi,
       .doc = "This API as OpenAPI 3.1.",
       .original = false,
       .tag = "system"},
  };
  // The router of the UI has pages of a few levels; deeper paths do not exist.
  std::string pattern = "/ui";
  for (const char* level : {"", "/:a", "/:b", "/:c", "/:d"}) {
    pattern += level;
    routes.push_back({.method = kGet,
                      .pattern = pattern,
                      .auth = Auth::kPublic,
                      .handler = ui,
                      .doc = "The web UI.",
                      .original = false,
                      .pool = Pool::kInline,
                      .tag = "ui"});
  }
  return routes;
}

}  // namespace maestro::api
